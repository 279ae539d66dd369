import { describe, expect, it } from 'vitest';
import type { PartPort } from '../../../src/release/part.ts';
import { type RestoreResult, restoreParts } from '../../../src/release/restore-parts.ts';
import { ActionError, failed } from '../../../src/runtime/errors.ts';
import { silentLog } from '../../../src/runtime/log.ts';

type Part = 'backend' | 'frontend';

type Where =
  | 'starting'
  | 'seal'
  | 'sealed'
  | 'restore'
  | 'torn'
  | 'timed-out'
  | 'undo'
  | 'checks'
  | 'nothing';

/** Two parts that stand at `old`, and are to stand at `new`; what is live is kept in `world`. */
function setup(
  fail: Partial<Record<Part | 'checks' | 'record', readonly Where[]>>,
  same: readonly Part[] = [],
) {
  const world: Record<Part, string> = { backend: 'old', frontend: 'old' };
  const events: string[] = [];
  const portOf = (part: Part): PartPort => {
    const fails = (where: Where) => fail[part]?.includes(where) ?? false;
    return {
      name: part,
      kind: part === 'backend' ? 'service' : 'site',
      wanted: {} as PartPort['wanted'],
      url: `http://${part}`,
      plan: { changes: !same.includes(part), lines: [], estimate: 1, keptVariables: [], json: {} },
      async restore({ started }) {
        await started;
        events.push(`restore ${part}`);
        if (fails('restore')) throw failed({ what: `${part} broke` });
        if (fails('torn') || fails('timed-out')) {
          world[part] = '?';
          const outcome = fails('torn') ? 'rollback-failed' : 'timed-out';
          throw new ActionError(outcome, { what: `${part} is nowhere` });
        }
        world[part] = 'new';
        return {
          fields: {},
          url: `http://${part}`,
          finish: async () => void events.push(`finish ${part}`),
          undo: async () => {
            events.push(`undo ${part}`);
            if (fails('undo')) throw failed({ what: `${part} does not go back` });
            world[part] = 'old';
          },
        };
      },
    };
  };
  const run = (order: readonly Part[], putBackOnFailure = true): Promise<RestoreResult> =>
    restoreParts(order.map(portOf), {
      log: silentLog,
      signal: new AbortController().signal,
      putBackOnFailure,
      gate: async () => ({ passed: !fail.checks, outcome: 'passed', problems: ['the page is blank'] }),
      starting: async (part) => {
        events.push(`start ${part}`);
        if (fail[part as Part]?.includes('starting'))
          throw failed({ what: 'the record could not be written' });
      },
      seal: async () => {
        events.push('seal');
        if (fail.record) throw failed({ what: 'the pointer could not be moved' });
      },
      isSealed: async () => fail.record?.includes('sealed') ?? false,
    });
  return { world, events, run };
}

const ORDERS: ReadonlyArray<readonly [Part, Part]> = [
  ['backend', 'frontend'],
  ['frontend', 'backend'],
];

describe.each(ORDERS)('two parts, %s first', (first, second) => {
  it('goes back whole', async () => {
    const { world, events, run } = setup({});
    expect((await run([first, second])).kind).toBe('restored');
    expect(world).toEqual({ backend: 'new', frontend: 'new' });
    expect(events).toEqual([
      `start ${first}`,
      `restore ${first}`,
      `start ${second}`,
      `restore ${second}`,
      'seal',
    ]);
  });

  it.each<[string, Parameters<typeof setup>[0], string]>([
    ['the first part fails', { [first]: ['restore'] }, first],
    ['the second part fails', { [second]: ['restore'] }, second],
    ['the checks fail', { checks: ['checks'] }, 'checks'],
  ])('is whole and old when %s', async (_name, fail, which) => {
    const { world, events, run } = setup(fail);
    expect(await run([first, second])).toMatchObject({
      kind: 'put-back',
      failed: which === 'checks' || which === 'record' ? { at: which } : { at: 'part', part: which },
    });
    expect(world).toEqual({ backend: 'old', frontend: 'old' });
    expect(events).not.toContain('seal');
  });

  it.each<[string, Parameters<typeof setup>[0], string]>([
    ['it cannot be written down that the second part begins', { [second]: ['starting'] }, second],
    ['the pointer cannot be moved', { record: ['seal'] }, 'record'],
  ])('is whole and old when %s', async (_name, fail, which) => {
    const { world, run } = setup(fail);
    expect(await run([first, second])).toMatchObject({
      kind: 'put-back',
      failed: which === 'checks' || which === 'record' ? { at: which } : { at: 'part', part: which },
    });
    expect(world).toEqual({ backend: 'old', frontend: 'old' });
  });

  it('stays where the pointer has moved and what comes after it fails', async () => {
    const { world, run } = setup({ record: ['seal', 'sealed'] });
    expect(await run([first, second])).toMatchObject({ kind: 'unfinished' });
    expect(world).toEqual({ backend: 'new', frontend: 'new' });
  });

  it.each<[string, Parameters<typeof setup>[0], Part]>([
    [
      'the second part fails and the first does not go back',
      { [second]: ['restore'], [first]: ['undo'] },
      first,
    ],
    ['the second part ends nowhere', { [second]: ['torn'] }, second],
    ['the second part is not heard of in time', { [second]: ['timed-out'] }, second],
    ['the first part ends nowhere', { [first]: ['torn'] }, first],
    [
      'the checks fail and the second part does not go back',
      { checks: ['checks'], [second]: ['undo'] },
      second,
    ],
  ])('says what is torn when %s', async (_name, fail, part) => {
    const { world, run } = setup(fail);
    const result = await run([first, second]);
    expect(result.kind === 'torn' && result.left.map((left) => left.part)).toEqual([part]);
    expect(world[part === first ? second : first]).toBe('old');
  });

  it('touches only the part that differs', async () => {
    const { events, run } = setup({}, [first]);
    expect((await run([first, second])).kind).toBe('restored');
    expect(events).toEqual([`start ${second}`, `restore ${second}`, 'seal']);
  });

  it('leaves what worked where the user asked for it', async () => {
    const { world, run } = setup({ [second]: ['restore'] });
    expect((await run([first, second], false)).kind).toBe('torn');
    expect(world[first]).toBe('new');
  });
});
