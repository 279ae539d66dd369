import { describe, expect, it } from 'vitest';
import { adoptEnvironment } from '../../../src/release/adopt-environment.ts';
import { openLedger } from '../../../src/release/open.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type MemoryStore, type MemoryStoreOptions, memoryStore } from '../../support/memory-store.ts';
import { releaseRecord, runContext } from '../../support/release.ts';
import { simulatedClock } from '../../support/simulated-clock.ts';

const clock = simulatedClock();
/** Waits take no time, and count as if they had. */
const inItsTime = (work: () => Promise<void>) => () => clock.run(work());
const put = (store: MemoryStore, key: string, body: object) =>
  store.put({ key, body: JSON.stringify(body), contentType: 'application/json' });

/** Two releases under the old name, the second live; and the site that says whose it is. */
async function renamed(options: MemoryStoreOptions = {}): Promise<MemoryStore> {
  const store = memoryStore('backup', { now: clock.now, ...options });
  const ledger = openLedger({ store, environment: 'live', log: silentLog, clock });
  for (const [id, hour] of [
    ['r1', 1],
    ['r2', 2],
  ] as const) {
    await put(store, `live/releases/${id}.json`, releaseRecord(id, hour, { environment: 'live' }));
    await ledger.movePointer(id, ['backend', 'frontend']);
  }
  await put(store, 'sites/site/site.json', { environment: 'live' });
  return store;
}

function adopt(store: MemoryStore, { lockTimeout = 40_000, run = runContext() } = {}) {
  return adoptEnvironment(
    { from: 'live', to: 'production', lockTimeout },
    {
      store,
      log: silentLog,
      clock,
      run,
      signal: new AbortController().signal,
      sites: async (places, _from, to) => {
        expect(places).toEqual([{ bucket: 'site', prefix: '' }]);
        return async () => void (await put(store, 'sites/site/site.json', { environment: to }));
      },
    },
  );
}

const ledgerOf = (store: MemoryStore, environment: string) =>
  openLedger({ store, environment, log: silentLog, clock });

async function expectCarriedOver(store: MemoryStore): Promise<void> {
  const now = ledgerOf(store, 'production');
  expect(await now.current()).toMatchObject({ environment: 'production', release: 'r2' });
  expect((await now.newest(9)).map(({ id, environment }) => `${environment} ${id}`)).toEqual([
    'production r2',
    'production r1',
  ]);
  expect(await now.holders()).toEqual([]);
  expect(store.objects.has('production/index.json.gz')).toBe(true);
  expect(store.json('sites/site/site.json')).toEqual({ environment: 'production' });
  expect(store.json('live/current.json')).toMatchObject({ release: 'r2', movedTo: 'production' });
}

describe('the ledger of a renamed environment', () => {
  it(
    'is carried over whole, and the old one says where it went',
    inItsTime(async () => {
      const store = await renamed();
      expect(await adopt(store)).toBe(2);
      await expectCarriedOver(store);
      const old = ledgerOf(store, 'live');
      await expect(old.current()).rejects.toThrow(
        /input `environment`: the environment live is called production now[\s\S]*give `environment: production`/,
      );
      expect((await old.record('r1'))?.environment).toBe('live');
      const before = store.requests.length;
      expect(await adopt(store)).toBe(0);
      expect(store.requests.slice(before).filter((request) => request.startsWith('put'))).toEqual([]);
    }),
  );

  it(
    'is whole under one of the two names wherever the run is killed, and carried over by the next',
    inItsTime(async () => {
      let left = Number.POSITIVE_INFINITY;
      const dead = async (): Promise<never> => {
        throw Object.assign(new Error('the run is dead'), {
          name: 'AccessDenied',
          $metadata: { httpStatusCode: 403 },
        });
      };
      let kills = 0;
      for (let writes = 0; ; writes++) {
        left = Number.POSITIVE_INFINITY;
        const store = await renamed({
          // From some write on, nothing of this run reaches the bucket.
          before: (operation) =>
            left <= 0 && operation === 'put' ? dead() : operation === 'put' ? void left-- : undefined,
        });
        left = writes;
        const ended = await adopt(store, { run: runContext({ run: 2000 }) }).then(
          () => 'done',
          () => 'killed',
        );
        left = Number.POSITIVE_INFINITY;
        if (ended === 'done' && kills > 0) break;
        kills++;
        const old = store.json('live/current.json');
        expect([old['release'], old['movedTo']], `killed at write ${writes}`).toEqual(['r2', undefined]);
        expect(await ledgerOf(store, 'live').current()).toMatchObject({ release: 'r2' });
        await adopt(store);
        await expectCarriedOver(store);
        if (kills > 40) throw new Error('there is no end');
      }
      // Two locks with their question each, two records, the pointer, the site, the index.
      expect(kills).toBeGreaterThan(8);
    }),
  );

  it(
    'is left alone while a run holds its lock',
    inItsTime(async () => {
      const store = await renamed();
      const held = await ledgerOf(store, 'live').acquire({
        release: 'r3',
        parts: ['frontend'],
        run: runContext({ run: 3000 }),
        timeout: 0,
        signal: new AbortController().signal,
      });
      await expect(adopt(store)).rejects.toThrow(/waiting for the lock of live[\s\S]*release r3/);
      await held.release();
      expect([...store.objects.keys()].filter((key) => key.startsWith('production/releases'))).toEqual([]);
      expect(store.json('sites/site/site.json')).toEqual({ environment: 'live' });
    }),
  );

  it(
    'is not copied by a version that is older than one of its records',
    inItsTime(async () => {
      const store = await renamed();
      await put(store, 'live/releases/r3.json', {
        ...releaseRecord('r3', 3),
        environment: 'live',
        version: 3,
      });
      await expect(adopt(store)).rejects.toThrow(/live\/releases\/r3.json cannot be written by this version/);
      expect([...store.objects.keys()].some((key) => key.startsWith('production/'))).toBe(false);
    }),
  );
});
