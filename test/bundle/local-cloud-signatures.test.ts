import { Readable } from 'node:stream';
import { CloudFrontClient, ListDistributionsCommand } from '@aws-sdk/client-cloudfront';
import { CloudWatchClient, DescribeAlarmsCommand } from '@aws-sdk/client-cloudwatch';
import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { ECSClient, ListClustersCommand } from '@aws-sdk/client-ecs';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { type Keys, presigned, signedFetch, signedHeaders } from '../support/signed.ts';

let cloud: TestCloud;
let session: Required<Keys>;
beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  const s3 = new S3Client({ ...cloud.client, forcePathStyle: true });
  const region = { LocationConstraint: 'us-west-2' as const };
  await s3.send(new CreateBucketCommand({ Bucket: 'site', CreateBucketConfiguration: region }));
  await s3.send(new PutObjectCommand({ Bucket: 'site', Key: 'a', Body: 'text' }));
  const role = { RoleArn: 'arn:aws:iam::000000000000:role/deploy', RoleSessionName: 'ci' };
  const { Credentials } = await new STSClient(cloud.client).send(new AssumeRoleCommand(role));
  session = {
    accessKeyId: Credentials?.AccessKeyId ?? '',
    secretAccessKey: Credentials?.SecretAccessKey ?? '',
    sessionToken: Credentials?.SessionToken ?? '',
  };
});
afterAll(() => cloud?.stop());

/** One call of each protocol by AWS's SDK. */
function calls(credentials: Keys): Record<string, () => Promise<unknown>> {
  const config = { ...cloud.client, credentials, maxAttempts: 1 };
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  return {
    s3: () => s3.send(new GetObjectCommand({ Bucket: 'site', Key: 'a' })),
    ecs: () => new ECSClient(config).send(new ListClustersCommand({})),
    monitoring: () => new CloudWatchClient(config).send(new DescribeAlarmsCommand({})),
    sts: () => new STSClient(config).send(new GetCallerIdentityCommand({})),
    cloudfront: () => new CloudFrontClient(config).send(new ListDistributionsCommand({})),
  };
}

describe('keys', () => {
  const services = ['s3', 'ecs', 'monitoring', 'sts', 'cloudfront'];
  it.each(services)('of its own STS, with their token, are good for %s', async (service) => {
    await calls(session)[service]?.();
  });
  const wrong = (keys: Partial<Keys>) => ({ ...cloud.client.credentials, ...keys });
  it.each([
    ['s3', 'SignatureDoesNotMatch', 'InvalidAccessKeyId', 'InvalidToken'],
    ['ecs', 'InvalidSignatureException', 'UnrecognizedClientException', 'UnrecognizedClientException'],
    ['monitoring', 'InvalidSignatureException', 'UnrecognizedClientException', 'UnrecognizedClientException'],
    ['sts', 'SignatureDoesNotMatch', 'InvalidClientTokenId', 'InvalidClientTokenId'],
    ['cloudfront', 'SignatureDoesNotMatch', 'InvalidClientTokenId', 'InvalidClientTokenId'],
  ])('of nobody are refused by %s in its own words', async (service, secret, key, token) => {
    const said = async (keys: Keys) =>
      calls(keys)
        [service]?.()
        .then(
          () => 'done',
          (error: Error) => error.name,
        );
    expect(await said(wrong({ secretAccessKey: 'x' }))).toBe(secret);
    expect(await said(wrong({ accessKeyId: 'AKIALOCALCLOUD000000' }))).toBe(key);
    expect(await said({ ...session, sessionToken: `${session.sessionToken}x` })).toBe(token);
    const { sessionToken: _, ...without } = session;
    expect(await said(without)).toBe(key);
  });
});

