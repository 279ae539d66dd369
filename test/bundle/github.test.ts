// GitHub's side of a bundle: what it may answer, and the ways that lead there. None of it makes a step red.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeGitHub, type GitHubFault, startGitHub } from '../support/github.ts';
import { startProxy } from '../support/proxy.ts';
import { runAction } from '../support/run-action.ts';

let github: FakeGitHub;
let pulls = 0;
beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github?.stop());

/** A pull request of its own for each test: they run at the same time. */
function pullRequest() {
  const number = ++pulls;
  github.issues.set(number, { number, title: 'PR', body: '', labels: [], state: 'open', comments: [] });
  const path = new RegExp(`/issues/${number}/`);
  const comments = () => github.issues.get(number)?.comments.map((comment) => comment.body);
  const requests = () => github.requests.filter((request) => path.test(request));
  const fail = (...faults: Omit<GitHubFault, 'match'>[]) =>
    github.faults.push(...faults.map((fault) => ({ ...fault, match: path })));
  const comment = (env: Readonly<Record<string, string>> = {}, token = github.token) =>
    runAction(
      'pr-comment',
      { number: String(number), marker: 'report', body: 'all is well', 'github-token': token },
      { env: { GITHUB_API_URL: github.url, ...env } },
    );
  return { comments, requests, fail, comment, number };
}
const WRITTEN = ['<!-- wwhd-deploy:report -->\nall is well'];

describe.concurrent('a comment', () => {
  it('is written once, updated, and found on the second page', async () => {
    const { comment, comments, requests, number } = pullRequest();
    const user = { login: 'someone', type: 'User' };
    const theirs = Array.from({ length: 100 }, (_, i) => ({ id: 1e6 + i, body: `number ${i}`, user }));
    github.issues.get(number)?.comments.push(...theirs);
    const [first, second] = [await comment(), await comment()];
    expect([first.outputs['outcome'], first.exitCode], first.log).toEqual(['deployed', 0]);
    expect([second.outputs['outcome'], second.exitCode], second.log).toEqual(['unchanged', 0]);
    expect(comments()?.slice(100)).toEqual(WRITTEN);
    expect(requests().map((request) => request.split(' ')[0])).toEqual(['GET', 'POST', 'GET', 'GET']);
  });

  it('of no pull request, as in a merge queue, is in the summary alone', async () => {
    const run = await runAction(
      'pr-comment',
      { number: '', body: 'all is well', 'github-token': github.token },
      { env: { GITHUB_API_URL: github.url } },
    );
    expect([run.outputs['outcome'], run.exitCode], run.log).toEqual(['unchanged', 0]);
    expect(run.log).toContain('this run is of no pull request');
    expect(run.summary).toContain('all is well');
  });

  const limited = 'API rate limit exceeded';
  it.each<[string, Omit<GitHubFault, 'match'>[], RegExp]>([
    [
      'a secondary limit',
      [
        {
          status: 403,
          message: 'You have exceeded a secondary rate limit',
          headers: { 'retry-after': '0' },
          count: 1,
        },
      ],
      /HTTP 403; asking again in 0/,
    ],
    [
      'a primary limit that has just ended',
      [
        {
          status: 429,
          message: limited,
          headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
          count: 1,
        },
      ],
      /HTTP 429; asking again in 1\.0s/,
    ],
    [
      'a server that is down for a moment',
      [{ status: 502, message: 'Bad Gateway', count: 1 }],
      /HTTP 502; asking/,
    ],
    ['a connection that dies', [{ status: 'cut', message: '', count: 1 }], /no answer; asking again/],
  ])('is written after %s', async (_what, faults, said) => {
    const { comment, comments, fail } = pullRequest();
    fail(...faults);
    const run = await comment();
    expect([run.outputs['outcome'], run.exitCode], run.log).toEqual(['deployed', 0]);
    expect(run.log).toMatch(said);
    expect(comments()).toEqual(WRITTEN);
  });

  it('that was written before the connection died is there once', async () => {
    const { comment, comments, number } = pullRequest();
    github.faults.push({
      match: new RegExp(`^POST .*/issues/${number}/`),
      status: 'cut',
      message: '',
      count: 1,
      done: true,
    });
    const run = await comment();
    expect(run.exitCode, run.log).toBe(0);
    expect(comments()).toEqual(WRITTEN);
  });

  it.each<[string, Omit<GitHubFault, 'match' | 'count'>, RegExp]>([
    [
      'a missing permission',
      { status: 403, message: 'Resource not accessible by integration' },
      /`permissions:`/,
    ],
    ['what the token may not see', { status: 404, message: 'Not Found' }, /the token may not see it/],
    [
      'an answer that is no JSON',
      { status: 200, message: '<html>', headers: { 'content-type': 'text/html' } },
      /no JSON/,
    ],
    [
      'a primary limit that lasts',
      {
        status: 403,
        message: limited,
        headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '99999999999' },
      },
      /rate limit lasts/,
    ],
    [
      'a secondary limit that lasts',
      { status: 429, message: 'slow', headers: { 'retry-after': '3600' } },
      /rate limit lasts 1h/,
    ],
  ])('that %s forbids is a warning, and the step is green', async (_what, fault, said) => {
    const { comment, comments, requests, fail } = pullRequest();
    fail({ ...fault, count: 99 });
    const run = await comment();
    expect([run.outputs['outcome'], run.exitCode], run.log).toEqual(['unchanged', 0]);
    expect(run.log).toMatch(/::warning::commenting on/);
    expect(run.log).toMatch(said);
    expect(run.summary).toContain('all is well');
    expect([comments(), requests().length]).toEqual([[], 1]);
  });

  it('with an expired token is a warning that does not show it', async () => {
    const { comment } = pullRequest();
    const run = await comment({}, 'ghs_expired');
    expect(run.exitCode, run.log).toBe(0);
    expect(run.log).toMatch(/::warning::commenting on .*the token is wrong or has expired/);
    expect(run.log).not.toContain('ghs_expired');
  });
});

describe('a proxy', () => {
  it('is gone through, and past it for NO_PROXY', async () => {
    const proxy = await startProxy({ 'api.github.test': Number(new URL(github.url).port) });
    const { comment, comments } = pullRequest();
    const run = await comment({ ...proxy.env, GITHUB_API_URL: 'http://api.github.test' });
    expect([run.outputs['outcome'], run.exitCode], run.log).toEqual(['deployed', 0]);
    expect(comments()).toEqual(WRITTEN);
    const through = [...proxy.asked];
    expect(new Set(through)).toEqual(new Set(['api.github.test']));
    const past = await comment(proxy.env);
    expect(past.outputs['outcome'], past.log).toBe('unchanged');
    expect(proxy.asked, 'NO_PROXY is obeyed').toEqual(through);
    await proxy.stop();
  });
});
