import type { Reader } from '../../aws/reader.ts';
import { type Finding, fromError, ok, unknown, wrong } from '../finding.ts';

export const createBucketFix = (bucket: string, region: string) =>
  `aws s3api create-bucket --bucket ${bucket} --region ${region}${region === 'us-east-1' ? '' : ` --create-bucket-configuration LocationConstraint=${region}`}`;

/** HeadBucket: needs s3:ListBucket, as every deployment does. The bucket may be in another region than the job's. */
export async function bucketExists(aws: Reader, bucket: string, createFix: string): Promise<Finding> {
  try {
    await aws.bucket(bucket, '');
    return ok(`s3://${bucket} is there`);
  } catch (error) {
    const { region, $metadata } = error as { region?: string; $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === 301 || region) {
      return wrong(
        `s3://${bucket} is in ${region ?? 'another region'}, and this job works in ${await aws.region()}`,
        `set AWS_REGION to ${region ?? 'the region of the bucket'}`,
      );
    }
    if ($metadata?.httpStatusCode === 403) {
      return wrong(
        `s3://${bucket} may not be listed by this role, or is another account's`,
        `grant s3:ListBucket on the bucket ${bucket}; bucket names are shared by all accounts, so check the name too`,
      );
    }
    return fromError(error, 's3:ListBucket', () => wrong(`there is no s3://${bucket}`, createFix));
  }
}

/** A sub-resource of a bucket as a finding; `missing` where nothing is set. */
export async function bucketSetting(
  aws: Reader,
  bucket: string,
  { query, permission, missing }: { query: string; permission: string; missing: Finding },
  judge: (answer: Awaited<ReturnType<Reader['bucket']>>) => Finding,
): Promise<Finding> {
  try {
    return judge(await aws.bucket(bucket, query));
  } catch (error) {
    const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
    if ($metadata?.httpStatusCode === 404) return missing;
    if ($metadata?.httpStatusCode === 501)
      return unknown(`the server at this endpoint does not know \`?${query}\``);
    return fromError(error, permission, () => missing);
  }
}
