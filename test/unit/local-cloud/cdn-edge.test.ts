import { once } from 'node:events';
import {
  createServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type RequestListener,
  type Server,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Edge } from '../../../local-cloud/services/cloudfront/cdn/edge.ts';
import type { Behavior, DistributionConfig } from '../../../local-cloud/services/cloudfront/config.ts';
import {
  CACHE_POLICIES,
  type CachePolicy,
  ORIGIN_REQUEST_POLICIES,
  RESPONSE_HEADERS_POLICIES,
} from '../../../local-cloud/services/cloudfront/policies.ts';
import type { S3Store } from '../../../local-cloud/services/s3/store.ts';

const OPTIMIZED = CACHE_POLICIES['658327ea-f89d-4fab-a63d-7e88639e58f6'] as CachePolicy;
const PLAIN: CachePolicy = { ...OPTIMIZED, min: 0, default: 60 };

interface Asked {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

interface Answered {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** An edge before a server of this test, with a clock that stands still until it is moved. */
class Lab {
  readonly asked: Asked[] = [];
  answer: RequestListener = (_request, response) => response.end('page');
  seconds = 1000;
  behavior: Partial<Behavior> = {};
  errors: DistributionConfig['errors'] = [];
  readonly #origin: Server = createServer((request, response) => {
    this.asked.push({ url: request.url ?? '', headers: request.headers });
    this.answer(request, response);
  });
  #edge: Edge | undefined;

