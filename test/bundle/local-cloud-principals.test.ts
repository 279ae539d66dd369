import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';

const BUCKET = 'principals';
const ROLE = 'arn:aws:iam::000000000000:role/ci/deploy';

let cloud: TestCloud;
let owner: S3Client;
let deploy: S3Client;
let other: S3Client;

async function assume(role: string): Promise<S3Client> {
  const answer = await new STSClient(cloud.client).send(
    new AssumeRoleCommand({ RoleArn: role, RoleSessionName: 'run-1' }),
  );
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = answer.Credentials ?? {};
  const credentials = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
  return new S3Client({ ...cloud.client, credentials, forcePathStyle: true });
}

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  owner = new S3Client({ ...cloud.client, forcePathStyle: true });
  await owner.send(
    new CreateBucketCommand({
      Bucket: BUCKET,
      CreateBucketConfiguration: { LocationConstraint: 'us-west-2' },
    }),
  );
  await owner.send(new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'text' }));
  [deploy, other] = await Promise.all([assume(ROLE), assume('arn:aws:iam::000000000000:role/read')]);
});
afterAll(() => cloud?.stop());

const policy = (statement: object) =>
  owner.send(
    new PutBucketPolicyCommand({
      Bucket: BUCKET,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Deny', Resource: `arn:aws:s3:::${BUCKET}/*`, ...statement },
      }),
    }),
  );

/** Who is let in, in the order local user, deploy, read. */
async function letIn(command: () => GetObjectCommand | PutObjectCommand): Promise<boolean[]> {
  const tries = [owner, deploy, other].map((client) => client.send(command() as GetObjectCommand));
  return (await Promise.allSettled(tries)).map(({ status }) => status === 'fulfilled');
}
const reads = () => letIn(() => new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }));
const writes = () => letIn(() => new PutObjectCommand({ Bucket: BUCKET, Key: 'a', Body: 'text' }));

describe('a bucket policy', () => {
  it.each<[string, object, boolean[]]>([
    ['of a role', { Principal: { AWS: ROLE } }, [true, false, true]],
    [
      'of one session',
      { Principal: { AWS: 'arn:aws:sts::000000000000:assumed-role/read/run-1' } },
      [true, true, false],
    ],
    [
      'of the user',
      { Principal: { AWS: 'arn:aws:iam::000000000000:user/local-cloud' } },
      [false, true, true],
    ],
    [
      'of all but a role',
      { Principal: '*', Condition: { StringNotEquals: { 'aws:PrincipalArn': ROLE } } },
      [false, true, false],
    ],
    [
      'of sessions',
      { Principal: '*', Condition: { StringEquals: { 'aws:PrincipalType': 'AssumedRole' } } },
      [true, false, false],
    ],
    [
      'of a session by its user id',
      { Principal: '*', Condition: { StringLike: { 'aws:userid': '*:run-1' } } },
      [true, false, false],
    ],
  ])('denies by principal: %s', async (_what, statement, wanted) => {
    await policy({ Action: ['s3:GetObject', 's3:PutObject'], ...statement });
    expect([await reads(), await writes()]).toEqual([wanted, wanted]);
  });

  it('names who was denied', async () => {
    await policy({ Action: 's3:GetObject', Principal: '*' });
    await expect(deploy.send(new GetObjectCommand({ Bucket: BUCKET, Key: 'a' }))).rejects.toThrow(
      'User: arn:aws:sts::000000000000:assumed-role/deploy/run-1 is not authorized to perform: s3:GetObject',
    );
  });

  it('that shuts everybody out is mended by the account, and by no role', async () => {
    const Resource = [`arn:aws:s3:::${BUCKET}`, `arn:aws:s3:::${BUCKET}/*`];
    await policy({ Action: 's3:*', Principal: '*', Resource });
    const mend = () => new DeleteBucketPolicyCommand({ Bucket: BUCKET });
    await expect(deploy.send(mend())).rejects.toThrow('is not authorized to perform: s3:DeleteBucketPolicy');
    await owner.send(mend());
    expect(await reads()).toEqual([true, true, true]);
  });
});
