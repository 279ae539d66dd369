import type { ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Pointer, type ReleaseRecord, serviceOf } from '../../src/release/record.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makePair, type TestPair } from '../support/pair.ts';
import type { ActionRun } from '../support/run-action.ts';
import { makeFolder, removeFolders } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

async function released(name: string, versions: readonly string[]): Promise<TestPair> {
  const pair = await makePair(cloud, name);
  for (const version of versions) await pair.release(version);
  return pair;
}

/** The next attempt of the same run may take the lock of a dead one at once. */
const attempt = (number: number) => ({ env: { GITHUB_RUN_ATTEMPT: String(number) } });

/** Kills the rollback `after` milliseconds after it said `words`. */
async function killed(
  pair: TestPair,
  to: string,
  at: { words: string; after: number; attempt: number },
): Promise<ActionRun> {
  const { words, after } = at;
  return pair.rollback(
    { to },
    {
      ...attempt(at.attempt),
      onStart: (child) => onWords(child, words, () => setTimeout(() => child.kill('SIGKILL'), after)),
    },
  );
}

function onWords(child: ChildProcess, words: string, act: () => void): void {
  let said = '';
  child.stdout?.on('data', (chunk) => {
    const before = said.includes(words);
    said += String(chunk);
    if (!before && said.includes(words)) act();
  });
}

/** Both halves of one release, the ledger in agreement, and nobody in the lock. */
async function expectWhole(pair: TestPair, version: string, run: ActionRun): Promise<void> {
  expect(await pair.live(), run.log).toEqual({ api: version, page: version });
  const current = await pair.site.json<Pointer>('production/current.json');
  const record = await pair.site.json<ReleaseRecord>(`production/releases/${current?.parts['backend']}.json`);
  expect(current?.parts['frontend']).toBe(current?.parts['backend']);
  expect(serviceOf(record, 'backend')?.image).toBe(await pair.image(version));
  expect(await pair.site.json('production/lock.json')).toMatchObject({ holders: [] });
}

describe.concurrent('rollback', () => {
  // Every moment to be killed at has a suite of its own: rollback-pair.test.ts.
  it('goes on after kill -9, never one release further back, and forward again after a cancellation', async () => {
    const pair = await released('kills', ['v1', 'v2', 'v3']);
    const first = { words: 'restoring the frontend', after: 30, attempt: 1 };
    const dead = await killed(pair, 'latest-good', first);
    expect(dead.signal, dead.log).toBe('SIGKILL');
    const run = await pair.rollback({}, attempt(2));
    expect(run.outputs['outcome'], run.log).toBe('rolled-back');
    await expectWhole(pair, 'v2', run);

    // A cancelled job: the step ends at once, and its post step makes the pair whole again.
    const inputs = { to: 'v1', order: 'frontend-first' };
    const cancelled = await pair.rollback(inputs, {
      onStart: (child) => onWords(child, 'Watch the rollout', () => child.kill('SIGINT')),
    });
    expect(cancelled.outputs['outcome'], cancelled.log).toBe('interrupted');
    const post = await pair.rollback(inputs, { post: cancelled.state });
    await expectWhole(pair, 'v2', post);
    expect(post.log).toContain('is live again, whole');
  });

  it('leaves the pair whole when a half fails, or the checks at the end', async () => {
    const pair = await released('halves', ['v1', 'v2']);
    const service = pair.service.split('/').at(-1) ?? '';
    await cloud.fault({ kind: 'unhealthy', service: 'apprunner', resource: service });
    const backend = await pair.rollback({ order: 'frontend-first' });
    await cloud.clearFaults();
    expect(backend.outputs['outcome'], backend.log).toBe('failed');
    expect(backend.exitCode).toBe(1);
    expect(backend.log).toContain('release v2 is live again, whole');
    await expectWhole(pair, 'v2', backend);

    const page = { service: 's3', operation: 'CopyObject', resource: 'halves-site/index.html' };
    // A denied write is sent once more with the encryption that the bucket has by default.
    await cloud.fault({ kind: 'denied', ...page, count: 2 });
    const frontend = await pair.rollback({ order: 'backend-first' });
    expect(frontend.outputs['outcome'], frontend.log).toBe('failed');
    await expectWhole(pair, 'v2', frontend);

    const cwd = makeFolder({ 'checks.yml': CHECKS });
    const checks = await pair.rollback({ 'smoke-checks': 'checks.yml' }, { cwd });
    expect(checks.outputs['outcome'], checks.log).toBe('failed');
    expect(checks.log, 'the checks know the restored commit').toContain(`commit=${'1'.repeat(40)}`);
    await expectWhole(pair, 'v2', checks);
  });
});

const CHECKS = [
  'version: 1',
  'defaults: { retry: { budget: 1s } }',
  'checks:',
  '  - name: is another version',
  '    get: /health?commit=${GITHUB_SHA}',
  '    expect: { json: { $.version: v9 } }',
].join('\n');
