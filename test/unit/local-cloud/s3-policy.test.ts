import { describe, expect, it } from 'vitest';
import { Bucket } from '../../../local-cloud/services/s3/model.ts';
import {
  type Asker,
  checkPolicy,
  EVERYONE,
  policyIsPublic,
  policyVerdict,
} from '../../../local-cloud/services/s3/policy.ts';
import { conditionsHold } from '../../../local-cloud/services/s3/policy-conditions.ts';

const ME: Asker = { kind: 'account', arn: 'arn:aws:iam::000000000000:user/local-cloud' };
const CLOUDFRONT: Asker = { kind: 'service', name: 'cloudfront.amazonaws.com' };
const OBJECTS = 'arn:aws:s3:::site/*';

const policy = (...statements: object[]) =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: statements.map((s) => ({ Effect: 'Deny', Principal: '*', Resource: OBJECTS, ...s })),
  });

function bucketWith(body: string, block?: string): Bucket {
  const bucket = new Bucket('site', 'us-west-2', 0);
  bucket.documents.set('policy', body);
  if (block !== undefined) bucket.documents.set('publicAccessBlock', block);
  return bucket;
}

const keys = (of: Record<string, string>) => new Map(Object.entries(of).map(([k, v]) => [k, [v]]));

describe('what a bucket policy says', () => {
  const needsKms = {
    Action: 's3:PutObject',
    Condition: { StringNotEquals: { 's3:x-amz-server-side-encryption': 'aws:kms' } },
  };
  const sse = 's3:x-amz-server-side-encryption';
  const distribution = 'arn:aws:cloudfront::000000000000:distribution/E1';
  const forOne = {
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: 's3:GetObject',
    Condition: { StringEquals: { 'AWS:SourceArn': distribution } },
  };
  it.each([
    ['a deny without conditions', ME, policy({ Action: 's3:PutObject' }), 's3:PutObject', {}, 'denied'],
    ['of another action', ME, policy({ Action: 's3:PutObject' }), 's3:GetObject', {}, 'silent'],
    ['with a pattern', ME, policy({ Action: 's3:Put*' }), 's3:PutObject', {}, 'denied'],
    ['of all but some', ME, policy({ NotAction: 's3:Get*' }), 's3:PutObject', {}, 'denied'],
    ['of all but this', ME, policy({ NotAction: 's3:Put*' }), 's3:PutObject', {}, 'silent'],
    [
      'elsewhere',
      ME,
      policy({ Action: 's3:*', Resource: 'arn:aws:s3:::site/logs/*' }),
      's3:PutObject',
      {},
      'silent',
    ],
    ['another encryption', ME, policy(needsKms), 's3:PutObject', { [sse]: 'AES256' }, 'denied'],
    ['no encryption named', ME, policy(needsKms), 's3:PutObject', {}, 'denied'],
    ['the encryption wanted', ME, policy(needsKms), 's3:PutObject', { [sse]: 'aws:kms' }, 'silent'],
    [
      'for the account',
      ME,
      policy({ Principal: { AWS: '000000000000' }, Action: 's3:*' }),
      's3:PutObject',
      {},
      'denied',
    ],
    [
      'for another',
      ME,
      policy({ Principal: { AWS: '111111111111' }, Action: 's3:*' }),
      's3:PutObject',
      {},
      'silent',
    ],
    [
      'for all others',
      ME,
      policy({ Principal: undefined, NotPrincipal: { AWS: '111111111111' }, Action: 's3:*' }),
      's3:PutObject',
      {},
      'denied',
    ],
    [
      'an outweighed allow',
      ME,
      policy({ Effect: 'Allow', Action: 's3:*' }, { Action: 's3:PutObject' }),
      's3:PutObject',
      {},
      'denied',
    ],
    [
      'a service with its distribution',
      CLOUDFRONT,
      policy(forOne),
      's3:GetObject',
      { 'aws:sourcearn': distribution },
      'allowed',
    ],
    [
      'a service with another',
      CLOUDFRONT,
      policy(forOne),
      's3:GetObject',
      { 'aws:sourcearn': `${distribution}0` },
      'silent',
    ],
    [
      'a stranger behind a block',
      EVERYONE,
      policy({ Effect: 'Allow', Action: 's3:GetObject' }),
      's3:GetObject',
      {},
      'silent',
    ],
  ] as const)('%s', (_name, asker, body, action, conditions, verdict) => {
    const asked = { action, key: 'index.html', conditions: keys(conditions) };
    expect(policyVerdict(bucketWith(body), asker, asked)).toBe(verdict);
  });
  it('lets a stranger read where nothing is blocked', () => {
    const bucket = bucketWith(policy({ Effect: 'Allow', Action: 's3:GetObject' }), '');
    const asked = { action: 's3:GetObject', key: 'index.html', conditions: keys({}) };
    expect(policyVerdict(bucket, EVERYONE, asked)).toBe('allowed');
  });
  it('counts an assumed role as its role', () => {
    const body = policy({ Principal: { AWS: 'arn:aws:iam::000000000000:role/deploy' }, Action: 's3:*' });
    const asker: Asker = { kind: 'account', arn: 'arn:aws:sts::000000000000:assumed-role/deploy/run-1' };
    expect(
      policyVerdict(bucketWith(body), asker, { action: 's3:PutObject', key: 'a', conditions: keys({}) }),
    ).toBe('denied');
    const other: Asker = { kind: 'account', arn: 'arn:aws:sts::000000000000:assumed-role/read/run-1' };
    expect(
      policyVerdict(bucketWith(body), other, { action: 's3:PutObject', key: 'a', conditions: keys({}) }),
    ).toBe('silent');
  });
});

