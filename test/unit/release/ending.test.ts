import { describe, expect, it } from 'vitest';
import { endingOf, unknownParts } from '../../../src/release/ending.ts';
import { LeftAsItIs } from '../../../src/release/part.ts';
import { ChecksFailed, type ReleaseEnd } from '../../../src/release/take-live.ts';
import { ActionError, failed, LeftUnknown } from '../../../src/runtime/errors.ts';

const broke = failed({ what: 'api broke' });
const at = { at: 'part', part: 'api' } as const;
const left = (cause: unknown) => ({ part: 'api', why: 'why', cause });
const torn = (...causes: unknown[]): ReleaseEnd => ({
  kind: 'torn',
  failed: at,
  cause: broke,
  left: causes.map(left),
});

describe('how a deployment ended', () => {
  it.each<[string, ReleaseEnd, boolean, boolean, string, RegExp | undefined]>([
    ['all parts are live', { kind: 'live', live: new Map() }, true, true, 'deployed', undefined],
    ['nothing had to be changed', { kind: 'live', live: new Map() }, false, true, 'unchanged', undefined],
    [
      'the record could not be completed',
      { kind: 'unfinished', live: new Map(), cause: broke },
      true,
      true,
      'deployed',
      /live and proved; what comes after/,
    ],
    [
      'nobody saw anything',
      { kind: 'put-back', failed: { at: 'stage', part: 'api' }, cause: broke, undone: [] },
      true,
      true,
      'failed',
      /failed at the api; no user has seen anything of it/,
    ],
    [
      'it was live and put back',
      {
        kind: 'put-back',
        failed: { at: 'checks', part: '' },
        cause: new ChecksFailed(['blank']),
        undone: ['api'],
      },
      true,
      true,
      'rolled-back',
      /failed at the checks at the end; what was live before is live again, whole/,
    ],
    [
      'it is torn',
      torn(new ActionError('rollback-failed', { what: 'lost' })),
      true,
      true,
      'rollback-failed',
      /could not be put back whole/,
    ],
    [
      'it is still under way',
      torn(new ActionError('timed-out', { what: 'waits' })),
      true,
      true,
      'timed-out',
      /could not be put back whole/,
    ],
    [
      'it was left as the user asked',
      torn(new LeftAsItIs('failed', { what: 'no' }), broke),
      true,
      false,
      'failed',
      /rollback-on-failure is false/,
    ],
    [
      'it was to be left, and is lost',
      torn(new ActionError('rollback-failed', { what: 'lost' })),
      true,
      false,
      'rollback-failed',
      /could not be put back/,
    ],
  ])('%s', (_name, end, changes, putsBack, outcome, what) => {
    const ending = endingOf(end, changes, putsBack);
    expect(ending.outcome).toBe(outcome);
    if (what) expect(ending.what).toMatch(what);
    else expect(ending.what).toBeUndefined();
  });

  it('knows the parts of which nobody can say what is live', () => {
    const end = torn(new LeftUnknown('rollback-failed', { what: 'blind' }), broke);
    expect([...unknownParts(end)]).toEqual(['api']);
  });
});
