import { describe, expect, it } from 'vitest';
import { LeftAsItIs, type Part } from '../../../src/release/part.ts';
import { type ReleaseEnd, takeLive } from '../../../src/release/take-live.ts';
import { ActionError, failed } from '../../../src/runtime/errors.ts';
import { silentLog } from '../../../src/runtime/log.ts';

type Name = 'api' | 'worker' | 'web';

type Where =
  | 'open'
  | 'stage'
  | 'check'
  | 'activate'
  | 'rolled-back'
  | 'torn'
  | 'timed-out'
  | 'left'
  | 'undo'
  | 'prove'
  | 'seal'
  | 'sealed'
  | 'checks';

type Faults = Partial<Record<Name | 'release', readonly Where[]>>;

interface Setup {
  /** Parts that are live already as wanted. */
  readonly same?: readonly Name[];
  /** Parts that a run which died has left at `half`. */
  readonly half?: readonly Name[];
  readonly keepsFailed?: boolean;
}

/** Parts that stand at `old`, and are to stand at `new`; what is live is kept in `world`. */
function setup(faults: Faults, { same = [], half = [], keepsFailed = false }: Setup = {}) {
  const world: Record<string, string> = {};
  const events: string[] = [];
  const fails = (name: Name | 'release', where: Where) => faults[name]?.includes(where) ?? false;
  const partOf = (name: Name): Part => {
    world[name] = half.includes(name) ? 'half' : 'old';
    const step = (verb: Where) => async () => {
      events.push(`${verb} ${name}`);
      if (fails(name, verb)) throw failed({ what: `${name} broke` });
    };
    const live = {
      fields: {},
      url: `http://${name}`,
      finish: async () => {},
      undo: async () => {
        events.push(`undo ${name}`);
        if (fails(name, 'undo')) throw failed({ what: `${name} does not go back` });
        world[name] = 'old';
      },
    };
    return {
      name,
      kind: name === 'web' ? 'site' : 'service',
      wanted: {} as Part['wanted'],
      url: `http://${name}`,
      plan: { changes: !same.includes(name), lines: [], estimate: 1, keptVariables: [], json: {} },
      stage: step('stage'),
      check: step('check'),
      async activate() {
        await step('activate')();
        if (fails(name, 'rolled-back'))
          throw new ActionError('rolled-back', { what: `${name} was put back` });
        if (fails(name, 'torn') || fails(name, 'timed-out')) {
          world[name] = '?';
          const outcome = fails(name, 'torn') ? 'rollback-failed' : 'timed-out';
          throw new ActionError(outcome, { what: `${name} is nowhere` });
        }
        world[name] = 'new';
        if (fails(name, 'left')) throw new LeftAsItIs('failed', { what: `${name} does not work` });
        return live;
      },
      async prove() {
        await step('prove')();
        return live;
      },
      ...(half.includes(name)
        ? {
            async putBack() {
              events.push(`put back ${name}`);
              world[name] = 'old';
            },
          }
        : {}),
    };
  };
  const run = (...waves: ReadonlyArray<readonly Name[]>): Promise<ReleaseEnd> =>
    takeLive(
      waves.map((wave) => wave.map(partOf)),
      {
        log: silentLog,
        signal: new AbortController().signal,
        putBackOnFailure: !keepsFailed,
        doing: 'activating',
        gate: async () => ({
          passed: !fails('release', 'checks'),
          outcome: fails('release', 'checks') ? 'failed' : 'passed',
          problems: ['the page is blank'],
        }),
        open: async () => {
          events.push('open');
          if (fails('release', 'open')) throw failed({ what: 'the record could not be written' });
        },
        seal: async () => {
          events.push('seal');
          if (fails('release', 'seal')) throw failed({ what: 'the pointer could not be moved' });
        },
        isSealed: async () => fails('release', 'sealed'),
      },
    );
  return { world, events, run };
}

const OLD = { api: 'old', worker: 'old', web: 'old' };
const NEW = { api: 'new', worker: 'new', web: 'new' };

