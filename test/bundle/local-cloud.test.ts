import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateInvalidationCommand,
  GetInvalidationCommand,
} from '@aws-sdk/client-cloudfront';
import {
  CopyObjectCommand,
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLOUD_KEYS, startCloud, type TestCloud } from '../support/cloud.ts';
import { bundlePath } from '../support/dist.ts';
import { signedFetch, signedHeaders, type ToSign } from '../support/signed.ts';

const credentials = CLOUD_KEYS;
const clientOf = (cloud: TestCloud, more = {}) =>
  new S3Client({
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    credentials,
    forcePathStyle: true,
    maxAttempts: 1,
    ...more,
  });
const makeBucket = (s3: S3Client, Bucket: string) =>
  s3.send(
    new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint: 'us-west-2' } }),
  );

describe('the local cloud', () => {
  let cloud: TestCloud;
  let s3: S3Client;
  beforeAll(async () => {
    cloud = await startCloud({ speed: 100 });
    s3 = clientOf(cloud);
    await makeBucket(s3, 'site');
  });
  afterAll(() => cloud?.stop());
  const put = (Key: string, Body: string | Uint8Array, more = {}) =>
    s3.send(new PutObjectCommand({ Bucket: 'site', Key, Body, ...more }));

  describe('answers garbage in the protocol that it came in', () => {
    const about = async () =>
      (await (await fetch(`${cloud.endpoint}/_cloud/`)).json()) as {
        services: string[];
        operations: Record<string, string[]>;
      };
    const bodies = ['', '{', '<A/>', 'a=b&c', '[]', '{"__proto__":{"x":1},"a":null}', `${'['.repeat(5000)}`];
    const targets: Record<string, string> = {
      apprunner: 'AppRunner',
      ecr: 'AmazonEC2ContainerRegistry_V20150921',
      ecs: 'AmazonEC2ContainerServiceV20141113',
      secretsmanager: 'secretsmanager',
      monitoring: 'GraniteServiceVersion20100801',
      logs: 'Logs_20140328',
      'application-autoscaling': 'AnyScaleFrontendService',
    };

    const paths = [
      ...[
        '/',
        '/x',
        '/x/y',
        '/%',
        '/garbage/%FF',
        '/garbage?delete',
        '/garbage?policy',
        '/garbage/k?uploads',
      ],
      ...[
        '/garbage/k?uploadId=x',
        '/garbage/k?tagging',
        '/garbage/k?partNumber=0&uploadId=x',
        '/garbage?list-type=2&max-keys=x',
      ],
      ...[
        '/2020-05-31/distribution',
        '/2020-05-31/distribution/E/config',
        '/2020-05-31/distribution/E/invalidation',
      ],
      ...['/2020-05-31/tagging?Operation=Tag', '/v2/a/blobs/uploads/', '/v2/a/manifests/x'],
    ];
    const REST = new Set(['s3', 'cloudfront', 'registry']);

    function garbageFor(service: string, operations: readonly string[]): ToSign[] {
      const name = service;
      const target = (operation: string) => ({ 'x-amz-target': `${targets[name] ?? 'None'}.${operation}` });
      const call = (operation: string, body: string): ToSign => ({
        service,
        method: 'POST',
        body,
        headers: target(operation),
      });
      const every = REST.has(name) ? [] : operations;
      const rpc = [
        ...bodies.map((body) => call('Nonsense', body)),
        ...every.flatMap((operation) =>
          ['{', '[]', '{"__proto__":{"x":1},"a":null}'].map((body) => call(operation, body)),
        ),
      ];
      const cbor = bodies.map((body) => ({
        service,
        path: `/service/${targets[name]}/operation/PutMetricAlarm`,
        method: 'POST',
        body,
        headers: { 'smithy-protocol': 'rpc-v2-cbor' },
      }));
      const rest = (REST.has(name) ? paths : paths.slice(0, 3)).flatMap((path) =>
        ['GET', 'PUT', 'POST', 'DELETE', 'PATCH'].flatMap((method) =>
          (method === 'GET' ? [undefined] : bodies.slice(0, 3)).map((body) => ({
            service,
            path,
            method,
            ...(body === undefined ? {} : { body }),
          })),
        ),
      );
      return [...rpc, ...cbor, ...rest];
    }

    it('for every operation of every service', async () => {
      await makeBucket(s3, 'garbage');
      const { services, operations } = await about();
      const crashed: string[] = [];
      const queue = services.flatMap((name) => garbageFor(name, operations[name] ?? []));
      const worker = async () => {
        for (let one = queue.pop(); one; one = queue.pop()) {
          const answer = await signedFetch(cloud, one);
          const said = await answer.text();
          if (answer.status >= 500 && answer.status !== 501)
            crashed.push(`${answer.status} ${JSON.stringify(one)}`);
          // What is garbage is the request: its signature was right.
          if (/Signature/.test(said) && one.path !== '/%') crashed.push(`${said} ${JSON.stringify(one)}`);
        }
      };
      await Promise.all(Array.from({ length: 16 }, worker));
      expect([...new Set(crashed)].slice(0, 10)).toEqual([]);
      expect((await s3.send(new ListObjectsV2Command({ Bucket: 'site' }))).$metadata.httpStatusCode).toBe(
        200,
      );
    });

    it('and what is not HTTP at all', async () => {
      const url = new URL(cloud.endpoint);
      const socket = connect(Number(url.port), url.hostname);
      socket.write('nonsense\r\n\r\n');
      const [answer] = (await once(socket, 'data')) as [Buffer];
      expect(answer.toString()).toMatch(/^HTTP\/1.1 400/);
      socket.destroy();
    });

    it.each([
      [
        'ecr',
        { 'x-amz-target': 'AmazonEC2ContainerRegistry_V20150921.Nonsense' },
        'UnknownOperationException',
      ],
      ['dynamodb', { 'x-amz-target': 'DynamoDB_20120810.ListTables' }, 'UnknownService'],
    ])('%s', async (service, headers, code) => {
      const answer = await signedFetch(cloud, { service, method: 'POST', body: '{}', headers });
      expect(((await answer.json()) as { __type: string }).__type).toBe(code);
    });
  });

  it('keeps the conditions of writers who race: one wins', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, n) => put('lock.json', `holder ${n}`, { IfNoneMatch: '*' })),
    );
    expect(outcomes.filter((o) => o.status === 'fulfilled')).toHaveLength(1);
    expect(new Set(outcomes.flatMap((o) => (o.status === 'rejected' ? [o.reason.name] : [])))).toEqual(
      new Set(['PreconditionFailed']),
    );
  });

  it('answers 409 where a key is deleted while a conditional write is on its way', async () => {
    await put('raced', 'x'.repeat(10));
    const url = new URL(cloud.endpoint);
    const etag = (await s3.send(new HeadObjectCommand({ Bucket: 'site', Key: 'raced' }))).ETag ?? '';
    const headers = await signedHeaders(cloud, {
      service: 's3',
      method: 'PUT',
      path: '/site/raced',
      headers: { 'content-length': '8', 'if-match': etag },
    });
    const status = await new Promise<number>((resolve, reject) => {
      const slow = httpRequest(
        { host: url.hostname, port: url.port, method: 'PUT', path: '/site/raced', headers },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
        },
      );
      slow.on('error', reject);
      slow.write('half');
      const finish = async () => {
        // The write must have begun, and the log tells.
        while (
          !(await cloud.requests()).some(
            (r) => r.operation === 'PutObject' && r.resource === 'site/raced' && r.status === 0,
          )
        );
        await s3.send(new DeleteObjectCommand({ Bucket: 'site', Key: 'raced' }));
        slow.end('half');
      };
      finish().catch(reject);
    });
    expect(status).toBe(409);
  });

  it('streams what is large, in chunks with a trailer, and gives it back by ranges', async () => {
    const body = Buffer.alloc(3_000_000, 'abcdefghij');
    const { Readable } = await import('node:stream');
    const parts = Array.from({ length: 30 }, (_, n) => body.subarray(n * 100_000, (n + 1) * 100_000));
    await s3.send(
      new PutObjectCommand({
        Bucket: 'site',
        Key: 'large',
        Body: Readable.from(parts),
        ContentLength: body.length,
        ChecksumAlgorithm: 'CRC32C',
      }),
    );
    const got = await s3.send(
      new GetObjectCommand({ Bucket: 'site', Key: 'large', Range: 'bytes=2999990-' }),
    );
    expect(await got.Body?.transformToString()).toBe('abcdefghij');
    const whole = await s3.send(
      new GetObjectCommand({ Bucket: 'site', Key: 'large', ChecksumMode: 'ENABLED' }),
    );
    expect(whole.ChecksumCRC32C).toBeDefined();
    expect(Buffer.from((await whole.Body?.transformToByteArray()) ?? []).equals(body)).toBe(true);
  });

  it.each([
    ['attachment; filename="ü.txt"', 200],
    ['a\r\nset-cookie: x', 400],
  ])('overrides a header of the answer with %j: %d', async (value, status) => {
    await put('named', 'x');
    const query = `response-content-disposition=${encodeURIComponent(value)}`;
    const answer = await signedFetch(cloud, { service: 's3', path: `/site/named?${query}` });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('set-cookie')).toBeNull();
  });

  it.each([
    [{ kind: 'throttle' }, 'SlowDown'],
    [{ kind: 'denied' }, 'AccessDenied'],
    [{ kind: 'expired-token' }, 'ExpiredToken'],
    [{ kind: 'error', status: 500, code: 'InternalError' }, 'InternalError'],
    [{ kind: 'reset' }, 'TimeoutError|ECONNRESET|Error'],
  ])('has the fault %j on the wire', async (fault, name) => {
    await cloud.fault({ ...fault, service: 's3', operation: 'PutObject', resource: 'faulty', count: 1 });
    await expect(put('faulty', 'x')).rejects.toMatchObject({ name: expect.stringMatching(name) });
    await put('faulty', 'x');
    await s3.send(new DeleteObjectCommand({ Bucket: 'site', Key: 'faulty' }));
  });

  it('can fail inside a 200, and can ignore conditions as other servers do', async () => {
    await put('source', 'x');
    await cloud.fault({ kind: 'error-in-200', operation: 'CopyObject', resource: 'copied', count: 1 });
    const copy = new CopyObjectCommand({ Bucket: 'site', Key: 'copied', CopySource: 'site/source' });
    await expect(s3.send(copy)).rejects.toMatchObject({ name: 'InternalError' });
    await expect(s3.send(new HeadObjectCommand({ Bucket: 'site', Key: 'copied' }))).rejects.toMatchObject({
      name: 'NotFound',
    });
    await s3.send(copy);
    await cloud.fault({ kind: 'ignore-conditions', service: 's3', count: 1 });
    await put('source', 'y', { IfNoneMatch: '*' });
    await expect(put('source', 'z', { IfNoneMatch: '*' })).rejects.toMatchObject({
      name: 'PreconditionFailed',
    });
  });

  it.each(['us-east-1', 'eu-west-1'])('sends a client of %s to the region of the bucket', async (region) => {
    const away = clientOf(cloud, { region });
    const name = region === 'us-east-1' ? 'AuthorizationHeaderMalformed' : 'PermanentRedirect';
    await expect(away.send(new ListObjectsV2Command({ Bucket: 'site' }))).rejects.toMatchObject({ name });
    // The SDK follows a redirect, and not the other answer.
    if (region === 'us-east-1') return;
    const follows = clientOf(cloud, { region, followRegionRedirects: true });
    expect((await follows.send(new ListObjectsV2Command({ Bucket: 'site' }))).Name).toBe('site');
  });

  it('can lose the answer of an operation that was done', async () => {
    await cloud.fault({ kind: 'reset-after', operation: 'PutObject', resource: 'lost', count: 1 });
    await expect(put('lost', 'x')).rejects.toThrow();
    expect((await s3.send(new HeadObjectCommand({ Bucket: 'site', Key: 'lost' }))).ContentLength).toBe(1);
  });

  it('logs every request with what AWS would ask permission for', async () => {
    await cloud.clearRequests();
    await put('logged', 'x');
    await new STSClient({ endpoint: cloud.endpoint, region: 'us-west-2', credentials }).send(
      new GetCallerIdentityCommand({}),
    );
    expect(await cloud.requests()).toMatchObject([
      {
        service: 's3',
        operation: 'PutObject',
        resource: 'site/logged',
        mutating: true,
        status: 200,
        iam: ['s3:PutObject'],
        bytesIn: 1,
      },
      { service: 'sts', operation: 'GetCallerIdentity', mutating: false, status: 200, iam: [] },
    ]);
  });

  it('serves a website endpoint with its redirects behind a distribution, and drops what is invalidated', async () => {
    await put('index.html', 'home', { ContentType: 'text/html' });
    await put('docs/index.html', 'docs', { ContentType: 'text/html' });
    await put('old', 'moved', { WebsiteRedirectLocation: '/docs/' });
    const cf = new CloudFrontClient({ endpoint: cloud.endpoint, region: 'us-east-1', credentials });
    const control = (path: string, body: string) =>
      signedFetch(cloud, { service: 's3', method: 'PUT', path: `/site?${path}`, body });
    await control(
      'website',
      '<WebsiteConfiguration><IndexDocument><Suffix>index.html</Suffix></IndexDocument></WebsiteConfiguration>',
    );
    await control(
      'publicAccessBlock',
      '<PublicAccessBlockConfiguration><BlockPublicPolicy>false</BlockPublicPolicy><RestrictPublicBuckets>false</RestrictPublicBuckets></PublicAccessBlockConfiguration>',
    );
    const allow = {
      Effect: 'Allow',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: 'arn:aws:s3:::site/*',
    };
    await s3.send(
      new PutBucketPolicyCommand({
        Bucket: 'site',
        Policy: JSON.stringify({ Version: '2012-10-17', Statement: [allow] }),
      }),
    );
    const made = await cf.send(
      new CreateDistributionCommand({
        DistributionConfig: {
          CallerReference: 'website',
          Comment: '',
          Enabled: true,
          Origins: {
            Quantity: 1,
            Items: [
              {
                Id: 'web',
                DomainName: 'site.s3-website-us-west-2.amazonaws.com',
                CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'http-only' },
              },
            ],
          },
          DefaultCacheBehavior: {
            TargetOriginId: 'web',
            ViewerProtocolPolicy: 'allow-all',
            CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
          },
        },
      }),
    );
    const domain = made.Distribution?.DomainName;
    const get = async (path: string) => {
      const answer = await fetch(`http://${domain}${path}`, { redirect: 'manual' });
      return [answer.status, answer.status < 300 ? await answer.text() : answer.headers.get('location')];
    };
    expect(await get('/')).toEqual([200, 'home']);
    expect(await get('/docs/')).toEqual([200, 'docs']);
    expect((await get('/docs'))[0]).toBe(403);
    expect(await get('/old')).toEqual([301, '/docs/']);

    const DistributionId = made.Distribution?.Id;
    const invalidate = async (CallerReference: string) => {
      const InvalidationBatch = { CallerReference, Paths: { Quantity: 1, Items: ['/*'] } };
      return (await cf.send(new CreateInvalidationCommand({ DistributionId, InvalidationBatch })))
        .Invalidation?.Id;
    };
    const statusOf = async (Id: string | undefined) =>
      (await cf.send(new GetInvalidationCommand({ DistributionId, Id }))).Invalidation?.Status;
    const completed = (id: string | undefined) =>
      expect.poll(() => statusOf(id), { timeout: 60_000 }).toBe('Completed');
    await cloud.fault({ kind: 'stale-cdn', service: 'cloudfront', count: 1 });
    await put('index.html', 'new home', { ContentType: 'text/html' });
    const second = await invalidate('stale');
    await completed(second);
    expect(await get('/')).toEqual([200, 'home']);
    await completed(await invalidate('fresh'));
    expect(await get('/')).toEqual([200, 'new home']);
    await cloud.fault({ kind: 'stuck', service: 'cloudfront', count: 1 });
    const stuck = await invalidate('stuck');
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(await statusOf(stuck)).toBe('InProgress');
  });
});

