import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitHubAccess } from '../../../src/github/api.ts';
import { compareCommits } from '../../../src/github/commits.ts';
import { ActionError } from '../../../src/runtime/errors.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type FakeGitHub, startGitHub } from '../../support/github.ts';

const A = 'a'.repeat(40);
const B = 'b'.repeat(40);
let github: FakeGitHub;
let warnings: string[];
let slept: number[];

const access = (change: Partial<GitHubAccess> = {}): GitHubAccess => ({
  apiUrl: github.url,
  repository: 'org/app',
  token: github.token,
  log: { ...silentLog, warning: (message) => warnings.push(message) },
  clock: { now: () => Date.parse('2026-11-23T12:00:00Z'), sleep: async (ms) => void slept.push(ms) },
  ...change,
});

beforeAll(async () => {
  github = await startGitHub();
});
afterAll(() => github.stop());
beforeEach(() => {
  warnings = [];
  slept = [];
  github.faults.length = 0;
  github.requests.length = 0;
});

describe('the order of two commits', () => {
  it.each([
    ['ahead', 'newer'],
    ['behind', 'older'],
    ['identical', 'same'],
    ['diverged', 'diverged'],
    ['something new', 'unknown'],
  ])('%s is %s', async (status, order) => {
    github.comparisons.set(`${A}...${B}`, status);
    expect(await compareCommits(access(), A, B)).toBe(order);
    expect(warnings).toEqual([]);
  });

  it('asks nothing for the same commit, or for what is none', async () => {
    expect(await compareCommits(access(), A, A)).toBe('same');
    expect(await compareCommits(access(), '', B)).toBe('unknown');
    expect(await compareCommits(access(), 'main', B)).toBe('unknown');
    expect(await compareCommits(access({ repository: '' }), A, B)).toBe('unknown');
    expect(github.requests).toEqual([]);
  });

  it('ends at once when the job is cancelled, though GitHub says nothing', async () => {
    const silent = createServer(() => {});
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const cancelled = new AbortController();
    const apiUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const asked = compareCommits(access({ apiUrl, signal: cancelled.signal }), A, B);
    silent.once('request', () =>
      cancelled.abort(new ActionError('interrupted', { what: 'the job was cancelled' })),
    );
    await expect(asked).rejects.toThrow('the job was cancelled');
    silent.close();
    silent.closeAllConnections();
  });

  it('waits out a rate limit as its headers say', async () => {
    github.comparisons.set(`${A}...${B}`, 'ahead');
    github.faults.push({ status: 429, headers: { 'retry-after': '9' }, message: 'slow down', count: 1 });
    github.faults.push({
      status: 403,
      headers: { 'retry-after': '60' },
      message: 'You have exceeded a secondary rate limit',
      count: 1,
    });
    expect(await compareCommits(access(), A, B)).toBe('newer');
    expect(slept).toEqual([9_000, 60_000]);
  });

  it.each([
    ['an expired token', { token: 'ghs_old' }, undefined, /expired/],
    [
      'a limit longer than we wait',
      { patience: 5_000 },
      { status: 429, headers: { 'retry-after': '9' } },
      /longer than we wait/,
    ],
    ['a missing permission', {}, { status: 403 }, /permissions:/],
    ['a commit that is gone', { repository: 'org/app' }, { status: 404 }, /does not exist/],
    ['a server that stays down', {}, { status: 503 }, /refused/],
    ['no network', { apiUrl: 'http://127.0.0.1:9' }, undefined, /reached/],
  ])('%s is a warning, and the order is unknown', async (_name, change, fault, said) => {
    github.comparisons.set(`${A}...${B}`, 'ahead');
    if (fault) github.faults.push({ message: 'no', count: 9, ...fault });
    expect(await compareCommits(access(change), A, B)).toBe('unknown');
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(said);
    expect(warnings[0]).not.toContain('ghs_');
  });
});
