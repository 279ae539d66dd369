import { describe, expect, it } from 'vitest';
import {
  crossesOccupants,
  isSameOccupant,
  judgeName,
  judgeOccupant,
  type Occupant,
  otherOccupants,
} from '../../../src/release/occupant.ts';
import { type ReleaseRecord, recordedDistributions } from '../../../src/release/record.ts';

const A = { service: 'arn:aws:apprunner:us-west-2:1:service/api/a' };
const B = { service: 'arn:aws:apprunner:us-west-2:1:service/worker/b' };
const site = (bucket: string, prefix = '', distribution?: string): Occupant => ({
  bucket,
  prefix,
  ...(distribution ? { distribution } : {}),
});

const behind = (...ids: string[]): Occupant => ({ bucket: 'web', prefix: '', ...recordedDistributions(ids) });

it.each<[string, Occupant, Occupant, boolean]>([
  ['one service', A, { ...A }, true],
  ['two services', A, B, false],
  ['a service and a site', A, site('web'), false],
  ['one site', site('web', 'docs'), site('web', 'docs'), true],
  ['a slash more', site('web', '/docs/'), site('web', 'docs'), true],
  ['another bucket', site('web'), site('blog'), false],
  ['another prefix', site('web', 'docs'), site('web', 'blog'), false],
  ['another distribution', site('web', '', 'E1'), site('web', '', 'E2'), false],
  ['a distribution that an adoption does not know', site('web'), site('web', '', 'E2'), true],
  ['one distribution more', site('web', '', 'E1'), behind('E1', 'E2'), true],
  ['the same in another order', behind('E2', 'E1'), behind('E1', 'E2'), true],
  ['one of two is another', behind('E1', 'E3'), behind('E1', 'E2'), false],
  ['one that is not among two', site('web', '', 'E3'), behind('E1', 'E2'), false],
])('%s', (_name, a, b, same) => {
  expect(isSameOccupant(a, b)).toBe(same);
  expect(isSameOccupant(b, a)).toBe(same);
});

describe('a part under a name', () => {
  const ask = (about: { live?: Occupant; own?: Occupant; replace?: boolean; wanted?: Occupant }) =>
    judgeOccupant({
      part: 'wanted' in about && about.wanted && !('service' in about.wanted) ? 'frontend' : 'backend',
      environment: 'production',
      release: 'r2',
      wanted: about.wanted ?? B,
      live: about.live && { release: 'r1', occupant: about.live },
      own: about.own,
      replace: about.replace ?? false,
    });

  it.each<[string, Parameters<typeof ask>[0], string]>([
    ['first of all', {}, 'same'],
    ['again', { live: B }, 'same'],
    ['again, tried again', { live: B, own: B }, 'same'],
    ['a second service', { live: A }, 'refused'],
    ['a second service, meant to replace', { live: A, replace: true }, 'replaces'],
    ['replace-part where nothing is replaced', { live: B, replace: true }, 'same'],
    ['a second service of one release, before any is live', { own: A }, 'refused'],
    ['a second service of one release, whatever is meant', { own: A, live: A, replace: true }, 'refused'],
    ['a second site', { wanted: site('blog'), live: site('web') }, 'refused'],
    [
      'a site with one distribution more',
      { wanted: behind('E1', 'E2'), live: site('web', '', 'E1') },
      'same',
    ],
    ['a site with one less', { wanted: site('web', '', 'E1'), live: behind('E1', 'E2') }, 'refused'],
    [
      'a site with one less, as it is meant',
      { wanted: site('web', '', 'E1'), live: behind('E1', 'E2'), replace: true },
      'replaces',
    ],
    ['a site that names none', { wanted: site('web'), live: behind('E1', 'E2') }, 'same'],
    ['a moved site', { wanted: site('blog'), live: site('web'), replace: true }, 'replaces'],
  ])('%s', (_name, about, kind) => {
    expect(ask(about).kind).toBe(kind);
  });

  it('says what is live and which inputs to set', () => {
    const verdict = ask({ live: A });
    const problem = verdict.kind === 'refused' ? verdict.problem : undefined;
    expect(problem?.found).toContain(A.service);
    expect(problem?.found).toContain(B.service);
    expect(problem?.fix).toMatch(/part: backend-2.*`replace-part: true`/);
  });
});

it.each<[string, string, Occupant, Record<string, Occupant>, Record<string, Occupant>, string | undefined]>([
  ['its own name', 'api', A, { api: A, worker: B }, {}, undefined],
  ['a name of its own', 'web', site('web'), { api: A }, {}, undefined],
  ['a second name', 'worker', A, { api: A }, {}, 'set part: api'],
  ['a second name in one release', 'worker', A, {}, { api: A }, 'set part: api'],
  ['a second name of a site', 'docs', site('web'), { site: site('web', '', 'E1') }, {}, 'set part: site'],
])('a thing under %s', (_name, part, wanted, live, own, fix) => {
  const occupants = Object.entries(live).map(
    ([name, occupant]) => [name, { release: 'r1', occupant }] as const,
  );
  const problem = judgeName({ part, environment: 'e', wanted, live: new Map(occupants), own });
  if (fix === undefined) expect(problem).toBeUndefined();
  else expect(problem?.fix).toContain(fix);
});

const release = (id: string, minute: number, service: string, result = 'deployed'): ReleaseRecord =>
  ({
    id,
    type: 'deployment',
    startedAt: `2026-11-01T00:0${minute}:00Z`,
    result,
    parts: { backend: { kind: 'service', service, result } },
  }) as unknown as ReleaseRecord;

describe('a ledger with two services under one name', () => {
  const records = [
    release('r1', 1, A.service),
    release('r2', 2, B.service),
    release('r3', 3, A.service),
    release('r4', 4, B.service),
    release('r5', 5, 'arn:never-live', 'failed'),
  ];

  it('names what else there is, by its newest release', () => {
    expect(otherOccupants(records, 'backend', B)).toEqual([
      { part: 'backend', release: 'r3', occupant: expect.objectContaining(A) },
    ]);
    expect(otherOccupants([records[1] as ReleaseRecord], 'backend', B)).toEqual([]);
  });

  it('does not go from one to the other by itself, and says how to go on', () => {
    const problem = crossesOccupants(
      'backend',
      { release: 'r3', occupant: A },
      { release: 'r4', occupant: B },
      records,
    );
    expect(problem.details).toContain('to: r2 goes back with the backend that is live');
    expect(problem.details?.join('\n')).toContain(`service: ${A.service} goes back on the service of then`);
  });
});
