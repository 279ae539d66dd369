import type { Reader } from '../../aws/reader.ts';
import { type Xml, xmlAt, xmlList } from '../../aws/xml.ts';
import { advice, type Finding, fromError, ok, unknown, wrong } from '../finding.ts';
import { bucketSetting } from './bucket.ts';

const BLOCKS = ['BlockPublicAcls', 'IgnorePublicAcls', 'BlockPublicPolicy', 'RestrictPublicBuckets'] as const;

/** All four: https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html */
export function publicAccess(aws: Reader, bucket: string): Promise<Finding> {
  const fix = `aws s3api put-public-access-block --bucket ${bucket} --public-access-block-configuration ${BLOCKS.map((name) => `${name}=true`).join(',')}`;
  const open = (names: readonly string[]) =>
    wrong(`s3://${bucket} does not block public access (${names.join(', ')} not set)`, fix);
  const missing = open(BLOCKS);
  return bucketSetting(
    aws,
    bucket,
    { query: 'publicAccessBlock', permission: 's3:GetBucketPublicAccessBlock', missing },
    ({ xml }) => {
      const unset = BLOCKS.filter((name) => xmlAt(xml, name) !== 'true');
      return unset.length === 0 ? ok('public access is blocked') : open(unset);
    },
  );
}

/** Blobs are never overwritten, records are: versions keep what a hand deletes. */
export function versioning(aws: Reader, bucket: string): Promise<Finding> {
  const off = advice(
    `s3://${bucket} keeps no versions: what a hand deletes from the ledger is gone`,
    `aws s3api put-bucket-versioning --bucket ${bucket} --versioning-configuration Status=Enabled`,
  );
  return bucketSetting(
    aws,
    bucket,
    { query: 'versioning', permission: 's3:GetBucketVersioning', missing: off },
    ({ xml }) => (xmlAt(xml, 'Status') === 'Enabled' ? ok('versions are kept') : off),
  );
}

/** A rule that expires objects would take blobs that a rollback needs. */
export function lifecycle(aws: Reader, bucket: string): Promise<Finding> {
  const none = ok('no lifecycle rule deletes from it');
  return bucketSetting(
    aws,
    bucket,
    { query: 'lifecycle', permission: 's3:GetLifecycleConfiguration', missing: none },
    ({ xml }) => {
      const expiring = xmlList(xml, 'Rule').filter(expires);
      if (expiring.length === 0) return none;
      const names = expiring.map((rule) => xmlAt(rule, 'ID') || 'one without a name').join(', ');
      return wrong(
        `a lifecycle rule of s3://${bucket} deletes objects (${names}): releases would lose files that a rollback needs`,
        'remove its Expiration; deploy-frontend collects what no release needs by itself (`keep-releases`). Expiring old *versions* is fine',
      );
    },
  );
}

const expires = (rule: Xml) =>
  xmlAt(rule, 'Status') === 'Enabled' &&
  (xmlAt(rule, 'Expiration', 'Days') !== '' || xmlAt(rule, 'Expiration', 'Date') !== '');

/** Asks for a write that cannot happen: see Reader.mayWrite. */
export async function writable(
  aws: Reader,
  bucket: string,
  key: string,
  { ledger }: { ledger: boolean },
): Promise<Finding> {
  try {
    if ((await aws.mayWrite(bucket, key)) === 'allowed') {
      return ok(ledger ? 'it may be written, and conditions are honoured' : 'it may be written');
    }
    return wrong(
      `the server ignores conditional writes: two deployments could both believe that they hold the lock (an empty object ${key} was left by this check)`,
      'use Amazon S3, or a server that honours If-Match',
    );
  } catch (error) {
    const finding = fromError(error, 's3:PutObject', () =>
      unknown('the write was answered with 404 and no reason'),
    );
    return finding.status === 'unknown' && /denied/.test(finding.what)
      ? wrong(
          `s3:PutObject on s3://${bucket} is denied to this role`,
          `grant s3:PutObject, s3:GetObject and s3:DeleteObject on the objects of the bucket ${bucket} (${bucket}/*)`,
        )
      : finding;
  }
}
