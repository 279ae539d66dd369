import { CloudFault } from '../../core/service.ts';
import { child, children, parseXml, text, type XmlNode } from '../../core/xml.ts';
import { malformedXml } from './call.ts';
import type { Bucket } from './model.ts';

type Headers = Readonly<Record<string, string>>;

const SSE = 'x-amz-server-side-encryption';
const KEY_ID = `${SSE}-aws-kms-key-id`;
const BUCKET_KEY = `${SSE}-bucket-key-enabled`;
const CUSTOMER = `${SSE}-customer-`;

const ALGORITHMS: ReadonlySet<string> = new Set(['AES256', 'aws:kms', 'aws:kms:dsse']);

const isKms = (algorithm: string | undefined) => algorithm?.startsWith('aws:kms') ?? false;

const invalid = (message: string, ArgumentName: string) =>
  new CloudFault('InvalidArgument', message, 400, { ArgumentName });

function ruleOf(bucket: Bucket): XmlNode | undefined {
  const put = bucket.documents.get('encryption');
  return put ? child(parseXml(put, 'ServerSideEncryptionConfiguration'), 'Rule') : undefined;
}

/** Keys in answers are ARNs; a request may name one by its id or alias. */
function keyArn(bucket: Bucket, account: string, key: string | undefined): string {
  if (key?.startsWith('arn:')) return key;
  const name = key === undefined ? 'alias/aws/s3' : key.startsWith('alias/') ? key : `key/${key}`;
  return `arn:aws:kms:${bucket.region}:${account}:${name}`;
}

/**
 * How an object that is put is encrypted, as the headers that S3 answers with: as the request says, else as the bucket
 * does. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html
 * @throws CloudFault InvalidArgument; AccessDenied for a key of the customer's own, which new buckets refuse
 */
export function encryptionOf(headers: Headers, bucket: Bucket, account: string): Record<string, string> {
  checkCustomerKey(headers, bucket);
  const asked = headers[SSE];
  if (asked !== undefined && !ALGORITHMS.has(asked))
    throw invalid('The encryption method specified is not supported', SSE);
  if (headers[KEY_ID] !== undefined && !isKms(asked)) {
    throw invalid(
      'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      SSE,
    );
  }
  const rule = ruleOf(bucket);
  const standard = child(rule, 'ApplyServerSideEncryptionByDefault');
  const algorithm = asked ?? text(standard, 'SSEAlgorithm') ?? 'AES256';
  if (!isKms(algorithm)) return { [SSE]: algorithm };
  // The bucket's own key is for requests that leave the algorithm to the bucket, or name the same one.
  const same = text(standard, 'SSEAlgorithm') === algorithm ? text(standard, 'KMSMasterKeyID') : undefined;
  const bucketKey = headers[BUCKET_KEY] ?? text(rule, 'BucketKeyEnabled');
  return {
    [SSE]: algorithm,
    [KEY_ID]: keyArn(bucket, account, headers[KEY_ID] ?? (asked === undefined ? same : undefined)),
    ...(bucketKey?.trim().toLowerCase() === 'true' ? { [BUCKET_KEY]: 'true' } : {}),
  };
}

/**
 * Since April 2026 new buckets refuse keys of the customer's own:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html
 */
function checkCustomerKey(headers: Headers, bucket: Bucket): void {
  if (!Object.keys(headers).some((name) => name.startsWith(CUSTOMER))) return;
  if (headers[SSE] !== undefined) {
    throw invalid(
      'Server Side Encryption with Customer provided key is incompatible with the encryption method specified',
      SSE,
    );
  }
  const blocked = child(ruleOf(bucket), 'BlockedEncryptionTypes');
  const open = children(blocked, 'EncryptionType').includes('NONE');
  if (!open) {
    throw new CloudFault(
      'AccessDenied',
      'Requests specifying Server Side Encryption with Customer provided keys (SSE-C) are blocked for this bucket.',
      403,
    );
  }
  throw new CloudFault('NotImplemented', "The local cloud's S3 does not have SSE-C.", 501);
}

/** The encryption headers among those of an object or an upload. */
export function encryptionHeaders(headers: Headers): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name in headers) if (name.startsWith(SSE)) found[name] = headers[name] ?? '';
  return found;
}

/** @throws CloudFault MalformedXML, InvalidArgument */
export function checkEncryption(body: string): void {
  const rules = children(parseXml(body, 'ServerSideEncryptionConfiguration'), 'Rule');
  if (rules.length !== 1) throw malformedXml();
  const standard = child(rules[0], 'ApplyServerSideEncryptionByDefault');
  const types = children(child(rules[0], 'BlockedEncryptionTypes'), 'EncryptionType');
  if (types.some((type) => type !== 'NONE' && type !== 'SSE-C')) throw malformedXml();
  if (standard === undefined) {
    if (types.length === 0 && text(rules[0], 'BucketKeyEnabled') === undefined) throw malformedXml();
    return;
  }
  const algorithm = text(standard, 'SSEAlgorithm') ?? '';
  if (!ALGORITHMS.has(algorithm)) throw malformedXml();
  if (text(standard, 'KMSMasterKeyID') !== undefined && !isKms(algorithm)) {
    throw invalid(
      'a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse',
      'ApplyServerSideEncryptionByDefault',
    );
  }
}