describe('a release of three parts', () => {
  it('opens the record, stages all, checks all, and activates one after the other', async () => {
    const { world, events, run } = setup({});
    expect((await run(['api'], ['worker'], ['web'])).kind).toBe('live');
    expect(world).toEqual(NEW);
    expect(events).toEqual([
      'open',
      ...['stage api', 'stage worker', 'stage web'],
      ...['check api', 'check worker', 'check web'],
      ...['activate api', 'activate worker', 'activate web'],
      'seal',
    ]);
  });

  it.each<[string, Faults, object, string[]]>([
    ['a part cannot be staged', { worker: ['stage'] }, { at: 'stage', part: 'worker' }, []],
    ['a candidate does not pass', { web: ['check'] }, { at: 'stage', part: 'web' }, []],
    ['the first part fails', { api: ['activate'] }, { at: 'part', part: 'api' }, []],
    ['the second part fails', { worker: ['activate'] }, { at: 'part', part: 'worker' }, ['api']],
    [
      'the last part was live',
      { web: ['rolled-back'] },
      { at: 'part', part: 'web' },
      ['api', 'worker', 'web'],
    ],
    ['the checks fail', { release: ['checks'] }, { at: 'checks' }, ['api', 'worker', 'web']],
    ['the pointer cannot be moved', { release: ['seal'] }, { at: 'record' }, ['api', 'worker', 'web']],
  ])('is whole and old when %s', async (_name, faults, at, undone) => {
    const { world, run } = setup(faults);
    expect(await run(['api'], ['worker'], ['web'])).toMatchObject({ kind: 'put-back', failed: at, undone });
    expect(world).toEqual(OLD);
  });

  it('undoes in reverse order', async () => {
    const { events, run } = setup({ release: ['checks'] });
    await run(['api'], ['worker'], ['web']);
    expect(events.filter((event) => event.startsWith('undo'))).toEqual([
      'undo web',
      'undo worker',
      'undo api',
    ]);
  });

  it('touches nothing where it cannot be written down that it begins', async () => {
    const { events, run } = setup({ release: ['open'] });
    await expect(run(['api'], ['worker'])).rejects.toThrow('the record could not be written');
    expect(events).toEqual(['open']);
  });

  it('stays where the pointer has moved and what comes after it fails', async () => {
    const { world, run } = setup({ release: ['seal', 'sealed'] });
    expect(await run(['api'], ['worker'], ['web'])).toMatchObject({ kind: 'unfinished' });
    expect(world).toEqual(NEW);
  });

  it.each<[string, Faults, Name[]]>([
    [
      'the second part fails and the first does not go back',
      { worker: ['activate'], api: ['undo'] },
      ['api'],
    ],
    ['the second part ends nowhere', { worker: ['torn'] }, ['worker']],
    ['the second part is not heard of in time', { worker: ['timed-out'] }, ['worker']],
    ['the checks fail and the last part does not go back', { release: ['checks'], web: ['undo'] }, ['web']],
  ])('says what is torn when %s', async (_name, faults, parts) => {
    const { world, run } = setup(faults);
    const end = await run(['api'], ['worker'], ['web']);
    expect(end.kind === 'torn' && end.left.map(({ part }) => part)).toEqual(parts);
    for (const name of ['api', 'worker', 'web'] as const)
      if (!parts.includes(name)) expect(world[name]).toBe('old');
  });

  it('proves what is live already, and touches only what differs', async () => {
    const { events, run } = setup({}, { same: ['api', 'worker'] });
    expect((await run(['api'], ['worker'], ['web'])).kind).toBe('live');
    expect(events).toEqual([
      ...['open', 'stage web', 'check web'],
      ...['prove api', 'prove worker', 'activate web', 'seal'],
    ]);
  });

  it('undoes nothing that was live already', async () => {
    const { events, run } = setup({ release: ['checks'] }, { same: ['api'] });
    expect(await run(['api'], ['web'])).toMatchObject({ kind: 'put-back', undone: ['web'] });
    expect(events).not.toContain('undo api');
  });

  it('leaves what worked, and what did not, where the user asked for it', async () => {
    const { world, run } = setup({ worker: ['left'] }, { keepsFailed: true });
    const end = await run(['api'], ['worker'], ['web']);
    expect(end.kind === 'torn' && end.left.map(({ part }) => part).sort()).toEqual(['api', 'worker']);
    expect(world).toEqual({ api: 'new', worker: 'new', web: 'old' });
  });
});

describe('waves', () => {
  it('activates the parts of a wave side by side, and waits for all of them', async () => {
    const { world, events, run } = setup({ api: ['activate'] });
    expect(await run(['api', 'worker'], ['web'])).toMatchObject({ kind: 'put-back', undone: ['worker'] });
    expect(events).toContain('activate worker');
    expect(events).not.toContain('activate web');
    expect(world).toEqual(OLD);
  });

  it('names every part of a wave that is torn', async () => {
    const { run } = setup({ api: ['torn'], worker: ['timed-out'] });
    const end = await run(['api', 'worker'], ['web']);
    expect(end.kind === 'torn' && end.left.map(({ part }) => part)).toEqual(['api', 'worker']);
  });
});

describe('what a run that died has left', () => {
  it.each<[string, Faults, string[]]>([
    ['another part cannot be staged', { web: ['stage'] }, ['put back api']],
    ['it cannot be staged itself', { api: ['stage'] }, ['put back api']],
    ['a part before it fails', { web: ['activate'] }, ['put back api']],
    ['it was activated', { release: ['checks'] }, ['undo api', 'undo web']],
  ])('is put back when %s', async (_name, faults, back) => {
    const { world, events, run } = setup(faults, { half: ['api'] });
    expect((await run(['web'], ['api'])).kind).toBe('put-back');
    expect(events.filter((event) => /^(undo|put back)/.test(event))).toEqual(back);
    expect(world).toEqual({ api: 'old', web: 'old' });
  });
});
