import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitHubAccess } from '../../../src/github/api.ts';
import { courtesy, GitHubError } from '../../../src/github/api.ts';
import { markedBody, upsertComment } from '../../../src/github/comments.ts';
import { deactivateDeployments } from '../../../src/github/deployments.ts';
import { closeIssue, upsertIssue } from '../../../src/github/issues.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type FakeGitHub, startGitHub } from '../../support/github.ts';

let github: FakeGitHub;
let access: GitHubAccess;
const warnings: string[] = [];

beforeAll(async () => {
  github = await startGitHub();
  access = {
    apiUrl: github.url,
    repository: 'org/app',
    token: github.token,
    log: { ...silentLog, warning: (message) => warnings.push(message) },
    clock: { now: () => Date.now(), sleep: async () => {} },
  };
});
afterAll(() => github.stop());
beforeEach(() => {
  github.issues.clear();
  github.deployments.length = 0;
  github.faults.length = 0;
  github.requests.length = 0;
  warnings.length = 0;
  github.issues.set(7, { number: 7, title: 'PR', body: '', labels: [], state: 'open', comments: [] });
});
const writes = () => github.requests.filter((r) => !r.startsWith('GET'));
const comments = () => github.issues.get(7)?.comments ?? [];

describe('one comment', () => {
  it('is written, then changed, then left alone', async () => {
    expect((await upsertComment(access, 7, 'report', 'first')).written).toBe(true);
    expect((await upsertComment(access, 7, 'report', 'second')).written).toBe(true);
    expect((await upsertComment(access, 7, 'report', 'second')).written).toBe(false);
    expect(comments().map((c) => c.body)).toEqual(['<!-- wwhd-deploy:report -->\nsecond']);
    expect(writes()).toHaveLength(2);
  });

  it('is found beyond the first page, and is not a comment that quotes it', async () => {
    const user = { login: 'someone', type: 'User' };
    for (let id = 1; id <= 130; id++)
      comments().push({ id, user, body: `> <!-- wwhd-deploy:report -->\n> ${id}` });
    comments().push({ id: 131, user, body: markedBody('report', 'ours') });
    expect((await upsertComment(access, 7, 'report', 'new')).id).toBe(131);
    expect((await upsertComment(access, 7, 'other', 'another')).id).not.toBe(131);
    expect(comments()).toHaveLength(132);
  });

  it('is cut where GitHub would refuse it, and its marker can not break out', () => {
    expect(markedBody('x', 'a'.repeat(70_000))).toHaveLength(65_536);
    expect(markedBody('--><script>', 'a').split('\n')[0]).toBe('<!-- wwhd-deploy:----script- -->');
  });

  it('that can not be written is a warning', async () => {
    github.faults.push({ status: 403, message: 'Resource not accessible by integration', count: 9 });
    const answer = await courtesy(access.log, 'commenting', () => upsertComment(access, 7, 'r', 'x'));
    expect(answer).toBeUndefined();
    expect(warnings[0]).toMatch(/commenting did not work.*permissions:/);
  });

  it('needs the pull request', async () => {
    await expect(upsertComment(access, 99, 'r', 'x')).rejects.toThrow(GitHubError);
  });
});

describe('one issue', () => {
  const text = { marker: 'drift-production', label: 'drift', title: 'Drift', body: 'two files' };

  it('is opened, updated, left alone, closed, and opened anew', async () => {
    expect(await upsertIssue(access, text)).toMatchObject({ change: 'opened', number: 8 });
    expect(await upsertIssue(access, { ...text, body: 'three files' })).toEqual({
      change: 'updated',
      number: 8,
    });
    expect(await upsertIssue(access, { ...text, body: 'three files' })).toEqual({
      change: 'none',
      number: 8,
    });
    expect(await closeIssue(access, text, 'all is as recorded')).toBe(8);
    expect(github.issues.get(8)).toMatchObject({
      state: 'closed',
      comments: [{ body: 'all is as recorded' }],
    });
    expect(await closeIssue(access, text, 'again')).toBeUndefined();
    expect(await upsertIssue(access, text)).toMatchObject({ change: 'opened', number: 9 });
  });

  it('is not that of another environment', async () => {
    await upsertIssue(access, text);
    expect(await upsertIssue(access, { ...text, marker: 'drift-staging' })).toMatchObject({
      change: 'opened',
    });
  });
});

it('a preview that is gone has no active deployment', async () => {
  const deployment = (id: number, state: string, environment_url: string) => ({
    id,
    ref: 'x',
    environment: 'preview',
    statuses: [{ state, environment_url }],
  });
  github.deployments.push(
    deployment(1, 'success', 'https://p/pr-1/'),
    deployment(2, 'success', 'https://p/pr-2/'),
    deployment(3, 'inactive', 'https://p/pr-1/'),
  );
  expect(await deactivateDeployments(access, 'preview', 'https://p/pr-1/')).toBe(1);
  expect(github.deployments.map((d) => d.statuses.at(-1)?.state)).toEqual([
    'inactive',
    'success',
    'inactive',
  ]);
});
