// A whole release that is killed at its changes: what is live is one release after the post step, and the same deployment
// again ends well. Every change with WWHD_EXHAUSTIVE=1; a landing plays the moments that matter most.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { dyingWire } from '../support/dying-wire.ts';
import type { ActionRun } from '../support/run-action.ts';
import { removeFolders } from '../support/site.ts';
import { makeWhole, type WholeRelease } from '../support/whole-release.ts';

const EXHAUSTIVE = process.env['WWHD_EXHAUSTIVE'] === '1';
const TIMEOUT = EXHAUSTIVE ? 3_600_000 : 600_000;

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const outcome = (run: ActionRun) => run.outputs['outcome'];
const all = (version: string) => ({ api: version, worker: version, web: version });

/** Deploys over a wire that kills with the `n`th change; 0: never. */
async function killed(whole: WholeRelease, version: string, id: string, n: number) {
  const wire = await dyingWire(cloud.endpoint, n);
  const run = await whole.deploy(
    version,
    { 'release-id': id },
    { env: { AWS_ENDPOINT_URL: wire.endpoint }, onStart: wire.watch },
  );
  wire.close();
  return { run, changes: wire.changes };
}

interface Moment {
  readonly n: number;
  /** Whether the post step runs after it, as on GitHub; else only the next deployment puts right what was left. */
  readonly post: boolean;
}

async function play(whole: WholeRelease, to: string, from: string, { n, post }: Moment): Promise<void> {
  const id = `${to}-killed-${n}-${post}`;
  const { run: dead, changes } = await killed(whole, to, id, n);
  const at = `killed after ${changes.join(', ')}\n${dead.log}`;
  expect(dead.signal, at).toBe('SIGKILL');
  if (post) {
    const after = await whole.deploy(to, { 'release-id': id }, { post: dead.state });
    expect(after.exitCode, `${at}\n${after.log}`).toBe(0);
    const wasSealed = (await whole.pointer())?.release === id;
    expect(await whole.live(), `${at}\n${after.log}`).toEqual(all(wasSealed ? to : from));
    expect(await whole.holders(), at).toEqual([]);
    const record = await whole.record(id);
    if (record && !wasSealed) expect(record.result, at).toBe('interrupted');
  }
  const again = await whole.deploy(to, { 'release-id': `${id}-again` }, { env: { GITHUB_RUN_ATTEMPT: '2' } });
  const both = `${at}\n--- again\n${again.log}`;
  expect(['deployed', 'unchanged'], both).toContain(outcome(again));
  expect(await whole.live(), both).toEqual(all(to));
  expect((await whole.pointer())?.parts, both).toEqual(all(`${id}-again`));
  const records = await Promise.all([whole.record(id), whole.record(`${id}-again`)]);
  for (const record of records) if (record) expect(record.result, both).not.toBe('in-progress');
}

describe('a release of three parts', { timeout: TIMEOUT }, () => {
  it('killed at any of its changes, is whole or gone, and goes live the next time', async () => {
    const whole = await makeWhole(cloud, 'kills', { versions: ['v1', 'v2'] });
    const first = await whole.deploy('v1');
    expect(outcome(first), first.log).toBe('deployed');
    const { run, changes } = await killed(whole, 'v2', 'v2', 0);
    expect(outcome(run), run.log).toBe('deployed');
    const at = (part: RegExp) => changes.findIndex((change) => part.test(change)) + 1;
    const moments: readonly Moment[] = EXHAUSTIVE
      ? changes.flatMap((_, i) => [false, true].map((post) => ({ n: i + 1, post })))
      : [
          { n: at(/^UpdateService$/), post: true },
          { n: at(/^UpdateService$/), post: false },
          { n: at(/invalidation/), post: true },
          { n: at(/current\.json/), post: false },
        ];
    let live = 'v2';
    for (const moment of moments) {
      const to = live === 'v1' ? 'v2' : 'v1';
      await play(whole, to, live, moment);
      live = to;
    }
  });

  it('fails after a run that died: what that one left is put back too', async () => {
    const whole = await makeWhole(cloud, 'torn', { versions: ['v1', 'v2', 'v3'] });
    const first = await whole.deploy('v1');
    expect(outcome(first), first.log).toBe('deployed');
    const clean = await killed(whole, 'v2', 'v2', 0);
    const back = await whole.rollback({ to: 'v1' });
    expect(outcome(back), back.log).toBe('rolled-back');
    const updates = clean.changes.flatMap((change, i) => (change === 'UpdateService' ? [i + 1] : []));
    const { run: dead } = await killed(whole, 'v2', 'v2-dead', updates.at(-1) ?? 0);
    expect(dead.signal, dead.log).toBe('SIGKILL');
    await cloud.fault({ kind: 'denied', service: 's3', operation: 'PutObject', resource: '/blobs/' });
    const failed = await whole.deploy('v3');
    await cloud.clearFaults();
    expect(outcome(failed), failed.log).toBe('failed');
    expect(await whole.live(), `${dead.log}\n---\n${failed.log}`).toEqual(all('v1'));
    expect((await whole.record('v2-dead'))?.result).toBe('interrupted');
  });
});
