import { CloudFault, type CloudRequest, type CloudResponse } from '../../core/service.ts';
import { document, type XmlValue } from '../../core/xml.ts';
import { hasWriteCondition, writeCondition } from './conditions.ts';
import type { Bucket, S3Object } from './model.ts';
import type { S3Store } from './store.ts';

/** What an operation works with. */
export interface Call {
  readonly request: CloudRequest;
  readonly store: S3Store;
  readonly operation: string;
  readonly bucketName: string;
  readonly key: string;
  /** The bucket as it is now. @throws CloudFault NoSuchBucket, and those of a wrong region */
  bucket(): Bucket;
}

export type Handler = (call: Call) => Promise<CloudResponse> | CloudResponse;

export const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

const XML = { 'content-type': 'application/xml' };

export function xml(root: string, value: { readonly [name: string]: XmlValue }, headers = {}): CloudResponse {
  return { status: 200, headers: { ...XML, ...headers }, body: document(root, value, NAMESPACE) };
}

export const empty = (status: number, headers: Record<string, string> = {}): CloudResponse => ({
  status,
  headers,
});

export const malformedXml = () =>
  new CloudFault(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );

/**
 * Runs a write under the conditions of its request. They are judged when it begins, to refuse early, and again when it
 * is to take effect; a delete of the key in between is a conflict (409), as in AWS.
 */
export async function conditionally<T>(
  call: Call,
  work: () => Promise<T>,
  commit: (result: T, bucket: Bucket) => S3Object,
  discard: (result: T) => void,
): Promise<S3Object> {
  const { request, key, bucketName, store } = call;
  const first = call.bucket();
  const conditional =
    hasWriteCondition(request.headers) &&
    !store.context.fault('s3', 'ignore-conditions', `${bucketName}/${key}`, call.operation);
  if (!conditional) return commit(await work(), call.bucket());
  writeCondition(request.headers, key, first.objects.get(key));
  const write = { deleted: false };
  const pending = first.pending.get(key) ?? new Set();
  first.pending.set(key, pending.add(write));
  try {
    const result = await work();
    try {
      const bucket = call.bucket();
      if (write.deleted) throw conflict(key);
      writeCondition(request.headers, key, bucket.objects.get(key));
      return commit(result, bucket);
    } catch (error) {
      discard(result);
      throw error;
    }
  } finally {
    pending.delete(write);
    if (pending.size === 0) first.pending.delete(key);
  }
}

const conflict = (key: string) =>
  new CloudFault(
    'ConditionalRequestConflict',
    'The conditional request cannot succeed due to a conflicting operation against this resource.',
    409,
    { Key: key },
  );

/** A query parameter that is a number. @throws CloudFault InvalidArgument */
export function numberParameter(query: URLSearchParams, name: string, fallback: number, max: number): number {
  const text = query.get(name);
  if (text === null || text === '') return fallback;
  const value = Number(text);
  if (!/^-?\d+$/.test(text) || value < 0 || value > 2147483647) {
    throw new CloudFault(
      'InvalidArgument',
      `Argument ${name} must be an integer between 0 and 2147483647`,
      400,
      { ArgumentName: name, ArgumentValue: text },
    );
  }
  return Math.min(value, max);
}