describe('a distribution with two origins', () => {
  it('sends /api/* to a server, with method, query and body, and the rest to S3', async () => {
    const cloud = await startCloud({ speed: 100 });
    const server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += String(chunk);
      });
      request.on('end', () => {
        response.writeHead(request.url?.includes('broken') ? 503 : 200, { 'cache-control': 'no-store' });
        response.end(`${request.method} ${request.url} ${body}`);
      });
    }).listen(0, '127.0.0.1');
    try {
      await once(server, 'listening');
      const s3 = clientOf(cloud);
      await makeBucket(s3, 'pages');
      await s3.send(new PutObjectCommand({ Bucket: 'pages', Key: 'index.html', Body: 'page' }));
      const cf = new CloudFrontClient({ endpoint: cloud.endpoint, region: 'us-east-1', credentials });
      const viewer = {
        ViewerProtocolPolicy: 'allow-all',
        CachePolicyId: '4135ea2d-6df8-44a3-9df3-4b5a84be39ad',
      } as const;
      const methods = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'POST', 'PATCH', 'DELETE'] as const;
      const { port } = server.address() as AddressInfo;
      const made = await cf.send(
        new CreateDistributionCommand({
          DistributionConfig: {
            CallerReference: 'two',
            Comment: '',
            Enabled: true,
            DefaultRootObject: 'index.html',
            Origins: {
              Quantity: 2,
              Items: [
                {
                  Id: 's3',
                  DomainName: 'pages.s3.us-west-2.amazonaws.com',
                  S3OriginConfig: { OriginAccessIdentity: 'origin-access-identity/cloudfront/E1' },
                },
                {
                  Id: 'api',
                  DomainName: '127.0.0.1',
                  CustomOriginConfig: { HTTPPort: port, HTTPSPort: 443, OriginProtocolPolicy: 'http-only' },
                },
              ],
            },
            DefaultCacheBehavior: { TargetOriginId: 's3', ...viewer },
            CacheBehaviors: {
              Quantity: 1,
              Items: [
                {
                  PathPattern: '/api/*',
                  TargetOriginId: 'api',
                  AllowedMethods: { Quantity: methods.length, Items: [...methods] },
                  OriginRequestPolicyId: 'b689b0a8-53d0-40ab-baf2-68738e2966ac',
                  ...viewer,
                },
              ],
            },
          },
        }),
      );
      const ask = async (path: string, init?: RequestInit) => {
        const answer = await fetch(`http://${made.Distribution?.DomainName}${path}`, init);
        return [answer.status, await answer.text()];
      };
      expect(await ask('/')).toEqual([200, 'page']);
      // What is large is read from its file while it goes out, although it is replaced and gone by then.
      await s3.send(
        new PutObjectCommand({ Bucket: 'pages', Key: 'large.bin', Body: Buffer.alloc(8_000_000, 'l') }),
      );
      const large = await fetch(`http://${made.Distribution?.DomainName}/large.bin`);
      await s3.send(new PutObjectCommand({ Bucket: 'pages', Key: 'large.bin', Body: 'small now' }));
      expect((await large.arrayBuffer()).byteLength).toBe(8_000_000);
      expect(await ask('/large.bin')).toEqual([200, 'small now']);
      expect(await ask('/api/a?x=1')).toEqual([200, 'GET /api/a?x=1 ']);
      expect(await ask('/api/a', { method: 'POST', body: 'sent' })).toEqual([200, 'POST /api/a sent']);
      expect((await ask('/api/broken'))[0]).toBe(503);
      expect((await ask('/', { method: 'POST', body: 'sent' }))[0]).toBe(403);
      server.close();
      server.closeAllConnections();
      expect((await ask('/api/a'))[0]).toBe(502);
    } finally {
      server.close();
      await cloud.stop();
    }
  });
});

