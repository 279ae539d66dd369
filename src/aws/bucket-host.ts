/**
 * S3's hosts after the bucket's name: regional, global, dual-stack, FIPS, accelerated and website endpoints, with the
 * region after a dot or, in old ones, after a dash; in every partition
 * (https://docs.aws.amazon.com/general/latest/gr/s3.html).
 */
const S3_HOST =
  /^s3(?:-website|-fips|-accelerate)?(?:\.dualstack)?(?:[.-][a-z]+(?:-[a-z]+)+-\d+)?\.(?:amazonaws\.com(?:\.cn)?|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov)$/;

/**
 * Whether a host is this bucket at S3, and no other bucket whose name has this one in it.
 * @param host for example the domain of a distribution's origin: `my-app.s3.eu-west-1.amazonaws.com`
 */
export function isHostOfBucket(host: string, bucket: string): boolean {
  const name = host.toLowerCase();
  return bucket !== '' && name.startsWith(`${bucket}.`) && S3_HOST.test(name.slice(bucket.length + 1));
}
