import { wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';
import { bucketExists, createBucketFix } from './bucket.ts';
import { lifecycle, publicAccess, versioning, writable } from './bucket-settings.ts';

/** The ledger and the blobs: it must be there, private, writable under conditions, and must not forget. */
export const releaseBucket: Check = {
  id: 'release-bucket',
  title: 'Release bucket',
  applies: ({ releaseBucket: bucket }) => bucket !== undefined,
  async run({ releaseBucket: bucket = '', site, environment }, { aws }) {
    const exists = await bucketExists(aws, bucket, createBucketFix(bucket, await aws.region()));
    if (exists.status !== 'ok') return [exists];
    return [
      exists,
      ...(site?.bucket === bucket
        ? [
            wrong(
              'is the bucket of the site: the ledger would be served to everyone',
              'give a bucket of its own as `release-bucket`',
            ),
          ]
        : []),
      ...(await Promise.all([
        publicAccess(aws, bucket),
        writable(aws, bucket, `${environment}/preflight`, { ledger: true }),
        versioning(aws, bucket),
        lifecycle(aws, bucket),
      ])),
    ];
  },
};