describe('policies that S3 refuses', () => {
  it.each([
    ['{', 'MalformedPolicy', 'valid JSON'],
    ['{}', 'MalformedPolicy', 'Statement'],
    [policy({ Effect: 'Maybe', Action: 's3:*' }), 'MalformedPolicy', 'effect'],
    [policy({ Action: 's3:GetObjekt' }), 'MalformedPolicy', 'invalid action'],
    [policy({ Action: 'ec2:RunInstances' }), 'MalformedPolicy', 'invalid action'],
    [policy({ Action: 's3:*', Resource: 'arn:aws:s3:::other/*' }), 'MalformedPolicy', 'invalid resource'],
    [policy({ Action: 's3:ListBucket' }), 'MalformedPolicy', 'does not apply'],
    [policy({ Action: 's3:GetObject', Resource: 'arn:aws:s3:::site' }), 'MalformedPolicy', 'does not apply'],
    [policy({ Action: 's3:*', Principal: { AWS: 'bob' } }), 'MalformedPolicy', 'Invalid principal'],
    [policy({ Action: 's3:*', Principal: { User: '*' } }), 'MalformedPolicy', 'Invalid principal'],
    [
      policy({ Action: 's3:*', Condition: { StringIs: { 's3:prefix': 'a' } } }),
      'MalformedPolicy',
      'Condition type',
    ],
    [
      policy({ Action: 's3:*', Condition: { StringEquals: { 's3:nothing': 'a' } } }),
      'MalformedPolicy',
      'condition key',
    ],
    [
      policy({ Action: 's3:GetObject', Condition: { StringEquals: { 's3:x-amz-acl': 'private' } } }),
      'MalformedPolicy',
      'Conditions do not apply',
    ],
    [policy({ Effect: 'Allow', Action: 's3:GetObject' }), 'AccessDenied', 'BlockPublicPolicy'],
  ])('%s', (body, code, message) => {
    const bucket = new Bucket('site', 'us-west-2', 0);
    expect(() => checkPolicy(body, bucket)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(message) }),
    );
  });
  it.each([
    policy({
      Action: 's3:*',
      Resource: ['arn:aws:s3:::site', OBJECTS],
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    }),
    policy({ Action: 's3:PutObject', Condition: { Null: { 's3:x-amz-server-side-encryption': 'true' } } }),
    policy({
      Action: 's3:*',
      Principal: { AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1' },
    }),
    policy({
      Effect: 'Allow',
      Action: 's3:GetObject',
      Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
    }),
  ])('and takes %s', (body) => {
    expect(() => checkPolicy(body, new Bucket('site', 'us-west-2', 0))).not.toThrow();
  });
  it.each([
    [policy({ Effect: 'Allow', Action: 's3:GetObject' }), true],
    [policy({ Action: 's3:GetObject' }), false],
    [
      policy({ Effect: 'Allow', Action: 's3:GetObject', Condition: { StringLike: { 'aws:Referer': 'x' } } }),
      true,
    ],
    [
      policy({
        Effect: 'Allow',
        Action: 's3:GetObject',
        Condition: { IpAddress: { 'aws:SourceIp': '0.0.0.0/0' } },
      }),
      true,
    ],
    [
      policy({
        Effect: 'Allow',
        Action: 's3:GetObject',
        Condition: { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } },
      }),
      false,
    ],
    [policy({ Effect: 'Allow', Action: 's3:GetObject', Principal: { AWS: '000000000000' } }), false],
  ])('public: %s %s', (body, is) => {
    expect(policyIsPublic(body)).toBe(is);
  });
});

describe('conditions', () => {
  const has = keys({ a: 'x', n: '10', t: '2026-01-02T00:00:00Z', ip: '10.1.2.3', b: 'true' });
  it.each([
    [{ StringEquals: { a: ['y', 'x'] } }, true],
    [{ StringEquals: { A: 'x' } }, true],
    [{ StringEquals: { a: 'X' } }, false],
    [{ StringEqualsIgnoreCase: { a: 'X' } }, true],
    [{ StringNotEquals: { a: ['y', 'x'] } }, false],
    [{ StringEquals: { missing: 'x' } }, false],
    [{ StringEqualsIfExists: { missing: 'x' } }, true],
    [{ StringNotEquals: { missing: 'x' } }, true],
    [{ StringLike: { a: '?' } }, true],
    [{ Null: { missing: 'true' } }, true],
    [{ Null: { a: 'true' } }, false],
    [{ Null: { a: 'false' } }, true],
    [{ NumericLessThan: { n: '11' } }, true],
    [{ NumericGreaterThanEquals: { n: '11' } }, false],
    [{ DateGreaterThan: { t: '2026-01-01T00:00:00Z' } }, true],
    [{ IpAddress: { ip: '10.0.0.0/8' } }, true],
    [{ NotIpAddress: { ip: ['192.168.0.0/16', '10.1.2.3'] } }, false],
    [{ Bool: { b: true } }, true],
    [{ 'ForAllValues:StringEquals': { missing: 'x' } }, true],
    [{ 'ForAnyValue:StringEquals': { missing: 'x' } }, false],
    [{ StringEquals: { a: 'x' }, Bool: { b: 'false' } }, false],
  ])('%j: %s', (condition, holds) => {
    expect(conditionsHold(condition, has)).toBe(holds);
  });
});