  async open(): Promise<void> {
    await once(this.#origin.listen(0, '127.0.0.1'), 'listening');
    const none = undefined as unknown as S3Store;
    this.#edge = new Edge(
      none,
      () => this.#config(),
      () => this.seconds * 1000,
      {
        distribution: () => ({ id: 'E1', arn: 'arn:aws:cloudfront::0:distribution/E1', domain: 'cdn' }),
        code: () => undefined,
        log: () => undefined,
      },
    );
    await once(this.#edge.server.listen(0, '127.0.0.1'), 'listening');
  }

  close(): void {
    for (const server of [this.#origin, this.#edge?.server]) {
      server?.closeAllConnections();
      server?.close();
    }
  }

  #config(): DistributionConfig {
    const { port } = this.#origin.address() as AddressInfo;
    const custom = { httpPort: port, httpsPort: 443, https: false };
    return {
      enabled: true,
      callerReference: '',
      defaultRootObject: '',
      errors: this.errors,
      origins: [{ id: 'site', domain: '127.0.0.1', path: '', headers: {}, signed: false, custom }],
      behaviors: [
        {
          pattern: '*',
          origin: 'site',
          methods: ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'],
          compress: true,
          policy: PLAIN,
          request: undefined,
          response: undefined,
          functions: {},
          ...this.behavior,
        },
      ],
    };
  }

  async get(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answered> {
    const { port } = (this.#edge as Edge).server.address() as AddressInfo;
    const sent = httpRequest({ host: '127.0.0.1', port, path, method, headers, agent: false }).end();
    const [response] = await once(sent, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
  }

  /** Body and `x-cache`. */
  async see(path: string, headers?: Record<string, string>): Promise<[number, string, string]> {
    const { status, body, headers: answered } = await this.get(path, headers);
    return [status, body.toString(), String(answered['x-cache']).split(' ')[0] ?? ''];
  }
}

let lab: Lab;
beforeEach(async () => {
  lab = new Lab();
  await lab.open();
});
afterEach(() => lab.close());

describe('an entry whose time is over', () => {
  const version =
    (text: string, control: string): RequestListener =>
    (_request, response) => {
      response.writeHead(200, { 'cache-control': control });
      response.end(text);
    };
  const broken: RequestListener = (_request, response) => {
    response.writeHead(503);
    response.end('broken');
  };

  it('is sent while it is asked for again, where the origin allows it', async () => {
    lab.answer = version('one', 'max-age=10, stale-while-revalidate=30');
    expect(await lab.see('/')).toEqual([200, 'one', 'Miss']);
    lab.answer = version('two', 'max-age=10, stale-while-revalidate=30');
    lab.seconds += 20;
    expect(await lab.see('/')).toEqual([200, 'one', 'Hit']);
    await expect.poll(() => lab.see('/')).toEqual([200, 'two', 'Hit']);
    expect(lab.asked.length).toBe(2);
    lab.answer = version('three', 'max-age=10');
    lab.seconds += 41;
    expect(await lab.see('/')).toEqual([200, 'three', 'Miss']);
  });

  it('is sent where the origin fails, as long as stale-if-error says', async () => {
    lab.errors = [{ code: 503, page: undefined, status: undefined, ttl: 0 }];
    lab.answer = version('one', 'max-age=10, stale-if-error=30');
    await lab.see('/');
    lab.answer = broken;
    lab.seconds += 20;
    expect(await lab.see('/')).toEqual([200, 'one', 'Hit']);
    lab.seconds += 30;
    expect(await lab.see('/')).toEqual([503, 'broken', 'Error']);
  });

  it('is sent for ever where the origin fails and has said nothing, and never where it must be asked for', async () => {
    lab.errors = [{ code: 503, page: undefined, status: undefined, ttl: 0 }];
    lab.answer = version('one', 'max-age=10');
    await lab.see('/a');
    lab.answer = version('one', 'max-age=10, must-revalidate');
    await lab.see('/b');
    lab.answer = broken;
    lab.seconds += 5000;
    expect(await lab.see('/a')).toEqual([200, 'one', 'Hit']);
    expect(await lab.see('/b')).toEqual([503, 'broken', 'Error']);
  });

  it('leaves a failed origin alone for as long as its error is kept', async () => {
    lab.answer = version('one', 'max-age=10');
    await lab.see('/');
    lab.answer = broken;
    lab.seconds += 20;
    await lab.see('/');
    lab.answer = version('two', 'max-age=10');
    lab.seconds += 9;
    expect(await lab.see('/')).toEqual([200, 'one', 'Hit']);
    lab.seconds += 2;
    expect(await lab.see('/')).toEqual([200, 'two', 'Miss']);
  });
});

describe('an error', () => {
  const failing = (status: number, control?: string) => {
    lab.answer = (_request, response) => {
      response.writeHead(status, control === undefined ? {} : { 'cache-control': control });
      response.end(String(lab.asked.length));
    };
  };
  it.each([
    [404, undefined, undefined, true],
    [503, undefined, undefined, true],
    [403, undefined, undefined, false],
    [403, 'max-age=60', undefined, true],
    [403, undefined, 30, true],
    [404, undefined, 0, false],
    [429, 'max-age=60', undefined, false],
  ])('%i with %s, kept by the distribution %s s: kept is %s', async (status, control, ttl, kept) => {
    if (ttl !== undefined) lab.errors = [{ code: status, page: undefined, status: undefined, ttl }];
    failing(status, control);
    await lab.get('/');
    lab.seconds += 5;
    expect((await lab.see('/'))[1]).toBe(kept ? '1' : '2');
  });
});

describe('cookies', () => {
  const setting: RequestListener = (_request, response) => {
    response.setHeader('set-cookie', ['a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'b=2']);
    response.end('page');
  };

  it('pass neither way where no policy has them', async () => {
    lab.answer = setting;
    for (const method of ['GET', 'POST'])
      expect((await lab.get('/', { cookie: 'sid=7' }, method)).headers['set-cookie']).toBeUndefined();
    expect(lab.asked.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
  });

  it('pass both ways, each of its own, where a policy has them', async () => {
    lab.answer = setting;
    lab.behavior = { request: ORIGIN_REQUEST_POLICIES['b689b0a8-53d0-40ab-baf2-68738e2966ac'] };
    const { headers } = await lab.get('/', { cookie: 'sid=7' });
    expect(headers['set-cookie']).toEqual(['a=1; Expires=Thu, 01 Jan 2026 00:00:00 GMT', 'b=2']);
    expect(lab.asked[0]?.headers.cookie).toBe('sid=7');
  });

  it('in the key make entries of their own', async () => {
    lab.behavior = { policy: { ...PLAIN, cookies: ['sid'] } };
    expect((await lab.see('/', { cookie: 'sid=1; theme=x' }))[2]).toBe('Miss');
    expect((await lab.see('/', { cookie: 'theme=y; sid=1' }))[2]).toBe('Hit');
    expect((await lab.see('/', { cookie: 'sid=2' }))[2]).toBe('Miss');
    expect(lab.asked.map(({ headers }) => headers.cookie)).toEqual(['sid=1', 'sid=2']);
  });
});

describe('encodings', () => {
  const text: RequestListener = (_request, response) => {
    response.setHeader('content-type', 'text/css');
    response.end('a{}'.repeat(1000));
  };
  const encoding = async (accept: string) =>
    (await lab.get('/', { 'accept-encoding': accept })).headers['content-encoding'];

  it('are kept apart, and brotli goes before gzip', async () => {
    lab.answer = text;
    expect(await encoding('gzip, deflate, br')).toBe('br');
    expect(await encoding('gzip')).toBe('gzip');
    expect(await encoding('identity')).toBeUndefined();
    expect(await encoding('br, gzip, zstd')).toBe('br');
    expect(lab.asked.map(({ headers }) => headers['accept-encoding'])).toEqual([
      'br,gzip',
      'gzip',
      undefined,
    ]);
  });

  it('are none where the policy has none, whatever the behavior says', async () => {
    lab.answer = text;
    lab.behavior = { policy: { ...PLAIN, gzip: false, brotli: false } };
    expect(await encoding('gzip, br')).toBeUndefined();
    expect(await encoding('gzip')).toBeUndefined();
    expect(lab.asked.length).toBe(1);
  });

  it('of the origin itself are sent on, each to who takes it', async () => {
    lab.behavior = { compress: false };
    lab.answer = (request, response) => {
      const taken = request.headers['accept-encoding'] ?? '';
      if (taken !== '') response.setHeader('content-encoding', taken.split(',')[0] ?? '');
      response.end(taken);
    };
    expect(await encoding('gzip')).toBe('gzip');
    expect(await encoding('gzip, br')).toBe('br');
    expect(await encoding('identity')).toBeUndefined();
  });
});

describe('queries and headers', () => {
  it('of the request policy reach the origin and make no entries', async () => {
    lab.behavior = { request: ORIGIN_REQUEST_POLICIES['b689b0a8-53d0-40ab-baf2-68738e2966ac'] };
    expect((await lab.see('/?a=1', { 'x-own': 'sent' }))[2]).toBe('Miss');
    expect((await lab.see('/?a=2', { 'x-own': 'other' }))[2]).toBe('Hit');
    expect([lab.asked[0]?.url, lab.asked[0]?.headers['x-own']]).toEqual(['/?a=1', 'sent']);
  });
  it('of no policy do not', async () => {
    await lab.get('/?a=1', { 'x-own': 'sent' });
    expect([lab.asked[0]?.url, lab.asked[0]?.headers['x-own']]).toEqual(['/', undefined]);
  });
  it('of the response policy are added, over the origin’s own where it says so', async () => {
    lab.behavior = { response: RESPONSE_HEADERS_POLICIES['67f7725c-6f97-4210-82d7-5512b31e9d03'] };
    lab.answer = (_request, response) => {
      response.writeHead(200, { 'x-frame-options': 'DENY', 'x-content-type-options': 'other' });
      response.end();
    };
    expect((await lab.get('/')).headers).toMatchObject({
      'x-frame-options': 'DENY',
      'x-content-type-options': 'nosniff',
      'strict-transport-security': 'max-age=31536000',
    });
  });
});
