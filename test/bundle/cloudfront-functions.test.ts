// The functions of infra/terraform at the local cloud's edge, and what CloudFront does with what a function returns.
import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { previewHost, singlePageApp } from '../support/edge-functions.ts';
import { makeFolder, makeSite, removeFolders, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 200 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

interface Answer {
  readonly status: number;
  readonly reason: string;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** `fetch` keeps `Host` for itself. */
function ask(site: TestSite, path: string, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${site.url}${path}`, { headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({
          status: answer.statusCode ?? 0,
          reason: answer.statusMessage ?? '',
          headers: answer.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    asked.on('error', reject).end();
  });
}

const put = (site: TestSite, Key: string, Body: string) =>
  site.s3.send(new PutObjectCommand({ Bucket: site.bucket, Key, Body, ContentType: 'text/html' }));

describe('the function for single-page apps', () => {
  const app = (version: string) => ({
    'index.html': `<!doctype html><title>${version}</title><script src="/assets/app.${version}1a2b3c4.js"></script>`,
    [`assets/app.${version}1a2b3c4.js`]: `console.log("${version}");\n`,
    '.well-known/security': 'mailto:a@example.com\n',
  });

  it('answers deep links with the app of the newest release, and lets a missing file be missing', async () => {
    const functions = { 'viewer-request': singlePageApp() };
    const site = await makeSite(cloud, 'spa', { functions });
    for (const version of ['a', 'b']) {
      const files = app(version);
      // With `verify: true`, which no distribution passes that answers a missing file with a page.
      const run = await site.deploy(makeFolder(files), {
        'wait-for-invalidation': 'true',
        'retain-releases': '1',
      });
      expect(run.outputs['outcome'], run.log).toBe('deployed');
      for (const route of ['/', '/settings', '/settings/profile', '/settings/profile/', '/a.b/c?d=1'])
        expect(await site.get(route), route).toMatchObject({ status: 200, body: files['index.html'] });
      expect((await site.get(`/assets/app.${version}1a2b3c4.js`)).status).toBe(200);
      expect((await site.get('/.well-known/security')).body).toBe(files['.well-known/security']);
    }
    for (const missing of ['/assets/app.c1a2b3c4.js', '/favicon.ico', '/.well-known/none'])
      expect((await site.get(missing)).status, missing).toBe(404);
  });
});

describe('the function for previews', () => {
  it('leads each host to its folder, and knows no other', async () => {
    const site = await makeSite(cloud, 'hosts', {
      functions: { 'viewer-request': previewHost({ singlePageApp: false }) },
    });
    for (const n of [7, 8]) await put(site, `previews/pr-${n}/index.html`, `preview ${n}`);
    for (const n of [7, 8])
      expect(await ask(site, '/', { host: `pr-${n}.preview.example.com` })).toMatchObject({
        status: 200,
        body: `preview ${n}`,
      });
    expect(await ask(site, '/', { host: 'www.preview.example.com' })).toMatchObject({
      status: 404,
      reason: 'Not Found',
      headers: { 'x-cache': 'FunctionGeneratedResponse from cloudfront' },
    });
  });
});

describe('what a function returns', () => {
  it('is obeyed: request, cookies, response', async () => {
    const site = await makeSite(cloud, 'obeyed', {
      functions: {
        'viewer-request': `
          import crypto from 'crypto';
          async function handler({ request, context, viewer, version }) {
            if (request.uri === '/event') {
              const seen = { version, type: context.eventType, id: context.distributionId, ip: viewer.ip, request };
              return { statusCode: 200, headers: { 'x-kind': { value: 'event' } }, body: JSON.stringify(seen) };
            }
            if (request.uri === '/login') return {
              statusCode: 302, statusDescription: 'Found',
              headers: { location: { value: '/' } },
              cookies: { a: { value: '1', attributes: 'Secure; Path=/' }, b: { value: '2' } },
              body: { encoding: 'base64', data: 'aGk=' },
            };
            request.uri = '/' + crypto.createHash('md5').update(request.uri).digest('hex') + '.html';
            return request;
          }`,
        'viewer-response': `
          function handler({ request, response }) {
            response.headers['x-asked'] = { value: request.uri };
            response.headers['strict-transport-security'] = { value: 'max-age=1' };
            return response;
          }`,
      },
    });
    const { status, headers, body } = await ask(site, '/event?a=1&a=2&b', {
      cookie: 'x=1; y=2',
      'x-edge-own': '1',
    });
    expect([status, headers['x-kind']]).toEqual([200, 'event']);
    expect(JSON.parse(body)).toMatchObject({
      version: '1.0',
      type: 'viewer-request',
      id: site.distribution,
      ip: expect.stringContaining('127.0.0.1'),
      request: {
        method: 'GET',
        uri: '/event',
        querystring: { a: { value: '1', multiValue: [{ value: '1' }, { value: '2' }] }, b: { value: '' } },
        cookies: { x: { value: '1' }, y: { value: '2' } },
      },
    });
    expect(JSON.parse(body).request.headers).not.toHaveProperty('x-edge-own');
    expect(JSON.parse(body).request.headers).not.toHaveProperty('cookie');

    const login = await ask(site, '/login');
    expect(login).toMatchObject({ status: 302, reason: 'Found', body: 'hi' });
    expect(login.headers['location']).toBe('/');
    expect(login.headers['set-cookie']).toEqual(['a=1; Secure; Path=/', 'b=2']);
    // What a function has made goes through no other.
    expect(login.headers).not.toHaveProperty('x-asked');

    const name = createHash('md5').update('/name').digest('hex');
    await put(site, `${name}.html`, 'hashed');
    expect(await ask(site, '/name')).toMatchObject({
      status: 200,
      body: 'hashed',
      headers: { 'x-asked': `/${name}.html`, 'strict-transport-security': 'max-age=1' },
    });
  });

  it.each([
    ['throws', `function handler() { throw new TypeError('of the app'); }`, 503, 'of the app'],
    ['has no handler', `const nothing = 1;`, 503, 'handler is not defined'],
    [
      'changes the method',
      `function handler(e) { e.request.method = 'PUT'; return e.request; }`,
      502,
      'method',
    ],
    ['returns nothing', `function handler() {}`, 502, 'no object'],
  ])('is an error where it %s', async (what, code, status, why) => {
    const site = await makeSite(cloud, `wrong-${what.replaceAll(' ', '-')}`, {
      functions: { 'viewer-request': code },
    });
    const answer = await ask(site, '/');
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(why);
  });
});
