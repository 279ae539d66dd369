import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ActLab, actLab, openPullRequest, pullRequest } from '../support/act-lab.ts';
import { root } from '../support/dist.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: the previews run by act need WWHD_CONFORMANCE=1');
const skip = !asked || missingTools('the previews run by act', ['act', 'git']);

describe.skipIf(skip)('the previews of pull requests, run by act', () => {
  let lab: ActLab;
  beforeAll(async () => {
    lab = await actLab();
    // The local cloud's CDN has one host: a preview is a folder of it.
    lab.edit('.github/workflows/preview.yml', (text) =>
      text.replace('https://pr-{0}.preview.example.com', `${lab.resources.siteUrl}/previews/pr-{0}`),
    );
    for (const number of [7, 8]) openPullRequest(lab.github, number);
  });
  afterAll(() => lab?.stop());

  const event = (number: number, action: string, sha: string, repository = 'org/app') =>
    lab.run('pull_request', 'preview.yml', { payload: pullRequest(number, action, { sha, repository }) });
  const url = (number: number) => `${lab.resources.siteUrl}/previews/pr-${number}`;
  const page = async (number: number, path: string) => {
    const answer = await fetch(`${url(number)}/${path}`);
    return `${answer.status} ${await answer.text()}`;
  };
  const keys = async (bucket: string, prefix: string) =>
    [...(await lab.s3('GET', `/${bucket}?list-type=2&prefix=${prefix}`)).matchAll(/<Key>([^<]+)</g)].map(
      (m) => m[1],
    );
  const comments = (number: number) => lab.github.issues.get(number)?.comments ?? [];
  /** What GitHub itself does for a job with `environment:`, and act does not. */
  const recordDeployment = (number: number, id: number) =>
    lab.github.deployments.push({
      id,
      ref: 'change',
      environment: 'preview',
      statuses: [{ state: 'success', environment_url: url(number) }],
    });

  it('come with the pull request: built, live, linked in a comment', async () => {
    const commit = lab.home.commit('a change');
    const run = await event(7, 'opened', commit);
    expect(run.exitCode, run.log).toBe(0);
    for (const job of ['Build', 'Deploy', 'Comment']) expect(run.result(job), job).toBe('succeeded');
    for (const job of ['Remove', 'Sweep']) expect(run.result(job), job).toBe(undefined);
    expect(run.outputs('Deploy')).toMatchObject({ outcome: 'deployed', 'site-url': url(7) });
    expect(await page(7, 'version.json')).toContain(commit);
    expect(comments(7).map((c) => c.body)).toEqual([expect.stringContaining(`${commit}: ${url(7)}`)]);
    recordDeployment(7, 71);
  });

  it('follow it: only what changed, in the same comment', async () => {
    lab.edit('frontend/src/pages/about.html', (text) => `${text}<p>New.</p>`);
    const commit = lab.home.commit('more');
    const run = await event(7, 'synchronize', commit);
    expect(run.outputs('Deploy'), run.log).toMatchObject({ outcome: 'deployed' });
    expect(Number(run.outputs('Deploy')['uploaded'])).toBeLessThan(6);
    expect(await page(7, 'about.html')).toContain('New.');
    expect(comments(7)).toHaveLength(1);
    expect(comments(7)[0]?.body).toContain(commit);
    recordDeployment(7, 72);
  });

  it('are not for a fork, which gets no role', async () => {
    const before = await lab.cloud.changes();
    const run = await event(8, 'opened', lab.home.commit('from a stranger'), 'stranger/app');
    expect(run.exitCode, run.log).toBe(0);
    for (const job of ['Build', 'Deploy', 'Comment', 'Remove']) expect(run.result(job), job).toBe(undefined);
    expect(await lab.cloud.changes()).toEqual(before);
  });

  it('go with the pull request, and their deployments end', async () => {
    expect((await event(8, 'opened', lab.home.commit('another'))).exitCode).toBe(0);
    recordDeployment(8, 81);
    const run = await event(7, 'closed', lab.home.commit('merged'));
    expect(run.exitCode, run.log).toBe(0);
    expect([run.result('Remove'), run.result('Build'), run.result('Sweep')]).toEqual([
      'succeeded',
      undefined,
      undefined,
    ]);
    const { bucket, releaseBucket } = lab.resources;
    expect(await keys(bucket, 'previews/pr-7/')).toEqual([]);
    expect((await keys(releaseBucket, '')).filter((key) => key?.includes('pr-7/'))).toEqual([]);
    expect(await page(7, 'version.json')).toMatch(/^404/);
    expect(await page(8, 'version.json')).toMatch(/^200/);
    const states = lab.github.deployments.map((d) => [d.id, d.statuses.at(-1)?.state]);
    expect(states).toEqual([
      [71, 'inactive'],
      [72, 'inactive'],
      [81, 'success'],
    ]);
    expect(comments(7).map((c) => c.body)).toEqual([
      expect.stringContaining('removed with the pull request'),
    ]);
  });

  it('are swept on a schedule where their pull request was closed and nobody saw it', async () => {
    openPullRequest(lab.github, 9);
    expect((await event(9, 'opened', lab.home.commit('a third'))).exitCode).toBe(0);
    const closed = lab.github.issues.get(8);
    if (closed) closed.state = 'closed';
    const run = await lab.run('schedule', 'preview.yml');
    expect(run.exitCode, run.log).toBe(0);
    expect([run.result('Sweep'), run.result('Build'), run.result('Remove')]).toEqual([
      'succeeded',
      undefined,
      undefined,
    ]);
    expect(run.outputs('Sweep')).toMatchObject({ removed: '8' });
    expect(await page(8, 'version.json')).toMatch(/^404/);
    expect(await page(9, 'version.json')).toMatch(/^200/);
    expect(lab.github.deployments.find((d) => d.id === 81)?.statuses.at(-1)?.state).toBe('inactive');
  });

  it('need no more of AWS than their own role is granted', async () => {
    const policy = readFileSync(join(root, 'infra/terraform/modules/github/preview.tf'), 'utf8');
    const granted = new Set([...policy.matchAll(/"([a-z0-9-]+:[A-Z]\w+)"/g)].map((m) => m[1]));
    const used = new Set((await lab.cloud.requests()).flatMap((request) => request.iam));
    expect(used.size).toBeGreaterThan(4);
    expect([...used].filter((action) => !granted.has(action))).toEqual([]);
  });
});
