// A whole release by the action deploy: three parts from one file, live together or not at all.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import type { ActionRun } from '../support/run-action.ts';
import { removeFolders } from '../support/site.ts';
import { makeWhole, type WholeRelease } from '../support/whole-release.ts';

let cloud: TestCloud;
let whole: WholeRelease;

/** Checks that hold where the service answers so. */
const checks = (status: number) =>
  `version: 1\nchecks:\n  - name: answers\n    get: /health\n    expect: { status: ${status} }\n`;

beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
  whole = await makeWhole(cloud, 'whole', {
    versions: ['v0', 'v1', 'v2', 'v3'],
    files: { 'good.yml': checks(200), 'bad.yml': checks(404) },
  });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const outcome = (run: ActionRun) => run.outputs['outcome'];
const words = (run: ActionRun) => run.log.replaceAll('%0A', '\n');
const all = (version: string) => ({ api: version, worker: version, web: version });

it('plans a first release, and changes nothing', async () => {
  const run = await whole.deploy('v1', { 'dry-run': 'true' });
  expect(outcome(run), run.log).toBe('planned');
  const plan = JSON.parse(run.outputs['plan'] ?? '{}') as { parts: { name: string; changes: boolean }[] };
  expect(plan.parts.map(({ name, changes }) => [name, changes])).toEqual([
    ['api', true],
    ['worker', true],
    ['web', true],
  ]);
  expect(run.summary).toContain('Nothing new is live');
  expect(await whole.live()).toEqual({ api: 'v0', worker: 'v0', web: 'nothing' });
  expect(await whole.site.stored()).toEqual([]);
});

it('takes a first release of three parts live, with one record, and keeps what ran before', async () => {
  const run = await whole.deploy('v1');
  expect(outcome(run), run.log).toBe('deployed');
  expect(await whole.live()).toEqual(all('v1'));
  expect(await whole.pointer()).toMatchObject({ release: 'v1', parts: all('v1') });
  expect(await whole.record('v1')).toMatchObject({
    type: 'deployment',
    result: 'deployed',
    composition: all('v1'),
    parts: {
      api: { kind: 'service', service: whole.api.arn, result: 'deployed' },
      worker: { kind: 'service', service: whole.worker.arn, result: 'deployed' },
      web: { kind: 'site', bucket: whole.site.bucket, result: 'deployed' },
    },
  });
  expect(await whole.record('v1.adopted')).toMatchObject({ type: 'adoption', result: 'deployed' });
  expect(Object.keys((await whole.record('v1.adopted'))?.parts ?? {}).sort()).toEqual(['api', 'worker']);
  expect(await whole.holders()).toEqual([]);
  for (const name of ['api', 'worker', 'web'])
    expect(run.summary).toMatch(new RegExp(`\\| ${name} \\|.*live and proved`));
  expect(run.summary).toMatch(/rollback --environment production --release-bucket \S+ --to v1\.adopted/);
});

it('is unchanged the second time, which is proved', async () => {
  const run = await whole.deploy('v1', { 'release-id': 'v1-again' });
  expect(outcome(run), run.log).toBe('unchanged');
  expect(await whole.live()).toEqual(all('v1'));
  expect((await whole.pointer())?.parts).toEqual(all('v1-again'));
  expect(await whole.record('v1-again')).toMatchObject({ result: 'unchanged' });
});

it('goes back with the action rollback, whole', async () => {
  const next = await whole.deploy('v2');
  expect(outcome(next), next.log).toBe('deployed');
  expect(await whole.live()).toEqual(all('v2'));
  const back = await whole.rollback();
  expect(outcome(back), back.log).toBe('rolled-back');
  expect(await whole.live()).toEqual(all('v1'));
  const again = await whole.rollback({ to: 'v2' });
  expect(outcome(again), again.log).toBe('rolled-back');
  expect(await whole.live()).toEqual(all('v2'));
});

