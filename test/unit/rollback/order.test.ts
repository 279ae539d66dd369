import { describe, expect, it } from 'vitest';
import { type OrderInput, restoreOrder } from '../../../src/actions/rollback/order.ts';
import { releaseRecord } from '../../support/release.ts';

describe('restoreOrder', () => {
  const at = (backend: number, frontend: number) => {
    const record = releaseRecord('a1', 1);
    const time = (minute: number) => `2026-11-01T01:${String(minute).padStart(2, '0')}:00.000Z`;
    return {
      ...record,
      backend: { ...record.backend, finishedAt: time(backend) },
      frontend: { ...record.frontend, finishedAt: time(frontend) },
    } as typeof record;
  };

  it.each<[string, OrderInput, ReturnType<typeof at> | undefined, string]>([
    ['the user says backend', 'backend-first', at(1, 2), 'backend,frontend'],
    ['the user says frontend', 'frontend-first', at(2, 1), 'frontend,backend'],
    ['the deployment switched the backend first', 'auto', at(1, 2), 'frontend,backend'],
    ['the deployment switched the frontend first', 'auto', at(2, 1), 'backend,frontend'],
    ['the deployment switched both at once', 'auto', at(1, 1), 'frontend,backend'],
    ['nothing is known of the deployment', 'auto', undefined, 'frontend,backend'],
    ['only one half was deployed', 'auto', releaseRecord('a1', 1), 'frontend,backend'],
  ])('%s', (_name, input, replaced, expected) => {
    expect(restoreOrder(input, replaced).parts.join()).toBe(expected);
  });
});