describe('a stop and a start', () => {
  it('with --state keeps everything; the folder of one without is gone', async () => {
    const state = mkdtempSync(join(tmpdir(), 'wwhd-state-'));
    try {
      const first = await startCloud({ state, speed: 100 });
      const s3 = clientOf(first);
      await makeBucket(s3, 'kept');
      const large = Buffer.alloc(200_000, 'z');
      for (const [Key, Body] of [
        ['small', Buffer.from('1')],
        ['large', large],
        ['same', large],
      ] as const)
        await s3.send(
          new PutObjectCommand({ Bucket: 'kept', Key, Body, CacheControl: 'no-cache', Metadata: { a: 'b' } }),
        );
      const before = await s3.send(new HeadObjectCommand({ Bucket: 'kept', Key: 'small' }));
      await first.stop();
      const second = await startCloud({ state, speed: 100 });
      const again = clientOf(second);
      const after = await again.send(new GetObjectCommand({ Bucket: 'kept', Key: 'small' }));
      expect(after).toMatchObject({
        ETag: before.ETag,
        LastModified: before.LastModified,
        CacheControl: 'no-cache',
        Metadata: { a: 'b' },
      });
      expect(await after.Body?.transformToString()).toBe('1');
      await again.send(new DeleteObjectCommand({ Bucket: 'kept', Key: 'large' }));
      const same = await again.send(new GetObjectCommand({ Bucket: 'kept', Key: 'same' }));
      expect((await same.Body?.transformToByteArray())?.length).toBe(200_000);
      await second.stop();
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  });

  it('stops with its parent where it was asked to', async () => {
    const cloud = join(bundlePath('local-cloud'), 'index.js');
    const script = `const c = require('child_process').spawn(process.execPath, [${JSON.stringify(cloud)}, '--port', '0', '--with-parent'], { stdio: ['ignore', 'inherit', 'inherit'] }); console.log(c.pid); setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    parent.stdout.on('data', (chunk) => {
      said += String(chunk);
    });
    await expect.poll(() => said, { timeout: 60_000 }).toContain('ready');
    const pid = Number(said.split('\n')[0]);
    parent.kill('SIGKILL');
    await expect.poll(() => existsSync(`/proc/${pid}`) || alive(pid), { timeout: 60_000 }).toBe(false);
  });

  it.each([
    [['--port', 'x'], '--port must be'],
    [['--speed', '0'], '--speed must be'],
    [['--allow-host', 'http://x/'], '--allow-host must be'],
    [['--nonsense'], 'nonsense'],
  ])('refuses %j', async (args, said) => {
    const child = spawn(process.execPath, [join(bundlePath('local-cloud'), 'index.js'), ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const chunks: string[] = [];
    child.stderr.on('data', (chunk) => chunks.push(String(chunk)));
    const [code] = await once(child, 'close');
    expect([code, chunks.join('')]).toEqual([2, expect.stringContaining(said)]);
  });
});

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
