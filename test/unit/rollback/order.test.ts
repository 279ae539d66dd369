import { describe, expect, it } from 'vitest';
import { type NamedPart, type OrderInput, restoreOrder } from '../../../src/actions/rollback/order.ts';
import { releaseRecord } from '../../support/release.ts';

const PAIR: NamedPart[] = [
  { name: 'backend', kind: 'service' },
  { name: 'frontend', kind: 'site' },
];

describe('restoreOrder', () => {
  const at = (backend: number, frontend: number) => {
    const record = releaseRecord('a1', 1);
    const time = (minute: number) => `2026-11-01T01:${String(minute).padStart(2, '0')}:00.000Z`;
    return {
      ...record,
      parts: {
        backend: { ...record.parts['backend'], finishedAt: time(backend) },
        frontend: { ...record.parts['frontend'], finishedAt: time(frontend) },
      },
    } as unknown as typeof record;
  };

  it.each<[string, OrderInput, ReturnType<typeof at> | undefined, string]>([
    ['the user says backend', 'backend-first', at(1, 2), 'backend,frontend'],
    ['the user says frontend', 'frontend-first', at(2, 1), 'frontend,backend'],
    ['the deployment switched the backend first', 'auto', at(1, 2), 'frontend,backend'],
    ['the deployment switched the frontend first', 'auto', at(2, 1), 'backend,frontend'],
    ['the deployment switched both at once', 'auto', at(1, 1), 'frontend,backend'],
    ['nothing is known of the deployment', 'auto', undefined, 'frontend,backend'],
    ['only one part was deployed', 'auto', releaseRecord('a1', 1), 'frontend,backend'],
  ])('%s', (_name, input, replaced, expected) => {
    expect(restoreOrder(input, PAIR, replaced).names.join()).toBe(expected);
  });

  it.each<[string, OrderInput, Record<string, number>, string]>([
    ['the way in, in reverse', 'auto', { api: 1, worker: 2, site: 3, docs: 4 }, 'docs,site,worker,api'],
    ['a site between two services', 'auto', { api: 1, site: 2, docs: 2, worker: 3 }, 'worker,docs,site,api'],
    ['one of which nothing is known', 'auto', { api: 1, site: 2, worker: 3 }, 'docs,site,api,worker'],
    ['services first', 'backend-first', { api: 1, worker: 2 }, 'api,worker,docs,site'],
    ['sites first', 'frontend-first', {}, 'docs,site,api,worker'],
  ])('of four parts: %s', (_name, input, ends, expected) => {
    const named: NamedPart[] = [
      { name: 'worker', kind: 'service' },
      { name: 'site', kind: 'site' },
      { name: 'api', kind: 'service' },
      { name: 'docs', kind: 'site' },
    ];
    const parts = Object.entries(ends).map(([name, minute]) => [
      name,
      { finishedAt: `2026-11-01T01:0${minute}:00.000Z` },
    ]);
    const replaced = releaseRecord('a1', 1, { parts: Object.fromEntries(parts) });
    expect(restoreOrder(input, named, replaced).names.join()).toBe(expected);
  });
});
