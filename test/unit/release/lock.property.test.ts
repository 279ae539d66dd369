import { describe, expect, it } from 'vitest';
import type { ObjectStore } from '../../../src/aws/object-store.ts';
import { openLedger } from '../../../src/release/open.ts';
import type { Clock } from '../../../src/runtime/clock.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type MemoryStore, memoryStore, s3Error } from '../../support/memory-store.ts';
import { runContext } from '../../support/release.ts';
import { type Random, seeded } from '../../support/seeded.ts';
import { type SimulatedClock, simulatedClock } from '../../support/simulated-clock.ts';

const SEEDS = Array.from({ length: 150 }, (_, i) => i + 1);
const RUNS = 6;

interface World {
  readonly random: Random;
  readonly clock: SimulatedClock;
  readonly store: MemoryStore;
  /** Who believes that it holds the lock now, by release. */
  readonly holding: Map<string, string>;
  readonly violations: string[];
  finished: number;
}

/** Requests take up to 4 s each way; one in ten fails before it is done, one in ten after. */
function makeWorld(seed: number): World {
  const random = seeded(seed);
  const clock = simulatedClock();
  const delay = () => clock.sleep(random.chance(0.05) ? random.int(1000, 4000) : random.int(1, 80));
  const store = memoryStore('b', {
    now: clock.now,
    before: async () => {
      await delay();
      if (random.chance(0.1)) return { error: s3Error('InternalError', 500) };
      if (random.chance(0.1)) return { error: s3Error('ECONNRESET', 0), after: true };
      return undefined;
    },
    after: delay,
  });
  return { random, clock, store, holding: new Map(), violations: [], finished: 0 };
}

/** The SDK's retries: up to eight attempts, so that a lost answer is followed by the same request again. */
function retrying(store: ObjectStore, clock: Clock): ObjectStore {
  const retry = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        const status = (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode ?? 0;
        if ((status >= 400 && status < 500) || attempt === 8) throw error;
        await clock.sleep(100 * attempt);
      }
    }
  };
  return {
    ...store,
    list: store.list,
    get: (key) => retry(() => store.get(key)),
    put: (request) => retry(() => store.put(request)),
  };
}

/** A process: its clock may be wrong by an hour, and when it is killed none of its requests is sent any more. */
function mortal(world: World, skew: number) {
  let dead = false;
  const forever = new Promise<never>(() => {});
  const clock: Clock = {
    now: () => world.clock.now() + skew,
    sleep: (ms, signal) =>
      dead ? forever : world.clock.sleep(ms, signal).then(() => (dead ? forever : undefined)),
  };
  const alive = <T>(work: () => Promise<T>): Promise<T> =>
    dead ? forever : work().then((value) => (dead ? forever : value));
  const base = retrying(world.store, clock);
  const store: ObjectStore = {
    ...base,
    get: (key) => alive(() => base.get(key)),
    put: (request) => alive(() => base.put(request)),
  };
  return { clock, store, kill: () => (dead = true) };
}

function enter(world: World, release: string, part: string, run: string) {
  for (const [other, otherRelease] of world.holding) {
    const shares = otherRelease === release && !other.endsWith(part);
    if (!shares) world.violations.push(`${run} entered while ${other} held`);
  }
  world.holding.set(`${run}/${part}`, release);
}

/** One run: takes the lock, works for a while, and ends well, loses it, or is killed somewhere in between. */
async function oneRun(world: World, number: number): Promise<void> {
  const { random } = world;
  const release = `r${random.int(1, 4)}`;
  const part = random.pick(['backend', 'frontend'] as const);
  const run = `run${number}`;
  const process = mortal(world, random.pick([0, 0, -3_600_000, 3_600_000]));
  const ledger = openLedger({ store: process.store, environment: 'e', log: silentLog, clock: process.clock });
  await world.clock.sleep(random.int(0, 60_000));
  const doomed = random.chance(0.4);
  const end = () => {
    world.holding.delete(`${run}/${part}`);
    world.finished++;
  };
  const work = async () => {
    const hold = await ledger.acquire({
      release,
      parts: [part],
      run: runContext({ run: 1000 + number }),
      timeout: 3_600_000,
      signal: new AbortController().signal,
    });
    expect(hold.signal.aborted).toBe(false);
    enter(world, release, part, run);
    hold.signal.addEventListener('abort', () => world.holding.delete(`${run}/${part}`));
    await process.clock.sleep(random.int(10, 150_000));
    world.holding.delete(`${run}/${part}`);
    await hold.release();
    end();
  };
  const killed = (async () => {
    await world.clock.sleep(doomed ? random.int(1, 120_000) : 7_200_000);
    process.kill();
    end();
  })();
  await Promise.race([work().catch(end), killed]);
}

describe('the lock, whatever happens', () => {
  it('never has two holders, and always gets free again', async () => {
    for (const seed of SEEDS) {
      const world = makeWorld(seed);
      const runs = Array.from({ length: RUNS }, (_, i) => oneRun(world, i + 1));
      await world.clock.run(Promise.all(runs));
      expect(world.violations, `seed ${seed}`).toEqual([]);
      expect(world.finished, `seed ${seed}`).toBeGreaterThanOrEqual(RUNS);
    }
  });
});

describe('a record, whatever happens', () => {
  it('loses neither half, and no field that another wrote', async () => {
    for (const seed of SEEDS) {
      const world = makeWorld(seed);
      const run = runContext();
      const startedAt = new Date(world.clock.now()).toISOString();
      const half = { result: 'deployed', startedAt } as const;
      const open = () => {
        const store = retrying(world.store, world.clock);
        return openLedger({ store, environment: 'e', log: silentLog, clock: world.clock });
      };
      const insistent = async (work: () => Promise<unknown>) => {
        for (;;) {
          try {
            return await work();
          } catch {
            await world.clock.sleep(1000);
          }
        }
      };
      const backend = { kind: 'service', target: 'apprunner', service: 's', image: 'i', ...half } as const;
      const frontend = {
        kind: 'site',
        bucket: 's',
        prefix: '',
        manifest: 'm',
        files: 1,
        bytes: 1,
        ...half,
      } as const;
      const job = async (write: (ledger: ReturnType<typeof open>) => Promise<unknown>, part: string) => {
        const ledger = open();
        await insistent(() => ledger.open({ id: 'r1', type: 'deployment', run }));
        await insistent(() => write(ledger));
        await insistent(() => ledger.movePointer('r1', [part]));
      };
      await world.clock.run(
        Promise.all([
          job((ledger) => ledger.writePart('r1', 'backend', backend, { checks: 'passed' }), 'backend'),
          job((ledger) => ledger.writePart('r1', 'frontend', frontend, { checks: 'warned' }), 'frontend'),
          insistent(() => open().open({ id: 'r1', type: 'deployment', run })).then(() =>
            insistent(() => open().update('r1', { reason: 'noted' })),
          ),
        ]),
      );
      const composition = { backend: 'r1', frontend: 'r1' };
      expect(world.store.json('e/releases/r1.json'), `seed ${seed}`).toMatchObject({
        parts: { backend, frontend },
        composition,
        result: 'deployed',
        checks: 'warned',
        reason: 'noted',
      });
      expect(world.store.json('e/current.json'), `seed ${seed}`).toMatchObject({
        release: 'r1',
        parts: composition,
      });
    }
  });
});
