import { describe, expect, it } from 'vitest';
import { rememberingStore } from '../../../src/aws/remembering-store.ts';
import { updateDocument } from '../../../src/release/documents.ts';
import { ledgerKeys } from '../../../src/release/keys.ts';
import { openLedger } from '../../../src/release/open.ts';
import { ServerClock } from '../../../src/release/server-clock.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type MemoryStore, memoryStore, s3Error } from '../../support/memory-store.ts';
import { runContext } from '../../support/release.ts';
import { seeded } from '../../support/seeded.ts';
import { type SimulatedClock, simulatedClock } from '../../support/simulated-clock.ts';

const never = new AbortController().signal;

function setup() {
  const clock = simulatedClock();
  const store = memoryStore('b', { now: clock.now });
  const ledger = (log = silentLog) => openLedger({ store, environment: 'production', log, clock });
  return { clock, store, ledger };
}

const want = (release: string, extra: object = {}) => ({
  release,
  parts: ['backend'] as const,
  run: runContext(),
  timeout: 600_000,
  signal: never,
  ...extra,
});

/** Milliseconds of the simulated clock that `work` took. */
async function timed(clock: SimulatedClock, work: Promise<unknown>): Promise<number> {
  const start = clock.now();
  await clock.run(work);
  return clock.now() - start;
}

describe('the lock', () => {
  it('is taken in two requests once the server is known, and freed in one', async () => {
    const { clock, store, ledger } = setup();
    const first = await clock.run(ledger().acquire(want('r1')));
    await clock.run(first.release());
    store.requests.length = 0;
    const hold = await clock.run(ledger().acquire(want('r2')));
    await clock.run(hold.release());
    expect(store.requests).toEqual([
      'get production/lock.json',
      'put production/lock.json',
      'put production/lock.json',
    ]);
    expect(store.json('production/lock.json')['holders']).toEqual([]);
  });

  it('once taken, makes a store forget what it knew of the pointer', async () => {
    const { clock, store, ledger } = setup();
    const keys = ledgerKeys('production');
    const remembering = rememberingStore(store, { keys: [keys.current], new: [] });
    const ours = openLedger({ store: remembering, environment: 'production', log: silentLog, clock });
    expect(await clock.run(ours.current())).toBeUndefined();
    await clock.run(ledger().open({ id: 'r1', type: 'deployment', run: runContext() }));
    await clock.run(ledger().movePointer('r1', ['backend']));
    expect(await clock.run(ours.current()), 'remembered').toBeUndefined();
    await clock.run(ours.acquire(want('r2')));
    expect(await clock.run(ours.current())).toMatchObject({ release: 'r1' });
  });

  it('names its holder to who waited too long', async () => {
    const { clock, ledger } = setup();
    await clock.run(ledger().acquire(want('r1')));
    const refusal = clock.run(ledger().acquire(want('r2', { timeout: 30_000 })));
    await expect(refusal).rejects.toThrow(
      /lock-timeout.*timed out after 30.0s[\s\S]*release r1.*octocat.*actions\/runs\/1001/,
    );
  });

  it('is joined by the other part of the same release, and by nobody else', async () => {
    const { clock, ledger } = setup();
    await clock.run(ledger().acquire(want('r1')));
    await clock.run(ledger().acquire(want('r1', { parts: ['frontend'], timeout: 0 })));
    await expect(clock.run(ledger().acquire(want('r1', { timeout: 0 })))).rejects.toThrow('timed out after');
    await expect(
      clock.run(ledger().acquire(want('r2', { parts: ['frontend'], timeout: 0 }))),
    ).rejects.toThrow('timed out after');
  });

  it('stays with its holder for as long as that renews it', async () => {
    const { clock, ledger } = setup();
    const hold = await clock.run(ledger().acquire(want('r1')));
    await expect(clock.run(ledger().acquire(want('r2', { timeout: 3_600_000 })))).rejects.toThrow(
      'timed out after',
    );
    expect(hold.signal.aborted).toBe(false);
  });

  it('passes to the next when it is released', async () => {
    const { clock, ledger } = setup();
    const hold = await clock.run(ledger().acquire(want('r1')));
    const next = ledger().acquire(want('r2'));
    await clock.run(clock.sleep(20_000));
    await clock.run(hold.release());
    expect(await timed(clock, next)).toBeLessThan(2500);
  });

  it.each([
    ['half a minute after its holder died', (text: string) => text, 28_000, 34_000],
    [
      'a minute after its holder died, where that was of a version that says nothing of it',
      (text: string) => text.replace(/,\s*"ttl": 30000/, ''),
      58_000,
      64_000,
    ],
    [
      'a minute after its holder died, whatever it claims',
      (text: string) => text.replace('"ttl": 30000', '"ttl": 9e99'),
      58_000,
      64_000,
    ],
  ])('is taken over %s', async (_when, written, least, most) => {
    const { clock, store, ledger } = setup();
    let dead = false;
    const mortal = openLedger({
      store: {
        ...store,
        put: (r) =>
          dead ? new Promise(() => {}) : store.put({ ...r, body: written(Buffer.from(r.body).toString()) }),
      },
      environment: 'production',
      log: silentLog,
      clock,
    });
    await clock.run(mortal.acquire(want('r1')));
    dead = true;
    const took = await timed(clock, ledger().acquire(want('r2')));
    expect(took).toBeGreaterThan(least);
    expect(took).toBeLessThan(most);
  });

  it('is taken over at once by a later attempt of the same run', async () => {
    const { clock, store, ledger } = setup();
    await clock.run(ledger().acquire(want('r1')));
    const again = want('r1', { run: runContext({ attempt: 2 }), timeout: 0 });
    await clock.run(ledger().acquire(again));
    expect(store.json('production/lock.json')['holders']).toHaveLength(1);
  });

  it('tells the holder when it was lost', async () => {
    const { clock, store, ledger } = setup();
    const hold = await clock.run(ledger().acquire(want('r1')));
    const document = { ...store.json('production/lock.json'), holders: [] };
    await store.put({ key: 'production/lock.json', body: JSON.stringify(document) });
    await clock.run(clock.sleep(40_000));
    expect(String(hold.signal.reason)).toContain('was lost while we held it');
  });

  it('is freed by a post step from its token', async () => {
    const { clock, ledger } = setup();
    await clock.run(ledger().acquire(want('r1', { token: 'saved' })));
    expect(await clock.run(ledger().free('saved'))).toBe(true);
    expect(await clock.run(ledger().free('saved'))).toBe(false);
    await clock.run(ledger().acquire(want('r2', { timeout: 0 })));
  });

  it.each(['9999-01-01T00:00:00.000Z', '+200000-01-01T00:00:00.000Z', 'never'])(
    'is not held by an entry of %s',
    async (renewed) => {
      const { clock, store, ledger } = setup();
      const holder = {
        token: 't',
        release: 'r0',
        parts: ['backend'],
        holder: 'h',
        run: '',
        actor: 'a',
        since: renewed,
        renewed,
        ttl: 30_000,
      };
      const body = JSON.stringify({ version: 1, environment: 'production', nonce: 'n', holders: [holder] });
      await store.put({ key: 'production/lock.json', body });
      await clock.run(ledger().acquire(want('r1', { timeout: 0 })));
    },
  );

  it('is set aside and replaced where it cannot be read', async () => {
    const { clock, store, ledger } = setup();
    await store.put({ key: 'production/lock.json', body: '{"version":1,"hol' });
    await clock.run(ledger().acquire(want('r1', { timeout: 0 })));
    const aside = [...store.objects.keys()].filter((key) => key.startsWith('production/set-aside/'));
    expect(aside).toHaveLength(1);
    expect(store.objects.get(aside[0] ?? '')?.body.toString()).toBe('{"version":1,"hol');
  });
});

