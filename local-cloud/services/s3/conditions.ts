import { CloudFault } from '../../core/service.ts';
import type { S3Object } from './model.ts';
import { unsupportedHeader } from './unsupported.ts';

type Headers = Readonly<Record<string, string>>;

const unquote = (etag: string) => etag.trim().replace(/^W\//, '').replace(/^"|"$/g, '');

/** `*`, or one or more entity tags; strong comparison, one quote or both may be missing as S3 allows. */
export function etagMatches(header: string, etag: string): boolean {
  return header.trim() === '*' || header.split(',').some((one) => unquote(one) === etag);
}

const seconds = (header: string) => {
  const ms = Date.parse(header);
  return Number.isNaN(ms) ? undefined : Math.floor(ms / 1000);
};

const failed = (condition: string) =>
  new CloudFault('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
    Condition: condition,
  });

export type ReadVerdict = 'ok' | 'not-modified';

/**
 * Conditions of GET and HEAD, in HTTP's order (RFC 9110, 13.2.2): an entity tag outweighs a date.
 * @throws CloudFault PreconditionFailed
 */
export function readCondition(headers: Headers, object: Pick<S3Object, 'etag' | 'modified'>): ReadVerdict {
  const modified = Math.floor(object.modified / 1000);
  const match = headers['if-match'];
  const unmodified = seconds(headers['if-unmodified-since'] ?? '');
  if (match !== undefined) {
    if (!etagMatches(match, object.etag)) throw failed('If-Match');
  } else if (unmodified !== undefined && modified > unmodified) throw failed('If-Unmodified-Since');
  const noneMatch = headers['if-none-match'];
  const since = seconds(headers['if-modified-since'] ?? '');
  if (noneMatch !== undefined) return etagMatches(noneMatch, object.etag) ? 'not-modified' : 'ok';
  return since !== undefined && modified <= since ? 'not-modified' : 'ok';
}

/**
 * Conditions on the source of a copy, `x-amz-copy-source-if-*`.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_CopyObject.html
 * @throws CloudFault PreconditionFailed
 */
export function copyCondition(headers: Headers, object: Pick<S3Object, 'etag' | 'modified'>): void {
  const of = (name: string) => headers[`x-amz-copy-source-if-${name}`];
  const conditions: Record<string, string> = {};
  for (const name of ['match', 'none-match', 'modified-since', 'unmodified-since']) {
    const value = of(name);
    if (value !== undefined) conditions[`if-${name}`] = value;
  }
  if (readCondition(conditions, object) === 'not-modified') throw failed('x-amz-copy-source-If-None-Match');
}

/**
 * Conditions of a write: `If-None-Match: *` to create, `If-Match` to replace
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).
 * @param current the object that is there now
 * @throws CloudFault PreconditionFailed, NoSuchKey, NotImplemented
 */
export function writeCondition(
  headers: Headers,
  key: string,
  current: Pick<S3Object, 'etag'> | undefined,
): void {
  const match = headers['if-match'];
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined && (noneMatch.trim() !== '*' || match !== undefined)) {
    throw unsupportedHeader('If-None-Match');
  }
  if (noneMatch !== undefined && current) throw failed('If-None-Match');
  if (match === undefined) return;
  if (!current) throw new CloudFault('NoSuchKey', 'The specified key does not exist.', 404, { Key: key });
  if (!etagMatches(match, current.etag)) throw failed('If-Match');
}

export const hasWriteCondition = (headers: Headers): boolean =>
  headers['if-match'] !== undefined || headers['if-none-match'] !== undefined;
