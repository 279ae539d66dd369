import { createHash } from 'node:crypto';
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  ListObjectsV2Command,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { type BucketHome, homeOf } from './bucket-region.ts';
import { writesOf } from './bucket-writes.ts';
import type { BulkStore } from './bulk-store.ts';
import { isMissing, lostCondition, tagAsked } from './errors.ts';
import type { ObjectHeaders, ObjectStore, PutRequest, StoredObject } from './object-store.ts';
import { type WriteHeaders, writeHeaderInput } from './write-headers.ts';

/** Keys that one DeleteObjects takes (https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html). */
const DELETE_BATCH = 1000;

/** Clients whose server is known to read ETags without quotes alone. */
const bareEtags = new WeakSet<S3Client>();

/** One bucket through the SDK. */
export function s3Store(client: S3Client, bucket: string): ObjectStore & Pick<BulkStore, 'stream'> {
  const writes = writesOf(client, bucket);
  const home = explained(homeOf(client, bucket), bucket);
  return {
    bucket,
    async *list(prefix, options = {}) {
      const input = {
        Bucket: bucket,
        Prefix: prefix,
        MaxKeys: options.pageSize ?? 1000,
        ...(options.startAfter ? { StartAfter: options.startAfter } : {}),
      };
      let token: string | undefined;
      do {
        const from = token ? { ContinuationToken: token } : {};
        const command = new ListObjectsV2Command({ ...input, ...from });
        const page = await home.send((at) => at.send(command));
        token = page.NextContinuationToken;
        yield (page.Contents ?? []).map(
          (object): StoredObject => ({
            key: object.Key ?? '',
            size: object.Size ?? 0,
            etag: unquote(object.ETag),
            modified: object.LastModified?.getTime() ?? 0,
          }),
        );
      } while (token);
    },
    async get(key) {
      try {
        const command = new GetObjectCommand({ Bucket: bucket, Key: key });
        const date = dateOf(command);
        const answer = await home.send((at) => at.send(command));
        writes.saw(answer.ServerSideEncryption, answer.SSEKMSKeyId);
        const bytes = (await answer.Body?.transformToByteArray()) ?? new Uint8Array();
        const body = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        return {
          body,
          etag: unquote(answer.ETag),
          headers: headersOf(answer),
          date: date(),
          modified: answer.LastModified?.getTime(),
        };
      } catch (error) {
        // A missing bucket is the user's mistake, a missing key an answer.
        if (isMissing(error) && (error as Error).name !== 'NoSuchBucket') return undefined;
        throw error;
      }
    },
    async stream(key) {
      try {
        const command = new GetObjectCommand({ Bucket: bucket, Key: key });
        const { Body } = await home.send((at) => at.send(command));
        // In Node it is a stream of bytes.
        return Body as unknown as AsyncIterable<Buffer>;
      } catch (error) {
        if (isMissing(error) && (error as Error).name !== 'NoSuchBucket') return undefined;
        throw error;
      }
    },
    async put(request) {
      const put = (bare: boolean) =>
        writes.write((headers) => putOnce(home, bucket, request, { bare, headers }));
      try {
        return await put(bareEtags.has(client));
      } catch (error) {
        if (!request.ifMatch || bareEtags.has(client) || !lostCondition(error)) throw error;
        // radosgw compares the condition with the bare ETag, so that a quoted one is always lost. The second question
        // stands under the same condition as the first: it can only be answered yes where that is the truth.
        const answer = await put(true);
        bareEtags.add(client);
        return answer;
      }
    },
    async deleteMany(keys) {
      const refusedKeys: { key: string; code: string; message: string }[] = [];
      for (let i = 0; i < keys.length; i += DELETE_BATCH) {
        const batch = keys.slice(i, i + DELETE_BATCH).map((Key) => ({ Key }));
        const command = new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects: batch, Quiet: true } });
        const answer = await home.send((at) => at.send(command));
        for (const e of answer.Errors ?? []) {
          refusedKeys.push({ key: e.Key ?? '', code: e.Code ?? '', message: e.Message ?? '' });
        }
      }
      return refusedKeys;
    },
    async delete(key, condition) {
      const ifMatch = condition?.ifMatch ? { IfMatch: `"${condition.ifMatch}"` } : {};
      const command = new DeleteObjectCommand({ Bucket: bucket, Key: key, ...ifMatch });
      await home.send((at) => at.send(command));
    },
  };
}

type Sending = Pick<BucketHome, 'send'>;

/** Errors say which bucket they are about, whoever meets them in the end. */
const explained = (home: BucketHome, bucket: string): Sending => ({
  send: (send) =>
    home.send(send).catch((error) => {
      throw tagAsked(error, { operation: 's3', resource: `s3://${bucket}` });
    }),
});

async function putOnce(
  home: Sending,
  bucket: string,
  request: PutRequest,
  { bare, headers }: { bare: boolean; headers: WriteHeaders },
) {
  const etag = bare ? request.ifMatch : `"${request.ifMatch}"`;
  const command = new PutObjectCommand({
    Bucket: bucket,
    Key: request.key,
    Body: request.body,
    // A bucket with Object Lock takes nothing without a checksum; this one is known to every server.
    ContentMD5: createHash('md5').update(request.body).digest('base64'),
    ...headerInput(request),
    ...writeHeaderInput(headers),
    ...(request.ifNoneMatch ? { IfNoneMatch: request.ifNoneMatch } : {}),
    ...(request.ifMatch ? { IfMatch: etag } : {}),
  });
  const date = dateOf(command);
  const answer = await home.send((at) => at.send(command));
  return { etag: unquote(answer.ETag), date: date() };
}

/** The `Date` header of the answer to `command`, which the SDK's typed output leaves out. Ask after `send`. */
function dateOf(command: GetObjectCommand | PutObjectCommand): () => number | undefined {
  let date: number | undefined;
  // The two commands differ in types that this middleware does not look at.
  const { middlewareStack } = command as GetObjectCommand;
  middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      const headers = (result.response as { headers?: Record<string, string> }).headers;
      const parsed = Date.parse(headers?.['date'] ?? '');
      date = Number.isNaN(parsed) ? undefined : parsed;
      return result;
    },
    { step: 'deserialize', name: 'wwhdServerDate' },
  );
  return () => date;
}

/** Our header names as the SDK's input fields. */
export function headerInput(headers: ObjectHeaders) {
  return {
    ...(headers.contentType ? { ContentType: headers.contentType } : {}),
    ...(headers.cacheControl ? { CacheControl: headers.cacheControl } : {}),
    ...(headers.contentEncoding ? { ContentEncoding: headers.contentEncoding } : {}),
    ...(headers.contentDisposition ? { ContentDisposition: headers.contentDisposition } : {}),
    ...(headers.contentLanguage ? { ContentLanguage: headers.contentLanguage } : {}),
    ...(headers.websiteRedirect ? { WebsiteRedirectLocation: headers.websiteRedirect } : {}),
    ...(headers.metadata ? { Metadata: { ...headers.metadata } } : {}),
  };
}

function headersOf(answer: GetObjectCommandOutput): ObjectHeaders {
  return {
    contentType: answer.ContentType,
    cacheControl: answer.CacheControl,
    contentEncoding: answer.ContentEncoding,
    contentDisposition: answer.ContentDisposition,
    contentLanguage: answer.ContentLanguage,
    websiteRedirect: answer.WebsiteRedirectLocation,
    metadata: answer.Metadata,
  };
}

const unquote = (etag: string | undefined) => (etag ?? '').replace(/^(W\/)?"(.*)"$/, '$2');
