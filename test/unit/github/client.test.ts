import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import type { GitHubAccess } from '../../../src/github/api.ts';
import { connectGitHub } from '../../../src/github/client.ts';
import { silentLog } from '../../../src/runtime/log.ts';

const seen: { url: string; headers: IncomingHttpHeaders }[] = [];
const debugged: string[] = [];
let answer: { status: number; headers?: Record<string, string> };
const server = createServer((request, response) => {
  seen.push({ url: request.url ?? '', headers: request.headers });
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers }).end('{}');
});
let origin: string;
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  answer = { status: 200 };
  seen.length = 0;
  debugged.length = 0;
});

const access = (change: Partial<GitHubAccess> = {}): GitHubAccess => ({
  apiUrl: origin,
  repository: 'org/app',
  token: 'ghs_good',
  log: { ...silentLog, debug: (message) => debugged.push(message) },
  clock: { now: () => 0, sleep: async () => {} },
  ...change,
});
const ask = async (change?: Partial<GitHubAccess>) => {
  const { rest, here } = await connectGitHub(access(change));
  return rest.pulls.get({ ...here, pull_number: 7 });
};

it('says who it is, which version of the API it means, and shows the token', async () => {
  await ask();
  expect(seen[0]).toMatchObject({
    url: '/repos/org/app/pulls/7',
    headers: {
      'user-agent': expect.stringMatching(/^wwhd-deploy /),
      'x-github-api-version': '2022-11-28',
      authorization: 'token ghs_good',
    },
  });
});

it('asks anonymously without a token', async () => {
  await ask({ token: '' });
  expect(seen[0]?.headers).not.toHaveProperty('authorization');
});

it.each(['/api/v3', '/api/v3/'])('finds an Enterprise Server at %s', async (path) => {
  await ask({ apiUrl: `${origin}${path}` });
  expect(seen[0]?.url).toBe('/api/v3/repos/org/app/pulls/7');
});

it('tells us, and nobody else, of what GitHub means to take away', async () => {
  const printed = [vi.spyOn(console, 'warn'), vi.spyOn(console, 'error')];
  answer = { status: 200, headers: { deprecation: 'Sat, 01 Jan 2028 00:00:00 GMT' } };
  await ask();
  expect(debugged.join()).toContain('deprecated');
  for (const spy of printed) {
    expect(spy).not.toHaveBeenCalled();
    spy.mockRestore();
  }
});

it('names a request by its path in an error, without what is asked for and without the host', async () => {
  answer = { status: 404 };
  const { rest, paginate, here } = await connectGitHub(access());
  const comments = paginate(rest.issues.listComments, { ...here, issue_number: 7, per_page: 100 });
  await expect(comments).rejects.toThrow(/^GET \/repos\/org\/app\/issues\/7\/comments: .*HTTP 404/);
  expect(seen[0]?.url).toContain('per_page=100');
});

it('is told where the address is none', async () => {
  await expect(ask({ apiUrl: 'nowhere' })).rejects.toMatchObject({ name: 'GitHubError', kind: 'network' });
});
