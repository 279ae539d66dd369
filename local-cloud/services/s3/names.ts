import { CloudFault } from '../../core/service.ts';

const RESERVED_START = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_END = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export function isBucketName(name: string): boolean {
  return (
    /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) &&
    !name.includes('..') &&
    !/^\d+\.\d+\.\d+\.\d+$/.test(name) &&
    !RESERVED_START.some((start) => name.startsWith(start)) &&
    !RESERVED_END.some((end) => name.endsWith(end))
  );
}

/** Bytes of a key in UTF-8: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY = 1024;

/** @throws CloudFault KeyTooLongError */
export function checkKey(key: string): void {
  const size = Buffer.byteLength(key, 'utf8');
  if (size > MAX_KEY) {
    throw new CloudFault('KeyTooLongError', 'Your key is too long', 400, {
      Size: String(size),
      MaxSizeAllowed: String(MAX_KEY),
    });
  }
}

/** What a request is about: the service (no bucket), a bucket (empty key) or an object. */
export interface Address {
  readonly bucket: string;
  readonly key: string;
  /** The bucket was named by the host. */
  readonly virtual: boolean;
}

/** Hosts of which everything before is a bucket: AWS's own, and `*.localhost` for a laptop. */
const VIRTUAL_HOST =
  /^(.+?)\.(?:s3(?:[.-][a-z0-9-]+)*\.amazonaws\.com(?:\.cn)?|s3(?:\.[a-z0-9-]+)?\.localhost|localhost)$/i;

/**
 * Bucket and key of a request, path style (`/bucket/key`) or virtual-host style (`bucket.localhost`).
 * @throws CloudFault InvalidURI where the path is not well-formed UTF-8 in percent-encoding
 */
export function addressOf(host: string, rawPath: string): Address {
  const name = host.replace(/:\d+$/, '');
  const virtual = VIRTUAL_HOST.exec(name)?.[1];
  if (virtual !== undefined && virtual !== 's3')
    return { bucket: virtual, key: decode(rawPath.slice(1)), virtual: true };
  const slash = rawPath.indexOf('/', 1);
  const bucket = decode(slash < 0 ? rawPath.slice(1) : rawPath.slice(1, slash));
  return { bucket, key: slash < 0 ? '' : decode(rawPath.slice(slash + 1)), virtual: false };
}

function decode(text: string): string {
  if (!text.includes('%')) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    throw new CloudFault('InvalidURI', "Couldn't parse the specified URI.", 400, { URI: text });
  }
}

/** Bucket, key and version of `x-amz-copy-source`, with or without a first slash, percent-encoded. */
export function copySource(header: string): { bucket: string; key: string; versionId: string | undefined } {
  const mark = header.indexOf('?versionId=');
  const path = mark < 0 ? header : header.slice(0, mark);
  const plain = decode(path.startsWith('/') ? path.slice(1) : path);
  const slash = plain.indexOf('/');
  if (slash <= 0 || slash === plain.length - 1) {
    throw new CloudFault(
      'InvalidArgument',
      'Copy Source must mention the source bucket and key: sourcebucket/sourcekey',
      400,
      { ArgumentName: 'x-amz-copy-source', ArgumentValue: header },
    );
  }
  return {
    bucket: plain.slice(0, slash),
    key: plain.slice(slash + 1),
    versionId: mark < 0 ? undefined : header.slice(mark + '?versionId='.length),
  };
}
