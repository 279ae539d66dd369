import { describe, expect, it } from 'vitest';
import { chooseTarget, type Scope } from '../../../src/release/choose.ts';
import { compositionOf, isLiveAlready, kindOf } from '../../../src/release/composition.ts';
import { isPartName } from '../../../src/release/part-name.ts';
import type { Composition, PartRecord, ReleaseRecord } from '../../../src/release/record.ts';
import { releaseRecord } from '../../support/release.ts';

const service = (name: string) => ({ kind: 'service', service: name, result: 'deployed' }) as PartRecord;
const site = (bucket: string) => ({ kind: 'site', bucket, result: 'deployed' }) as PartRecord;
const KIND: Record<string, PartRecord> = {
  api: service('api'),
  worker: service('worker'),
  web: site('web'),
  docs: site('docs'),
};

/** A release of these parts, with what was live when it was sealed. */
const release = (id: string, hour: number, names: string[], composition: Composition) =>
  releaseRecord(id, hour, {
    parts: Object.fromEntries(names.map((name) => [name, KIND[name] as PartRecord])),
    composition,
  });

const STORY = [
  release('r1', 1, ['api', 'web'], { api: 'r1', web: 'r1' }),
  release('r2', 2, ['worker'], { api: 'r1', web: 'r1', worker: 'r2' }),
  release('r3', 3, ['api', 'worker', 'web', 'docs'], { api: 'r3', web: 'r3', worker: 'r3', docs: 'r3' }),
];

describe('a release of many parts', () => {
  const choose = (to: string, scope: Scope = 'all', parts: string[] = []) => {
    const current = { release: 'r3', parts: STORY[2]?.composition ?? {} };
    const choice = chooseTarget({ to, scope, parts, records: STORY.toReversed(), current });
    return choice.kind === 'chosen' ? { [choice.target.id]: choice.wanted } : choice.what;
  };

  it.each<[string, [string, Scope?, string[]?], unknown]>([
    ['all of them', ['latest-good'], { r2: { api: 'r1', web: 'r1', worker: 'r2' } }],
    ['the services', ['latest-good', 'backend'], { r2: { api: 'r1', worker: 'r2' } }],
    ['the sites', ['latest-good', 'frontend'], { r2: { web: 'r1' } }],
    ['one by name', ['latest-good', 'all', ['worker']], { r2: { worker: 'r2' } }],
    ['two by name', ['r2', 'all', ['worker', 'web']], { r2: { worker: 'r2', web: 'r1' } }],
    ['one that was not there yet', ['r1', 'all', ['worker']], 'release r1 has no part worker'],
    ['one that never was', ['latest-good', 'all', ['docs']], 'there is no good release before r3'],
    ['one of the other kind', ['r2', 'frontend', ['worker']], 'release r2 has no part worker that is a site'],
    ['a name of every object', ['r2', 'all', ['constructor']], 'release r2 has no part constructor'],
  ])('goes back: %s', (_name, asked, expected) => {
    expect(choose(...asked)).toEqual(expected);
  });

  it('is the one before it where its record was not sealed', () => {
    const { composition: _, ...died } = STORY[1] as ReleaseRecord;
    expect(compositionOf(died, [STORY[0] as ReleaseRecord])).toEqual({ api: 'r1', web: 'r1', worker: 'r2' });
  });

  it('tells a kind by its record, by another of that name, or by the default names', () => {
    const records = STORY.toReversed();
    expect(kindOf('docs', { docs: 'r3' }, records)).toBe('site');
    expect(kindOf('worker', { worker: 'lost' }, records)).toBe('service');
    expect(kindOf('frontend', { frontend: 'lost' }, records)).toBe('site');
    expect(kindOf('strange', { strange: 'lost' }, records)).toBeUndefined();
  });

  it('is not what is live where one part is not', () => {
    const byId = new Map(STORY.map((record) => [record.id, record]));
    expect(isLiveAlready({ api: 'r3', web: 'r3' }, { api: 'r3', web: 'r3', worker: 'r2' }, byId)).toBe(true);
    expect(isLiveAlready({ api: 'r3', web: 'r1' }, { api: 'r3', web: 'r3' }, byId)).toBe(false);
    expect(isLiveAlready({ worker: 'r2' }, { api: 'r1' }, byId)).toBe(false);
  });
});

it.each<[string, boolean]>([
  ['api', true],
  ['a', true],
  ['docs-site-2', true],
  ['constructor', true],
  ['2', true],
  ['x'.repeat(40), true],
  ['x'.repeat(41), false],
  ['', false],
  ['-api', false],
  ['api-', false],
  ['Api', false],
  ['my api', false],
  ['../x', false],
  ['__proto__', false],
])('the name %s: %s', (name, allowed) => {
  expect(isPartName(name)).toBe(allowed);
});
