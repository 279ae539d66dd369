import { CloudFault } from '../../core/service.ts';
import { child, children, parseXml, text } from '../../core/xml.ts';
import { malformedXml } from './call.ts';
import type { Bucket, Lock, S3Object } from './model.ts';

type Headers = Readonly<Record<string, string>>;
type Mode = NonNullable<Lock['mode']>;

const PREFIX = 'x-amz-object-lock-';
const DAY = 24 * 60 * 60 * 1000;

const invalid = (message: string) => new CloudFault('InvalidArgument', message);

const isMode = (mode: string | undefined): mode is Mode => mode === 'GOVERNANCE' || mode === 'COMPLIANCE';

export const hasLock = (bucket: Bucket): boolean => bucket.documents.has('object-lock');

/** The default retention of a bucket, in milliseconds. */
function defaultRetention(bucket: Bucket): { mode: Mode; length: number } | undefined {
  const document = bucket.documents.get('object-lock');
  const rule = document && child(parseXml(document, 'ObjectLockConfiguration'), 'Rule');
  const retention = child(rule || undefined, 'DefaultRetention');
  const mode = text(retention, 'Mode');
  if (!isMode(mode)) return undefined;
  const days = Number(text(retention, 'Days') ?? Number(text(retention, 'Years')) * 365);
  return { mode, length: days * DAY };
}

/** @throws CloudFault MalformedXML, InvalidArgument, InvalidBucketState */
export function checkLockConfiguration(body: string, bucket: Bucket): void {
  const document = parseXml(body, 'ObjectLockConfiguration');
  if (text(document, 'ObjectLockEnabled') !== 'Enabled') throw malformedXml();
  const rules = children(document, 'Rule');
  for (const rule of rules) {
    const retention = child(rule, 'DefaultRetention');
    const [days, years] = [text(retention, 'Days'), text(retention, 'Years')];
    if (!isMode(text(retention, 'Mode')) || (days === undefined) === (years === undefined))
      throw malformedXml();
    const length = Number(days ?? years);
    if (!Number.isInteger(length)) throw malformedXml();
    if (length <= 0) throw invalid('Default retention period must be a positive integer value.');
    if (length > (days === undefined ? 100 : 36_500)) throw invalid('Default retention period too large.');
  }
  if (bucket.versioning !== 'Enabled') {
    throw new CloudFault(
      'InvalidBucketState',
      "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration",
      409,
    );
  }
}

/**
 * The lock of an object that is put: as its headers say, else as the bucket retains.
 * @param now milliseconds since the epoch
 * @throws CloudFault InvalidRequest, InvalidArgument
 */
export function lockOf(headers: Headers, bucket: Bucket, now: number): Lock | undefined {
  const [mode, until, hold] = ['mode', 'retain-until-date', 'legal-hold'].map(
    (name) => headers[PREFIX + name],
  );
  const asked = mode !== undefined || until !== undefined || hold !== undefined;
  if (asked && !hasLock(bucket))
    throw new CloudFault('InvalidRequest', 'Bucket is missing ObjectLockConfiguration');
  if ((mode === undefined) !== (until === undefined))
    throw invalid('x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied');
  if (mode !== undefined && !isMode(mode)) throw invalid('Unknown wormMode directive.');
  if (hold !== undefined && hold !== 'ON' && hold !== 'OFF')
    throw invalid("Legal Hold must be either of 'ON' or 'OFF'");
  const kept: Lock = hold === undefined ? {} : { hold };
  if (mode !== undefined) return { ...kept, mode, until: futureDate(until, now) };
  const standard = defaultRetention(bucket);
  if (standard) return { ...kept, mode: standard.mode, until: now + standard.length };
  return hold === undefined ? undefined : kept;
}

/** @throws CloudFault InvalidArgument */
export function futureDate(date: string | undefined, now: number): number {
  const at = Date.parse(date ?? '');
  if (Number.isNaN(at)) throw invalid('The retain until date must be provided in ISO 8601 format');
  if (at <= now) throw invalid('The retain until date must be in the future!');
  return at;
}

/**
 * What is to be retained must come with a checksum.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock-managing.html
 * @throws CloudFault InvalidRequest
 */
export function requireChecksum(headers: Headers, lock: Lock | undefined): void {
  if (!lock) return;
  const named = Object.keys(headers).some(
    (name) => name === 'content-md5' || name.startsWith('x-amz-checksum-'),
  );
  if (named || /x-amz-checksum-/i.test(headers['x-amz-trailer'] ?? '')) return;
  throw new CloudFault(
    'InvalidRequest',
    'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
  );
}

const bypasses = (headers: Headers) =>
  headers['x-amz-bypass-governance-retention']?.trim().toLowerCase() === 'true';

/** @throws CloudFault AccessDenied where a version may not be deleted yet */
export function refuseLocked(object: S3Object | undefined, headers: Headers, now: number): void {
  const lock = object?.lock;
  if (!lock) return;
  const retained = lock.until !== undefined && lock.until > now;
  const bypassed = lock.mode === 'GOVERNANCE' && bypasses(headers);
  if (lock.hold !== 'ON' && (!retained || bypassed)) return;
  throw new CloudFault('AccessDenied', 'Access Denied because object protected by object lock.', 403);
}

/**
 * A new retention over an old one: a longer one of the same mode always; a shorter or weaker one never in COMPLIANCE,
 * and in GOVERNANCE only with the bypass.
 * @throws CloudFault AccessDenied
 */
export function checkNewRetention(
  before: Lock | undefined,
  mode: Mode | undefined,
  until: number,
  headers: Headers,
  now: number,
): void {
  if (before?.mode === undefined || before.until === undefined || before.until <= now) return;
  if (mode === before.mode && until >= before.until) return;
  if (before.mode === 'GOVERNANCE' && bypasses(headers)) return;
  throw new CloudFault('AccessDenied', 'Access Denied because object protected by object lock.', 403);
}

/** Headers of GET and HEAD that tell of a lock. */
export function lockHeaders(lock: Lock | undefined): Record<string, string> {
  if (!lock) return {};
  return {
    ...(lock.mode === undefined ? {} : { [`${PREFIX}mode`]: lock.mode }),
    ...(lock.until === undefined
      ? {}
      : { [`${PREFIX}retain-until-date`]: new Date(lock.until).toISOString() }),
    ...(lock.hold === undefined ? {} : { [`${PREFIX}legal-hold`]: lock.hold }),
  };
}
