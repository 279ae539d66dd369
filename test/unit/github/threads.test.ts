import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitHubAccess } from '../../../src/github/api.ts';
import { courtesy, GitHubError } from '../../../src/github/api.ts';
import { markedBody, upsertComment } from '../../../src/github/comments.ts';
import { compareCommits } from '../../../src/github/commits.ts';
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
const writes = () => github.requests.filter((r) => !/^GET|\/graphql$/.test(r));
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
    const bot = { login: 'github-actions[bot]', type: 'Bot' };
    comments().push({ id: 131, user: bot, body: markedBody('report', 'ours') });
    expect((await upsertComment(access, 7, 'report', 'new')).id).toBe(131);
    expect((await upsertComment(access, 7, 'other', 'another')).id).not.toBe(131);
    expect(comments()).toHaveLength(132);
  });

  it("is not a stranger's that bears our marker: whoever wrote it could change our report", async () => {
    const stranger = { login: 'mallory', type: 'User' };
    comments().push({ id: 1, user: stranger, body: markedBody('report', 'mine') });
    const written = await upsertComment(access, 7, 'report', 'ours');
    expect(written.id).not.toBe(1);
    expect(comments()[0]?.body).toBe(markedBody('report', 'mine'));
    expect((await upsertComment(access, 7, 'report', 'next')).id).toBe(written.id);
    expect(comments()).toHaveLength(2);
  });

  it("is a bot's where GitHub does not say who the token is, and no person's", async () => {
    const no = { match: /graphql/, status: 403, message: 'Resource not accessible by integration', count: 9 };
    comments().push({ id: 1, user: { login: 'mallory', type: 'User' }, body: markedBody('report', 'mine') });
    const { id } = await upsertComment(access, 7, 'report', 'ours');
    github.faults.push(no);
    expect((await upsertComment(access, 7, 'report', 'next')).id).toBe(id);
    expect(id).not.toBe(1);
  });

  it('is cut where GitHub would refuse it, and its marker cannot break out', () => {
    expect(markedBody('x', 'a'.repeat(70_000))).toHaveLength(65_536);
    expect(markedBody('--><script>', 'a').split('\n')[0]).toBe('<!-- wwhd-deploy:----script- -->');
  });

  it('that cannot be written is a warning', async () => {
    github.faults.push({ status: 403, message: 'Resource not accessible by integration', count: 9 });
    const answer = await courtesy(access.log, 'commenting', () => upsertComment(access, 7, 'r', 'x'));
    expect(answer).toBeUndefined();
    expect(warnings[0]).toMatch(/commenting did not work.*permissions:/);
  });

  it('is one where GitHub has written it and answered with an error', async () => {
    github.faults.push({ match: /^POST/, status: 502, message: 'Bad Gateway', count: 1, done: true });
    expect((await upsertComment(access, 7, 'report', 'first')).written).toBe(false);
    expect(comments()).toHaveLength(1);
    github.faults.push({ match: /^POST/, status: 502, message: 'Bad Gateway', count: 1 });
    expect((await upsertComment(access, 7, 'other', 'second')).written).toBe(true);
    expect(comments()).toHaveLength(2);
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

/** All that GitHub may say in place of an answer. */
const TROUBLE = {
  'an expired token': { status: 401, message: 'Bad credentials' },
  'a missing permission': { status: 403, message: 'Resource not accessible by integration' },
  'a primary limit beyond our patience': {
    status: 403,
    message: 'API rate limit exceeded',
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' },
  },
  'a secondary limit beyond our patience': {
    status: 429,
    message: 'You have exceeded a secondary rate limit',
    headers: { 'retry-after': '3600' },
  },
  'a server that stays down': { status: 503, message: 'Service Unavailable' },
  'a server that says nothing': { status: 'silence', message: '' },
  'a connection that dies': { status: 'cut', message: '' },
  'an answer that is no JSON': { status: 200, message: '<html>', headers: { 'content-type': 'text/html' } },
} as const;
const COURTESIES = {
  'the order of commits': (of: GitHubAccess) => compareCommits(of, 'a'.repeat(40), 'b'.repeat(40)),
  'a comment': (of: GitHubAccess) => upsertComment(of, 7, 'report', 'x'),
  'an issue': (of: GitHubAccess) =>
    upsertIssue(of, { marker: 'm', label: 'drift', title: 'Drift', body: 'x' }),
  'the end of an issue': (of: GitHubAccess) =>
    closeIssue(of, { marker: 'm', label: 'drift', title: 'Drift', body: 'x' }, 'done'),
  'the end of a deployment': (of: GitHubAccess) => deactivateDeployments(of, 'preview', 'https://p/pr-1/'),
};
describe.each(Object.entries(TROUBLE))('%s', (_name, fault) => {
  it.each(Object.entries(COURTESIES))('is a warning for %s, and ends nothing', async (_what, work) => {
    github.faults.push({ ...fault, count: 99 });
    const impatient = { ...access, answerWithin: 30 };
    const answer = await courtesy(access.log, 'this', () => work(impatient) as Promise<unknown>);
    expect([undefined, 'unknown']).toContain(answer);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).not.toContain(github.token);
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
