import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { CloudFault, type CloudResponse } from '../../core/service.ts';
import { children, parseXml, text } from '../../core/xml.ts';
import { hashSink } from './blobs.ts';
import { type Call, conditionally, type Handler, malformedXml, xml } from './call.ts';
import {
  ALGORITHMS,
  type Algorithm,
  type Checksum,
  type ChecksumType,
  checksumHeader,
  compositeChecksum,
  hasher,
} from './checksum.ts';
import { lockOf } from './lock.ts';
import type { Part, Upload } from './model.ts';
import { MAX_PARTS, noSuchUpload, uploadOf } from './multipart.ts';
import { readObject } from './read.ts';
import { receiveDocument } from './receive.ts';
import { errorIn200, writeHeaders } from './write.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MIN_PART = 5 * 1024 ** 2;

interface NamedPart {
  readonly number: number;
  readonly part: Part;
}

/** The parts that a completion names. @throws CloudFault InvalidPart, InvalidPartOrder, EntityTooSmall, MalformedXML */
function namedParts(body: string, upload: Upload): NamedPart[] {
  const nodes = children(parseXml(body, 'CompleteMultipartUpload'), 'Part');
  if (nodes.length === 0 || nodes.length > MAX_PARTS) throw malformedXml();
  let before = 0;
  const named = nodes.map((node) => {
    const number = Number(text(node, 'PartNumber'));
    const etag = text(node, 'ETag')
      ?.trim()
      .replace(/^"(.*)"$/, '$1');
    if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
    if (number <= before) {
      throw new CloudFault(
        'InvalidPartOrder',
        'The list of parts was not in ascending order. The parts list must be specified in order by part number.',
        400,
        { UploadId: upload.id },
      );
    }
    before = number;
    const part = upload.parts.get(number);
    const given = upload.algorithm && text(node, `Checksum${upload.algorithm}`);
    if (!part || part.etag !== etag || (given && given !== part.checksum)) {
      throw new CloudFault(
        'InvalidPart',
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
        400,
        { UploadId: upload.id, PartNumber: String(number), ETag: etag },
      );
    }
    return { number, part };
  });
  for (const { number, part } of named.slice(0, -1)) {
    if (part.blob.size < MIN_PART) {
      throw new CloudFault(
        'EntityTooSmall',
        'Your proposed upload is smaller than the minimum allowed size',
        400,
        {
          ProposedSize: String(part.blob.size),
          MinSizeAllowed: String(MIN_PART),
          PartNumber: String(number),
          ETag: part.etag,
        },
      );
    }
  }
  return named;
}

/** Its checksums are those of the object, and not of the list of parts in the body. */
const aboutBody = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-amz-checksum-')));

export const completeMultipartUpload: Handler = async (call): Promise<CloudResponse> => {
  const { request, store, key, bucketName } = call;
  const id = request.query.get('uploadId') ?? '';
  const done = store.completed.get(id);
  if (done && done.key === key && call.bucket()) return completed(bucketName, key, done.etag, done.checksum);
  const upload = uploadOf(call);
  const body = await receiveDocument(request, aboutBody(request.headers));
  const named = namedParts(body, upload);
  const size = named.reduce((sum, { part }) => sum + part.blob.size, 0);
  const expected = request.headers['x-amz-mp-object-size'];
  if (expected !== undefined && Number(expected) !== size) {
    throw new CloudFault(
      'InvalidRequest',
      'The provided x-amz-mp-object-size header does not match the sum of the sizes of the parts.',
    );
  }
  errorIn200(call);
  const md5 = createHash('md5');
  for (const { part } of named) md5.update(Buffer.from(part.etag, 'hex'));
  const etag = `${md5.digest('hex')}-${named.length}`;
  const object = await conditionally(
    call,
    () => wholeChecksum(call, upload, named, size),
    (checksum, bucket) => {
      if (!store.uploads.has(id)) throw noSuchUpload(id);
      const kept = new Set(named.map(({ number }) => number));
      const blobs = named.map(({ part }) => part.blob);
      for (const [number, part] of upload.parts) if (!kept.has(number)) store.blobs.release(part.blob);
      store.uploads.delete(id);
      store.completed.set(id, { etag, key, checksum });
      const { headers, metadata, tags, acl } = upload;
      const lock = upload.lock ?? lockOf({}, bucket, store.context.now());
      return store.put(bucket, key, {
        blobs,
        size,
        etag,
        headers,
        metadata,
        tags,
        checksum,
        multipart: true,
        parts: named.map(({ number, part }) => ({ number, size: part.blob.size, checksum: part.checksum })),
        acl,
        lock,
      });
    },
    () => {},
  );
  const headers = writeHeaders(object);
  delete headers['etag'];
  for (const name in headers) if (name.startsWith('x-amz-checksum-')) delete headers[name];
  return completed(bucketName, key, etag, object.checksum, headers);
};

const completed = (
  bucket: string,
  key: string,
  etag: string,
  checksum?: Checksum,
  headers = {},
): CloudResponse =>
  xml(
    'CompleteMultipartUploadResult',
    {
      Location: `https://${bucket}.s3.amazonaws.com/${encodeURIComponent(key)}`,
      Bucket: bucket,
      Key: key,
      ETag: `"${etag}"`,
      ...(checksum ? { [`Checksum${checksum.algorithm}`]: checksum.value, ChecksumType: checksum.type } : {}),
    },
    headers,
  );

/** A checksum of another algorithm or type than the upload's. @throws CloudFault InvalidRequest */
function checkPromise(call: Call, algorithm: Algorithm, type: ChecksumType): void {
  const { headers } = call.request;
  const other = ALGORITHMS.find((a) => a !== algorithm && headers[checksumHeader(a)] !== undefined);
  if (other) {
    throw new CloudFault(
      'InvalidRequest',
      `Checksum Type mismatch occurred, expected checksum Type: ${algorithm.toLowerCase()}, actual checksum Type: ${other.toLowerCase()}`,
    );
  }
  const asked = headers['x-amz-checksum-type'];
  if (asked !== undefined && asked !== type) {
    throw new CloudFault(
      'InvalidRequest',
      `The upload was created using the ${type} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
}

/** @throws CloudFault BadDigest where the request promised another */
async function wholeChecksum(
  call: Call,
  upload: Upload,
  named: readonly NamedPart[],
  size: number,
): Promise<Checksum> {
  const algorithm = upload.algorithm ?? 'CRC64NVME';
  const type = upload.checksumType ?? 'FULL_OBJECT';
  checkPromise(call, algorithm, type);
  let value: string;
  if (type === 'COMPOSITE')
    value = compositeChecksum(
      algorithm,
      named.map(({ part }) => part.checksum),
    );
  else {
    const sum = hasher(algorithm);
    const object = { blobs: named.map(({ part }) => part.blob) };
    await pipeline(readObject(call.store.blobs, object, 0, size), hashSink([sum]));
    value = sum.digest().toString('base64');
  }
  const given = call.request.headers[checksumHeader(algorithm)];
  if (given !== undefined && given !== value && !(type === 'COMPOSITE' && value.startsWith(given))) {
    throw new CloudFault(
      'BadDigest',
      `The ${algorithm} you specified did not match the calculated checksum.`,
    );
  }
  return { algorithm, value, type };
}
