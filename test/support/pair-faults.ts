import { expect } from 'vitest';
import { type Pointer, type ReleaseRecord, serviceOf, siteOf } from '../../src/release/record.ts';
import { createTestRunner, pushApp } from './backend.ts';
import { pauseFault } from './backend-faults.ts';
import type { LoggedRequest, TestCloud } from './cloud.ts';
import { dyingWire } from './dying-wire.ts';
import { makeRecordedPair, type RecordedPair } from './recorded-pair.ts';
import type { ActionRun } from './run-action.ts';

type Version = 'v1' | 'v2';
export type Order = 'backend-first' | 'frontend-first';

/** A pair that is sent back and forth between its two releases, with something going wrong each time. */
export interface FaultyPair extends RecordedPair {
  readonly name: string;
  /** What is live, by the cloud's own state. */
  live(): Promise<Version>;
  /** The release that is not. */
  other(): Promise<Version>;
}

export async function makeFaultyPair(cloud: TestCloud, name: string): Promise<FaultyPair> {
  const [v1, v2] = [
    await pushApp(cloud, { version: 'v1' }, name),
    await pushApp(cloud, { version: 'v2' }, name),
  ];
  const service = await createTestRunner(cloud, name, v2);
  const pair = await makeRecordedPair(cloud, service, { v1, v2 });
  const live = async (why = '') => {
    const { version } = (await (await fetch(`${service.url}/health`)).json()) as { version: Version };
    const page = (await pair.site.live()).get('index.html') ?? '';
    expect(/<h1>Home (v\d)</.exec(page)?.[1], `${why}: page and API are of one release`).toBe(version);
    return version;
  };
  return { ...pair, name, live, other: async () => ((await live()) === 'v1' ? 'v2' : 'v1') };
}

/** Requests that a rollback makes where nothing goes wrong, oldest first: each of them is a moment for a fault. */
export async function requestsOf(cloud: TestCloud, pair: FaultyPair, order: Order): Promise<LoggedRequest[]> {
  const to = await pair.other();
  const since = Date.now();
  const run = await pair.rollback({ to, order });
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  return requestsSince(cloud, pair, since);
}

/** Other pairs work on the same cloud: the name tells whose a request is. */
async function requestsSince(cloud: TestCloud, pair: FaultyPair, since: number): Promise<LoggedRequest[]> {
  return (await cloud.requests()).filter((r) => r.time >= since && r.resource?.includes(pair.name));
}

/** The changes among them, as a dying wire counts them. */
export async function changesOf(
  cloud: TestCloud,
  pair: FaultyPair,
  order: Order,
): Promise<readonly string[]> {
  const wire = await dyingWire(cloud.endpoint, 0);
  const to = await pair.other();
  const run = await pair.rollback({ to, order }, { env: { AWS_ENDPOINT_URL: wire.endpoint } });
  wire.close();
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  return wire.changes;
}

/** A rollback that dies with its `n`th change; then, as GitHub does, its post step or not, and the same run again. */
export async function killAndRepeat(
  cloud: TestCloud,
  pair: FaultyPair,
  { n, post, order }: { readonly n: number; readonly post: boolean; readonly order: Order },
): Promise<void> {
  const to = await pair.other();
  const wire = await dyingWire(cloud.endpoint, n);
  const dead = await pair.rollback(
    { to, order },
    { env: { AWS_ENDPOINT_URL: wire.endpoint }, onStart: wire.watch },
  );
  wire.close();
  const at = `${order}, killed after ${wire.changes.join(', ')}\n${dead.log}`;
  if (wire.changes.length < n) {
    // The first rollback of a pair keeps up the index of releases once more than the others: this one was through.
    expect(dead.outputs['outcome'], at).toBe('rolled-back');
    return;
  }
  expect(dead.signal, at).toBe('SIGKILL');
  if (post) {
    const after = await pair.rollback({ to, order }, { post: dead.state });
    expect(after.exitCode, `${at}\n${after.log}`).toBe(0);
    const live = await pair.live();
    expect((await expectLedger(pair, at)).live, `${at}\n${after.log}`).toBe(live);
  }
  const again = await pair.rollback({ to, order }, { env: { GITHUB_RUN_ATTEMPT: '2' } });
  await expectArrived(pair, to, again, at);
}

/** A rollback whose `n`th request meets a fault, and the same rollback again. */
export async function failAndRepeat(
  cloud: TestCloud,
  pair: FaultyPair,
  { n, kind, order }: { readonly n: number; readonly kind: string; readonly order: Order },
): Promise<void> {
  const to = await pair.other();
  const from = to === 'v1' ? 'v2' : 'v1';
  const since = Date.now();
  await cloud.fault({ kind, resource: pair.name, after: n, count: 1 });
  const run = await pair.rollback({ to, order });
  await pauseFault(cloud, pair.name);
  const hit = (await requestsSince(cloud, pair, since))[n];
  const at = `${kind} of request ${n} (${hit?.operation} ${hit?.resource}), ${order}\n${run.log}`;
  const live = await pair.live();
  const { outcome = '' } = run.outputs;
  const arrived =
    outcome === 'rolled-back' || run.log.includes(`release ${to} is live again and was proved to be`);
  expect({ outcome, live }, at).toEqual({ outcome, live: arrived ? to : from });
  expect(['rolled-back', 'failed', 'refused', ...(arrived ? ['rollback-failed'] : [])], at).toContain(
    outcome,
  );
  if (kind !== 'denied') expect(outcome, at).toBe('rolled-back');
  const again = await pair.rollback({ to, order }, { env: { GITHUB_RUN_ATTEMPT: '2' } });
  await expectArrived(pair, to, again, at);
}

async function expectArrived(pair: FaultyPair, to: Version, run: ActionRun, at: string): Promise<void> {
  const both = `${at}\n--- again\n${run.log}`;
  expect(['rolled-back', 'unchanged', 'refused'], both).toContain(run.outputs['outcome']);
  if (run.outputs['outcome'] === 'refused') expect(run.log, both).toContain('is what is live');
  expect(await pair.live(), both).toBe(to);
  expect(await expectLedger(pair, both), both).toEqual({ live: to, holders: [] });
}

/** Which version the ledger says is live: pointer and records agree on both parts. */
async function expectLedger(pair: FaultyPair, at: string): Promise<{ live: string; holders: unknown[] }> {
  const { site } = pair;
  const pointer = (await site.json<Pointer>('production/current.json')) as Pointer;
  const record = (id = '') => site.json<ReleaseRecord>(`production/releases/${id}.json`);
  const [backend, frontend] = await Promise.all([
    record(pointer.parts['backend']),
    record(pointer.parts['frontend']),
  ]);
  const images = await pair.service.images();
  expect(
    images.map((digest) => `@${digest}`),
    at,
  ).toEqual([serviceOf(backend, 'backend')?.image.replace(/.*@/, '@')]);
  const manifest = await site.json<{ files: string[][] }>(siteOf(frontend, 'frontend')?.manifest ?? '');
  const files = (manifest?.files ?? []).map(([path]) => path);
  const live = await site.live();
  expect([...live.keys()].filter((path) => path.endsWith('.html')).sort(), at).toEqual(
    files.filter((path) => path?.endsWith('.html')),
  );
  const lock = await site.json<{ holders: unknown[] }>('production/lock.json');
  return { live: await pair.live(), holders: lock?.holders ?? [] };
}