describe('the first use of an environment', () => {
  it('is not taken for an unsound server when many begin at once', async () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seeded(seed);
      const clock = simulatedClock();
      const wait = () => clock.sleep(random.int(1, 50));
      const store = memoryStore('b', {
        now: clock.now,
        before: async () => void (await wait()),
        after: wait,
      });
      const runs = (['backend', 'frontend'] as const).map((part) =>
        openLedger({ store, environment: 'e', log: silentLog, clock }).acquire(want('r1', { parts: [part] })),
      );
      expect(await clock.run(Promise.all(runs)), `seed ${seed}`).toHaveLength(2);
    }
  });
});

describe('a server that ignores conditions', () => {
  const setupUnsafe = (unsafeStore: 'refuse' | 'warn') => {
    const store = memoryStore('b', { ignoreConditions: true });
    const warnings: string[] = [];
    const log = { ...silentLog, warning: (message: string) => void warnings.push(message) };
    const clock = simulatedClock();
    return { clock, warnings, ledger: openLedger({ store, environment: 'e', log, clock, unsafeStore }) };
  };

  it('is refused before a deployment', async () => {
    const { clock, ledger } = setupUnsafe('refuse');
    await expect(clock.run(ledger.acquire(want('r1')))).rejects.toThrow('does not honour conditional writes');
  });

  it('is warned about before a rollback', async () => {
    const { clock, ledger, warnings } = setupUnsafe('warn');
    await clock.run(ledger.acquire(want('r1')));
    expect(warnings.join()).toContain('If-None-Match ignored');
  });
});

