// The order of commits, as GitHub tells it to a bundle: what it decides, and that a deployment goes on where it is not told.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createBucket } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { type FakeGitHub, type GitHubFault, startGitHub } from '../support/github.ts';
import { runAction } from '../support/run-action.ts';

let cloud: TestCloud;
let github: FakeGitHub;
const dir = mkdtempSync(join(tmpdir(), 'wwhd-fence-'));
/** What is live, and the run that took it there. */
let live = { commit: 'a'.repeat(40), runId: 1000 };

const deploy = async (commit: string, runId: number, token = github.token) => {
  const run = await runAction(
    'deploy-frontend',
    { source: 'site', bucket: 'fenced', 'github-token': token },
    { cwd: dir, commit, runId, env: { ...cloud.env, GITHUB_API_URL: github.url } },
  );
  if (run.exitCode === 0) live = { commit, runId };
  return run;
};
let commits = 0;
const nextCommit = () => (++commits).toString(16).padStart(7, '0').padEnd(40, 'c');

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  github = await startGitHub();
  for (const bucket of ['fenced', 'fenced-backup']) await createBucket(cloud, bucket);
  mkdirSync(join(dir, 'site'));
  writeFileSync(join(dir, 'site/index.html'), '<!doctype html><title>a</title><p>a');
  const first = await deploy(live.commit, live.runId);
  expect(first.outputs['outcome'], first.log).toBe('deployed');
  expect(github.requests, 'the first release has nothing to be compared with').toEqual([]);
});
afterAll(async () => {
  await cloud?.stop();
  await github?.stop();
  rmSync(dir, { recursive: true, force: true });
});
beforeEach(() => {
  github.requests.length = 0;
  github.faults.length = 0;
});

it.each([
  ['behind', 'of a later run', 1, 'refused', /is older than the live commit/],
  ['diverged', 'of an earlier run', -1, 'refused', /is diverged, and this run began before/],
  ['diverged', 'of a later run', 1, 'unchanged', /on another branch .* so it may go/],
  ['ahead', 'of an earlier run', -1, 'unchanged', /./],
])('a commit that is %s, %s', async (status, _run, later, outcome, said) => {
  const commit = nextCommit();
  github.comparisons.set(`${live.commit}...${commit}`, status);
  await cloud.clearRequests();
  const run = await deploy(commit, live.runId + later);
  expect(run.outputs['outcome'], run.log).toBe(outcome);
  expect(run.log).toMatch(said);
  if (outcome === 'refused')
    expect((await cloud.changes()).filter((c) => c.resource?.startsWith('fenced/'))).toEqual([]);
  expect(github.requests).toHaveLength(1);
});

it.each<[string, Omit<GitHubFault, 'count'> | undefined, string | undefined, RegExp]>([
  ['an expired token', undefined, 'ghs_expired', /the token is wrong or has expired/],
  [
    'a missing permission',
    { status: 403, message: 'Resource not accessible by integration' },
    undefined,
    /`permissions:`/,
  ],
  ['a commit that is gone', { status: 404, message: 'Not Found' }, undefined, /does not exist/],
  [
    'a limit that lasts',
    { status: 429, message: 'slow down', headers: { 'retry-after': '3600' } },
    undefined,
    /rate limit lasts/,
  ],
  [
    'a connection that dies',
    { status: 'cut', message: '' },
    undefined,
    /could not be reached: check the network/,
  ],
])('%s is a warning, and a later run goes on', async (_what, fault, token, said) => {
  if (fault) github.faults.push({ ...fault, count: 99 });
  const run = await deploy(nextCommit(), live.runId + 1, token);
  expect([run.outputs['outcome'], run.exitCode], run.log).toEqual(['unchanged', 0]);
  expect(run.log).toMatch(/::warning::comparing commits/);
  expect(run.log).toMatch(said);
});
