import { expect, it } from 'vitest';
import { isHostOfBucket } from '../../../src/aws/bucket-host.ts';

it.each([
  ['app', 'app.s3.us-west-2.amazonaws.com', true],
  ['app', 'app.s3.amazonaws.com', true],
  ['app', 'App.S3.us-west-2.amazonaws.com', true],
  ['app', 'app.s3-us-west-2.amazonaws.com', true],
  ['app', 'app.s3-website-us-west-2.amazonaws.com', true],
  ['app', 'app.s3-website.eu-central-1.amazonaws.com', true],
  ['app', 'app.s3.dualstack.eu-west-1.amazonaws.com', true],
  ['app', 'app.s3-fips.dualstack.us-gov-west-1.amazonaws.com', true],
  ['app', 'app.s3-accelerate.amazonaws.com', true],
  ['app', 'app.s3-accelerate.dualstack.amazonaws.com', true],
  ['app', 'app.s3.cn-north-1.amazonaws.com.cn', true],
  ['www.example.com', 'www.example.com.s3.us-west-2.amazonaws.com', true],
  // Names that hold this one.
  ['app', 'my-app-staging.s3.us-west-2.amazonaws.com', false],
  ['app', 'app-staging.s3.us-west-2.amazonaws.com', false],
  ['app', 'my-app.s3.us-west-2.amazonaws.com', false],
  ['app', 'app.staging.s3.us-west-2.amazonaws.com', false],
  ['app', 'app.s3.us-west-2.s3.us-west-2.amazonaws.com', false],
  ['app', 'app.s3-staging.s3.amazonaws.com', false],
  ['staging', 'app.staging.s3.us-west-2.amazonaws.com', false],
  // Hosts that are no bucket.
  ['app', 'app.example.com', false],
  ['app', 'app.s3.example.com', false],
  ['app', 'app.s3.us-west-2.amazonaws.com.example.com', false],
  ['app', 'app.us-west-2.awsapprunner.com', false],
  ['app', 'app', false],
  ['s3', 's3.us-west-2.amazonaws.com', false],
  ['', '.s3.us-west-2.amazonaws.com', false],
])('the bucket %j, the host %s: %s', (bucket, host, ours) => {
  expect(isHostOfBucket(host, bucket)).toBe(ours);
});
