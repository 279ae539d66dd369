import { CloudFault } from '../../core/service.ts';
import { document } from '../../core/xml.ts';
import { type Handler, NAMESPACE } from './call.ts';
import type { S3Object } from './model.ts';

const KNOWN: ReadonlySet<string> = new Set(['ETag', 'Checksum', 'ObjectParts', 'StorageClass', 'ObjectSize']);

/** Parts of one page: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html */
const MAX_PAGE = 1000;

/** @throws CloudFault InvalidRequest, InvalidArgument */
function askedFor(header: string | undefined): ReadonlySet<string> {
  if (header === undefined || header.trim() === '') {
    throw new CloudFault(
      'InvalidRequest',
      'The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty',
    );
  }
  const asked = header.split(',').map((one) => one.trim());
  if (asked.every((one) => KNOWN.has(one))) return new Set(asked);
  throw new CloudFault('InvalidArgument', 'Invalid attribute name specified.', 400, {
    ArgumentName: 'x-amz-object-attributes',
    ArgumentValue: header,
  });
}

function numberHeader(header: string | undefined, fallback: number): number {
  if (header === undefined) return fallback;
  if (/^\d+$/.test(header)) return Number(header);
  throw new CloudFault('InvalidArgument', 'Provided value is not an integer or within integer range');
}

/** The parts are told only of an upload whose checksum its client chose. */
function partsOf(object: S3Object, headers: Readonly<Record<string, string>>) {
  if (!object.multipart) return undefined;
  const { checksum } = object;
  const told = checksum?.type === 'COMPOSITE' ? (object.parts ?? []) : [];
  const max = Math.min(numberHeader(headers['x-amz-max-parts'], MAX_PAGE), MAX_PAGE);
  const marker = numberHeader(headers['x-amz-part-number-marker'], 0);
  const after = told.filter((part) => part.number > marker);
  const page = after.slice(0, max);
  const PartsCount = object.blobs.length;
  if (told.length === 0) return { PartsCount };
  return {
    PartsCount,
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: max,
    IsTruncated: after.length > page.length,
    Part: page.map((part) => ({
      PartNumber: part.number,
      Size: part.size,
      [`Checksum${checksum?.algorithm}`]: part.checksum,
    })),
  };
}

export const getObjectAttributes: Handler = ({ request, store, bucket, key }) => {
  const object = store.object(bucket(), key, request.query.get('versionId') ?? undefined);
  const asked = askedFor(request.headers['x-amz-object-attributes']);
  const { checksum } = object;
  const value = <T>(name: string, of: T) => (asked.has(name) ? of : undefined);
  return {
    status: 200,
    headers: {
      'content-type': 'application/xml',
      'last-modified': new Date(object.modified).toUTCString(),
      ...(object.versionId === 'null' ? {} : { 'x-amz-version-id': object.versionId }),
    },
    body: document(
      'GetObjectAttributesResponse',
      {
        ETag: value('ETag', object.etag),
        Checksum: value(
          'Checksum',
          // Without the number of parts, which the headers of GET and HEAD have behind it.
          checksum && {
            [`Checksum${checksum.algorithm}`]: checksum.value.replace(/-\d+$/, ''),
            ChecksumType: checksum.type,
          },
        ),
        ObjectParts: value('ObjectParts', partsOf(object, request.headers)),
        StorageClass: value('StorageClass', object.headers['x-amz-storage-class'] ?? 'STANDARD'),
        ObjectSize: value('ObjectSize', object.size),
      },
      NAMESPACE,
    ),
  };
};