describe('a request', () => {
  const get = (more: object = {}) => signedFetch(cloud, { service: 's3', path: '/site/a', ...more });
  const code = async (answer: Response) => /<Code>(\w+)</.exec(await answer.text())?.[1];

  it('of 16 minutes ago is too old, and of tomorrow too new', async () => {
    for (const minutes of [-16, 1440]) {
      const answer = await get({ at: new Date(Date.now() + minutes * 60_000) });
      expect([answer.status, await code(answer)]).toEqual([403, 'RequestTimeTooSkewed']);
    }
    const json = await signedFetch(cloud, {
      service: 'ecs',
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters' },
      body: '{}',
      at: new Date(Date.now() - 16 * 60_000),
    });
    expect(await json.json()).toMatchObject({
      __type: 'InvalidSignatureException',
      message: expect.stringContaining('Signature expired: '),
    });
  });

  it('signed for another service, path, verb, body or query is refused, and nothing is done', async () => {
    const signed = await signedHeaders(cloud, {
      service: 's3',
      method: 'PUT',
      path: '/site/other',
      body: 'x',
    });
    const { host: _, ...headers } = signed;
    const send = (path: string, method: string) =>
      fetch(cloud.endpoint + path, { method, headers, ...(method === 'GET' ? {} : { body: 'x' }) });
    expect((await send('/site/stolen', 'PUT')).status).toBe(403);
    expect((await send('/site/other', 'DELETE')).status).toBe(403);
    expect((await send('/site/other?tagging', 'PUT')).status).toBe(403);
    expect((await get({ path: '/site/other' })).status).toBe(404);
    const target = 'AmazonEC2ContainerServiceV20141113.CreateCluster';
    const call = { service: 'ecr', method: 'POST', headers: { 'x-amz-target': target }, body: '{}' };
    expect(await (await signedFetch(cloud, call)).json()).toMatchObject({
      __type: 'InvalidSignatureException',
      message: "Credential should be scoped to correct service: 'ecs'.",
    });
  });

  it('whose body was changed on its way is refused', async () => {
    const request = {
      service: 'ecs',
      method: 'POST',
      headers: { 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.CreateCluster' },
      body: '{"clusterName":"mine"}',
    };
    const { host: _, ...headers } = await signedHeaders(cloud, request);
    const answer = await fetch(cloud.endpoint, { method: 'POST', headers, body: '{"clusterName":"evil"}' });
    expect([answer.status, ((await answer.json()) as { __type: string }).__type]).toEqual([
      400,
      'InvalidSignatureException',
    ]);
    expect(JSON.stringify(await calls(session)['ecs']?.())).not.toContain('evil');
  });

  it('with a header that was added after the signing is refused by S3', async () => {
    const { host: _, ...headers } = await signedHeaders(cloud, { service: 's3', path: '/site/a' });
    const answer = await fetch(`${cloud.endpoint}/site/a`, {
      headers: { ...headers, 'x-amz-acl': 'public-read' },
    });
    expect(await answer.text()).toContain('<HeadersNotSigned>x-amz-acl</HeadersNotSigned>');
  });

  it('of the signature before version 4 is refused, as in newer regions of AWS', async () => {
    const answer = await fetch(
      `${cloud.endpoint}/site/a?AWSAccessKeyId=local&Signature=x&Expires=9999999999`,
    );
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('AWS4-HMAC-SHA256')]);
  });

  it('without a signature is anonymous for S3, and nobody for the others', async () => {
    expect((await fetch(`${cloud.endpoint}/site/a`)).status).toBe(403);
    const call = { method: 'POST', headers: { 'x-amz-target': 'AppRunner.ListServices' }, body: '{}' };
    expect(await (await fetch(cloud.endpoint, call)).text()).toContain('MissingAuthenticationTokenException');
  });
});

describe('a presigned URL', () => {
  it('is good for its key and its verb, until its time is over', async () => {
    const url = await presigned(cloud, { service: 's3', path: '/site/a' });
    expect(await (await fetch(url)).text()).toBe('text');
    expect((await fetch(url, { method: 'DELETE' })).status).toBe(403);
    expect((await fetch(url.replace('/site/a?', '/site/b?'))).status).toBe(403);
    const at = new Date(Date.now() - 61_000);
    const old = await fetch(await presigned(cloud, { service: 's3', path: '/site/a', at }, 60));
    expect([old.status, await old.text()]).toEqual([403, expect.stringContaining('Request has expired')]);
  });
  it('carries a session token', async () => {
    const url = await presigned(cloud, { service: 's3', path: '/site/a', keys: session });
    expect((await fetch(url)).status).toBe(200);
    expect((await fetch(url.replace(/X-Amz-Security-Token=[^&]+/, 'X-Amz-Security-Token=x'))).status).toBe(
      400,
    );
  });
});

it('a body in chunks with a trailer is taken with a session too', async () => {
  const s3 = new S3Client({ ...cloud.client, credentials: session, forcePathStyle: true });
  const Body = Readable.from([Buffer.alloc(70_000, 'x')]);
  await s3.send(new PutObjectCommand({ Bucket: 'site', Key: 'streamed', Body, ContentLength: 70_000 }));
  const got = await s3.send(new GetObjectCommand({ Bucket: 'site', Key: 'streamed' }));
  expect(got.ContentLength).toBe(70_000);
});

it('the registry takes the tokens that it issued, and no others', async () => {
  const { authorizationData } = await new ECRClient({ ...cloud.client, credentials: session }).send(
    new GetAuthorizationTokenCommand({}),
  );
  const ask = async (token: string) =>
    (await fetch(`${cloud.endpoint}/v2/`, { headers: { authorization: `Basic ${token}` } })).status;
  const token = authorizationData?.[0]?.authorizationToken ?? '';
  expect(await ask(token)).toBe(200);
  const claims = { version: '2', type: 'DATA_KEY', region: 'us-west-2', expiresAt: Date.now() + 1e9 };
  const forged = Buffer.from(JSON.stringify(claims)).toString('base64');
  expect(await ask(Buffer.from(`AWS:${forged}`).toString('base64'))).toBe(401);
});
