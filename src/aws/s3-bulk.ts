import { HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { homeOf } from './bucket-region.ts';
import { writesOf } from './bucket-writes.ts';
import {
  type BulkStore,
  compareKeys,
  type ListSegment,
  type ObjectDigests,
  segmentsOf,
} from './bulk-store.ts';
import { awsProblem, readAwsError } from './errors.ts';
import { parseListPage, xmlText } from './list-xml.ts';
import type { ObjectHeaders, StoredObject } from './object-store.ts';
import { type AnswerHead, S3Sender, type SenderOptions } from './s3-sender.ts';
import { s3Store } from './s3-store.ts';
import { encodeAll, encodeKey } from './sigv4.ts';
import { writeHeaderLines } from './write-headers.ts';

/** Pages of a listing that are asked for at once: a page takes a megabyte until it is read, so fewer of very many. */
const listersFor = (pages: number) => (pages > 32 ? 8 : 16);

/**
 * One bucket by a leaner path than the SDK's, for requests by the thousand: the SDK still finds the endpoint and the
 * credentials, and still does everything rare.
 * @throws ActionError `refused` without a region or credentials
 */
export async function bulkStore(
  client: S3Client,
  bucket: string,
  options: SenderOptions,
): Promise<BulkStore> {
  const home = homeOf(client, bucket);
  const sender = await S3Sender.open(home, bucket, options).catch((error) => {
    // No region, no credentials, a name that no endpoint can be made of: nothing has been sent.
    throw awsProblem(error, { operation: 's3:ListBucket', resource: `s3://${bucket}` });
  });
  const writes = writesOf(client, bucket);
  return {
    ...s3Store(client, bucket),
    async putContent(key, content, headers) {
      const answer = await writes.write((extra) =>
        sender.send({
          operation: 'PutObject',
          method: 'PUT',
          key,
          headers: {
            ...headerLines(headers),
            ...writeHeaderLines(extra),
            'content-length': String(content.size),
            'content-md5': Buffer.from(content.md5, 'hex').toString('base64'),
            // Kept with the object: it proves the bytes where the ETag is not their MD5.
            'x-amz-checksum-sha256': Buffer.from(content.sha256, 'hex').toString('base64'),
          },
          payload: content.sha256,
          open: content.open,
        }),
      );
      return { etag: unquote(answer.headers['etag']) };
    },
    async copy(request) {
      const { from } = request;
      const answer = await writes.write((extra) =>
        sender.send({
          operation: 'CopyObject',
          method: 'PUT',
          key: request.key,
          headers: {
            ...headerLines(request),
            ...writeHeaderLines(extra),
            'content-length': '0',
            'x-amz-copy-source': `/${from.bucket}/${encodeKey(from.key)}`,
            ...(from.etag ? { 'x-amz-copy-source-if-match': `"${from.etag}"` } : {}),
            'x-amz-metadata-directive': 'REPLACE',
          },
        }),
      );
      return { etag: unquote(xmlText(answer.text, 'ETag')) };
    },
    async listAll(prefix, ends = []) {
      const parts = segmentsOf(ends);
      const pages = await pMap(parts, (part) => listSegment(sender, prefix, part), {
        concurrency: listersFor(parts.length),
      });
      return pages.flat();
    },
    async read(key, { headersOnly } = {}) {
      const request = { operation: 'GetObject', method: 'GET', key };
      const answer = await sender.open(
        headersOnly ? { ...request, headers: { range: 'bytes=0-0' } } : request,
      );
      return { body: answer, headers: headersFrom(answer) };
    },
    digests: (key) => digestsOf(client, bucket, key),
    carry: (headers) => writes.carry(headers),
    async isPublicByAcl(key) {
      try {
        const answer = await sender.send({ operation: 'GetObjectAcl', method: 'GET', key, query: 'acl=' });
        return EVERYBODY_READS.test(answer.text);
      } catch (error) {
        const { kind, status } = readAwsError(error);
        // Without the right to read it, and on servers without ACLs, nobody can tell.
        if (kind === 'denied' || kind === 'missing' || status === 501 || status === 405) return undefined;
        throw error;
      }
    },
    close: () => sender.close(),
  };
}

async function digestsOf(client: S3Client, bucket: string, key: string): Promise<ObjectDigests> {
  const head = await client.send(
    new HeadObjectCommand({ Bucket: bucket, Key: key, ChecksumMode: 'ENABLED' }),
  );
  const sha256 = Buffer.from(head.ChecksumSHA256 ?? '', 'base64');
  // That of a multipart upload is of the parts' checksums, and ends in `-<parts>`
  // (https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html).
  const whole = head.ChecksumType !== 'COMPOSITE' && !head.ChecksumSHA256?.includes('-');
  return {
    etag: unquote(head.ETag),
    sha256: whole && sha256.length === 32 ? sha256.toString('hex') : undefined,
  };
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html */
const EVERYBODY_READS = /groups\/global\/AllUsers<\/URI>\s*<\/Grantee>\s*<Permission>(?:READ|FULL_CONTROL)</;

async function listSegment(sender: S3Sender, prefix: string, part: ListSegment): Promise<StoredObject[]> {
  const found: StoredObject[] = [];
  let token: string | undefined;
  do {
    const query = [
      ...(token ? [`continuation-token=${encodeAll(token)}`] : []),
      'encoding-type=url',
      'list-type=2',
      ...(prefix ? [`prefix=${encodeAll(prefix)}`] : []),
      ...(part.after !== undefined && !token ? [`start-after=${encodeAll(part.after)}`] : []),
    ].join('&');
    const answer = await sender.send({
      operation: 'ListObjectsV2',
      method: 'GET',
      key: '',
      query,
    });
    const page = parseListPage(answer.text);
    for (const object of page.objects) {
      if (part.until !== undefined && compareKeys(object.key, part.until) > 0) return found;
      found.push(object);
    }
    const last = page.objects.at(-1);
    // The stretch ends here although the listing goes on: the next one is asked for by another request.
    if (part.until !== undefined && last && compareKeys(last.key, part.until) >= 0) return found;
    token = page.next;
  } while (token);
  return found;
}

function headerLines(headers: ObjectHeaders): Record<string, string> {
  const lines: Record<string, string> = {};
  const put = (name: string, value: string | undefined) => {
    if (value) lines[name] = value;
  };
  put('content-type', headers.contentType);
  put('cache-control', headers.cacheControl);
  put('content-encoding', headers.contentEncoding);
  put('content-disposition', headers.contentDisposition);
  put('content-language', headers.contentLanguage);
  put('x-amz-website-redirect-location', headers.websiteRedirect);
  for (const [name, value] of Object.entries(headers.metadata ?? {})) put(`x-amz-meta-${name}`, value);
  return lines;
}

function headersFrom(answer: AnswerHead): ObjectHeaders {
  const h = answer.headers as Record<string, string | undefined>;
  const metadata = Object.entries(h).flatMap(([name, value]) =>
    name.startsWith('x-amz-meta-') ? [[name.slice('x-amz-meta-'.length), value ?? '']] : [],
  );
  return {
    contentType: h['content-type'],
    cacheControl: h['cache-control'],
    contentEncoding: h['content-encoding'],
    contentDisposition: h['content-disposition'],
    contentLanguage: h['content-language'],
    websiteRedirect: h['x-amz-website-redirect-location'],
    ...(metadata.length > 0 ? { metadata: Object.fromEntries(metadata) } : {}),
  };
}

const unquote = (etag: string | string[] | undefined) => String(etag ?? '').replaceAll('"', '');
