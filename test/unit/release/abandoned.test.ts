import { describe, expect, it } from 'vitest';
import { abandonedParts } from '../../../src/release/abandoned.ts';
import type { PartRecord, Result } from '../../../src/release/record.ts';

const service = (arn: string, result: Result): PartRecord => ({
  kind: 'service',
  target: 'ecs',
  service: arn,
  image: 'registry/api@sha256:1',
  result,
  startedAt: '2026-11-23T10:00:00.000Z',
});
const ours = [{ name: 'api', wanted: service('arn:api', 'in-progress') }];
const now = Date.parse('2026-11-23T12:00:00.000Z');

describe('what a run that died has left in its record', () => {
  it.each<[string, Record<string, PartRecord>, string[]]>([
    ['is under way', { api: service('arn:api', 'in-progress') }, ['api']],
    ['came to its end', { api: service('arn:api', 'deployed') }, []],
    ['is another service under the same name', { api: service('arn:other', 'in-progress') }, []],
    ['is a part that is not ours', { worker: service('arn:worker', 'in-progress') }, []],
    ['is named as every object inherits', { constructor: service('arn:api', 'in-progress') }, []],
  ])('%s', (_name, parts, abandoned) => {
    expect(Object.keys(abandonedParts({ parts }, 'v2', ours, now))).toEqual(abandoned);
  });

  it('says how it ended, and what went on from there', () => {
    const { api } = abandonedParts({ parts: { api: service('arn:api', 'in-progress') } }, 'v2', ours, now);
    expect(api).toMatchObject({
      result: 'interrupted',
      cause: 'its run died; release v2 went on from there',
      finishedAt: '2026-11-23T12:00:00.000Z',
    });
  });
});