describe('a server that answers 412 to every write of an object that nobody changes', () => {
  const setupBroken = (key: string) => {
    const clock = simulatedClock();
    let broken = false;
    const store = memoryStore('b', {
      now: clock.now,
      before: (operation, on) =>
        broken && operation === 'put' && on === key
          ? { error: s3Error('PreconditionFailed', 412) }
          : undefined,
    });
    const warnings: string[] = [];
    const log = { ...silentLog, warning: (message: string) => void warnings.push(message) };
    const ledger = openLedger({ store, environment: 'production', log, clock });
    const turnBad = () => {
      broken = true;
    };
    return { clock, store, ledger, warnings, turnBad };
  };
  const lock = 'production/lock.json';

  it.each([0, 3_600_000])('is given up when the lock is asked for, with a timeout of %i', async (timeout) => {
    const { clock, ledger, turnBad } = setupBroken(lock);
    const hold = await clock.run(ledger.acquire(want('r0')));
    await clock.run(hold.release());
    turnBad();
    const start = clock.now();
    await expect(clock.run(ledger.acquire(want('r1', { timeout })))).rejects.toThrow(
      /release-bucket.*s3:\/\/b\/production\/lock.json could not be written: the server answered 412 to every If-Match although the object had not changed[\s\S]*found: \d+ tries in 1\d\.\ds/,
    );
    expect(clock.now() - start).toBeGreaterThanOrEqual(15_000);
    expect(clock.now() - start).toBeLessThan(20_000);
  });

  it('is given up when the lock would be created', async () => {
    const { clock, ledger, turnBad } = setupBroken(lock);
    turnBad();
    await expect(clock.run(ledger.acquire(want('r1')))).rejects.toThrow(
      /412 to every If-None-Match although there was no such object/,
    );
  });

  it('ends the hold in time and says why it could not be renewed', async () => {
    const { clock, ledger, turnBad } = setupBroken(lock);
    const hold = await clock.run(ledger.acquire(want('r1')));
    turnBad();
    await clock.run(clock.sleep(55_000));
    expect(String(hold.signal.reason)).toMatch(
      /could not be renewed in time[\s\S]*found: .*412 to every If-Match/,
    );
    await clock.run(hold.leave());
  });

  it('is warned about when the lock is freed, which then expires', async () => {
    const { clock, ledger, turnBad, warnings } = setupBroken(lock);
    const hold = await clock.run(ledger.acquire(want('r1', { token: 'saved' })));
    turnBad();
    await clock.run(hold.release());
    expect(warnings.join()).toMatch(
      /could not be freed; nobody renews it any more, so it is free by itself at [\d:T.-]+Z: .*412 to every If-Match/,
    );
    await expect(clock.run(ledger.free('saved'))).rejects.toThrow('412 to every If-Match');
  });
});

describe('a lock that others change between every read and write', () => {
  it.each([
    [0, 15_000],
    [60_000, 60_000],
  ])('with a timeout of %i is given up after %i ms', async (timeout, after) => {
    const clock = simulatedClock();
    const store: MemoryStore = memoryStore('b', {
      now: clock.now,
      before: async (operation, key) => {
        if (operation !== 'put' || key !== 'e/lock.json') return undefined;
        store.objects.delete(key);
        const body = Buffer.from(
          JSON.stringify({ version: 1, environment: 'e', nonce: String(clock.now()), holders: [] }),
        );
        store.objects.set(key, { body, etag: String(Math.random()), headers: {}, modified: clock.now() });
        return undefined;
      },
    });
    const ledger = openLedger({ store, environment: 'e', log: silentLog, clock });
    const start = clock.now();
    await expect(clock.run(ledger.acquire(want('r1', { timeout })))).rejects.toThrow(
      /lock-timeout.*others changed it between each of our reads and writes/,
    );
    expect(clock.now() - start).toBeGreaterThanOrEqual(after);
    expect(clock.now() - start).toBeLessThan(after + 3000);
  });
});

describe('an update of a document', () => {
  const ports = (store: MemoryStore, clock: SimulatedClock) => ({
    store,
    keys: ledgerKeys('e'),
    log: silentLog,
    clock,
    serverClock: new ServerClock(clock),
  });
  const parse = (body: Buffer) => ({ value: JSON.parse(body.toString()) as { n: number } });

  it('ends where the server answers 412 for ever', async () => {
    const clock = simulatedClock();
    const store = memoryStore('b', {
      before: (operation) =>
        operation === 'put' ? { error: s3Error('PreconditionFailed', 412) } : undefined,
    });
    store.objects.set('e/x.json', { body: Buffer.from('{"n":1}'), etag: '"1"', headers: {}, modified: 0 });
    const update = updateDocument(ports(store, clock), 'e/x.json', parse, (now) => ({
      n: (now?.n ?? 0) + 1,
    }));
    await expect(clock.run(update)).rejects.toThrow(
      /s3:\/\/b\/e\/x.json could not be written.*412 to every If-Match[\s\S]*the last under the ETag "1"/,
    );
  });

  it('ends where others change it for ever', async () => {
    const clock = simulatedClock();
    let n = 0;
    const store: MemoryStore = memoryStore('b', {
      before: (operation) => {
        const etag = `"${n++}"`;
        if (operation === 'put')
          store.objects.set('e/x.json', { body: Buffer.from('{"n":1}'), etag, headers: {}, modified: 0 });
        return undefined;
      },
    });
    const update = updateDocument(ports(store, clock), 'e/x.json', parse, () => ({ n: 2 }));
    await expect(clock.run(update)).rejects.toThrow('others changed it between each of our reads and writes');
    expect(clock.now()).toBeGreaterThan(0);
  });
});
