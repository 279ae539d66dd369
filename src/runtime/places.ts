import { refused } from './errors.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;

/**
 * The name of a bucket, given as `name`, `s3://name` or `s3://name/`; '' where nothing is given.
 * @param input that it was given by, for the error
 * @throws ActionError `refused` where it is no name, or names more than a bucket
 */
export function readBucket(text: string, input: string): string {
  const name = text.replace(/^s3:\/\//, '').replace(/\/$/, '');
  if (text === '' || BUCKET.test(name)) return name;
  throw refused({
    input,
    what: 'is not the name of a bucket',
    found: JSON.stringify(text),
    fix: name.includes('/')
      ? 'name the bucket alone; the path goes into `prefix`, where the action has one'
      : 'give the bare name, such as my-site-backup: 3 to 63 lower-case letters, digits, dots and hyphens',
  });
}

/**
 * A path in a bucket without slashes at its ends; '' is the whole bucket.
 * @throws ActionError `refused` where a part of it is empty, `.` or `..`
 */
export function readPrefix(text: string, input = 'prefix'): string {
  const prefix = text.replace(/^\//, '').replace(/\/$/, '');
  const parts = prefix === '' ? [] : prefix.split('/');
  if (parts.every((part) => part !== '' && part !== '.' && part !== '..')) return prefix;
  throw refused({
    input,
    what: 'is not a path in a bucket',
    found: JSON.stringify(text),
    fix: 'write it like docs/v2',
  });
}
