import type { Reader } from '../../aws/reader.ts';
import { advice, type Finding, ok } from '../finding.ts';
import type { Check } from '../preflight.ts';
import { bucketExists, bucketSetting, createBucketFix } from './bucket.ts';
import { publicAccess, writable } from './bucket-settings.ts';

/** What CloudFront serves from: private, no website hosting. */
export const siteBucket: Check = {
  id: 'site-bucket',
  title: 'Site bucket',
  applies: ({ site }) => site !== undefined,
  async run({ site }, { aws }) {
    const { bucket = '', prefix = '' } = site ?? {};
    const exists = await bucketExists(aws, bucket, createBucketFix(bucket, await aws.region()));
    if (exists.status !== 'ok') return [exists];
    const key = `${prefix ? `${prefix}/` : ''}.preflight`;
    return [
      exists,
      ...(await Promise.all([
        publicAccess(aws, bucket),
        writable(aws, bucket, key, { ledger: false }),
        website(aws, bucket),
      ])),
    ];
  },
};

/** The website endpoint is plain http and needs a public bucket; CloudFront with an access control needs neither. */
function website(aws: Reader, bucket: string): Promise<Finding> {
  const none = ok('website hosting is off');
  return bucketSetting(
    aws,
    bucket,
    { query: 'website', permission: 's3:GetBucketWebsite', missing: none },
    () =>
      advice(
        `s3://${bucket} has website hosting, which is http only and needs a public bucket`,
        `aws s3api delete-bucket-website --bucket ${bucket}; CloudFront with an origin access control takes its place`,
      ),
  );
}