describe('a release that fails', () => {
  it.each([
    {
      what: 'the site cannot be staged',
      fault: { kind: 'denied', service: 's3', operation: 'PutObject', resource: '/blobs/' },
      ends: 'failed',
      says: /failed at the web; no user has seen anything of it/,
    },
    {
      what: 'the first service does not come to run',
      fault: { kind: 'unhealthy', service: 'ecs', resource: 'whole-api' },
      ends: 'rolled-back',
      says: /failed at the api; what was live before is live again, whole/,
    },
    {
      what: 'the second service does not come to run',
      fault: { kind: 'unhealthy', service: 'apprunner', resource: 'whole-worker' },
      ends: 'rolled-back',
      says: /failed at the worker; what was live before is live again, whole/,
    },
    {
      what: 'the caches of the site cannot be told',
      fault: { kind: 'denied', service: 'cloudfront', operation: 'CreateInvalidation', count: 1 },
      ends: 'rolled-back',
      says: /failed at the web; what was live before is live again, whole/,
    },
    {
      what: 'the pointer cannot be moved',
      fault: { kind: 'denied', service: 's3', operation: 'PutObject', resource: 'current.json' },
      ends: 'rolled-back',
      says: /failed at the record; what was live before is live again, whole/,
    },
  ])('is gone as a whole where $what', async ({ fault, ends, says }) => {
    const before = await whole.pointer();
    await cloud.fault(fault);
    const run = await whole.deploy('v3');
    await cloud.clearFaults();
    expect(outcome(run), run.log).toBe(ends);
    expect(words(run)).toMatch(says);
    expect(await whole.live(), run.log).toEqual(all('v2'));
    expect(await whole.pointer()).toEqual(before);
    expect((await whole.record('v3'))?.result).toBe(ends);
    expect(await whole.holders()).toEqual([]);
  });

  it('is refused before anything is changed where a part is wrong, and all that is wrong is told', async () => {
    const before = await whole.record('v3');
    const run = await whole.deploy('v3', {
      images: `api=127.0.0.1:1/nobody/api@sha256:${'a'.repeat(64)}`,
      sites: 'web=nowhere',
    });
    expect(outcome(run), run.log).toBe('refused');
    expect(words(run)).toMatch(/part api/);
    expect(words(run)).toMatch(/part web/);
    expect(await whole.record('v3')).toEqual(before);
  });
});

it('goes live after all that', async () => {
  const run = await whole.deploy('v3', { 'release-id': 'v3-good' });
  expect(outcome(run), run.log).toBe('deployed');
  expect(await whole.live()).toEqual(all('v3'));
});

it('asks the checks on the release as a whole, and what they refuse is gone', async () => {
  const run = await whole.deploy('v1', { 'release-id': 'v1-checked', 'smoke-checks': 'bad.yml' });
  expect(outcome(run), run.log).toBe('rolled-back');
  expect(words(run)).toMatch(/failed at the checks at the end; what was live before is live again, whole/);
  expect(await whole.live()).toEqual(all('v3'));
  expect(await whole.record('v1-checked')).toMatchObject({ result: 'rolled-back', checks: 'failed' });
  const passed = await whole.deploy('v1', { 'release-id': 'v1-good', 'smoke-checks': 'good.yml' });
  expect(outcome(passed), passed.log).toBe('deployed');
  expect(await whole.record('v1-good')).toMatchObject({ result: 'deployed', checks: 'passed' });
});

it('leaves what is live as it is where that is asked for, and the next release puts it right', async () => {
  const keep = { 'rollback-on-failure': 'false' };
  const run = await whole.deploy('v2', { ...keep, 'release-id': 'v2-kept', 'smoke-checks': 'bad.yml' });
  expect(outcome(run), run.log).toBe('failed');
  expect(words(run)).toMatch(/rollback-on-failure is false, so what is live is left as it is/);
  expect(await whole.live()).toEqual(all('v2'));
  expect((await whole.pointer())?.release).toBe('v1-good');
  const next = await whole.deploy('v3', { 'release-id': 'v3-after' });
  expect(outcome(next), next.log).toBe('deployed');
  expect(await whole.live()).toEqual(all('v3'));
});
