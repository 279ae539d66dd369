import { join } from 'node:path';
import {
  type CloudContext,
  CloudFault,
  type CloudRequest,
  type CloudResponse,
  type Service,
  type WireFault,
} from '../../core/service.ts';
import { document } from '../../core/xml.ts';
import { authorize, hideMissing } from './authorize.ts';
import { BlobStore } from './blobs.ts';
import { type Call, malformedXml } from './call.ts';
import { corsHeaders, corsRequest, withHeaders } from './cors.ts';
import { addressOf, copySource } from './names.ts';
import { OPERATION_NAMES, operationOf } from './operations.ts';
import { storePieces } from './saved.ts';
import { S3Store } from './store.ts';
import { refuseUnsupported } from './unsupported.ts';

export interface S3Service extends Service {
  /** For services that read S3 themselves, as the CDN does. */
  readonly store: S3Store;
}

export function s3Service(context: CloudContext): S3Service {
  const store = new S3Store(context, new BlobStore(join(context.dataDir, 's3'), context.durable));
  return {
    name: 's3',
    dialect: () => 's3',
    operations: OPERATION_NAMES,
    store,
    admitsPage: (request) => cors(store, request) !== undefined,
    handle: async (request) => withHeaders(await handle(store, request), cors(store, request)),
    fault: (error, request) => withHeaders(s3Fault(error, request), cors(store, request)),
    wireFault: s3WireFault,
    pieces: storePieces(store),
    inspect: () => inspect(store),
  };
}

async function handle(store: S3Store, request: CloudRequest): Promise<CloudResponse> {
  if (request.method === 'OPTIONS') return preflight(store, request);
  const address = addressOf(request.host, request.rawPath);
  const operation = operationOf(request.method, address, request.query, request.headers);
  const call: Call = {
    request,
    store,
    operation: operation.name,
    bucketName: address.bucket,
    key: address.key,
    bucket: () => store.bucket(address.bucket, request),
  };
  await request.enter({
    operation: operation.name,
    resource: address.key === '' ? address.bucket : `${address.bucket}/${address.key}`,
    source: sourceName(request),
    mutating: operation.mutating,
    iam: operation.iam,
  });
  refuseOtherSchemes(request);
  refuseUnsupported(request.headers);
  authorize(call, operation.iam);
  try {
    return await operation.handle(call);
  } catch (error) {
    throw hideMissing(call, error);
  } finally {
    if (operation.mutating) touch(call);
  }
}

/** What a request is about is kept as it stands after it; the store tells of what else it changed. */
function touch({ store, request, bucketName, key }: Call): void {
  if (key === '') store.touched.bucket(bucketName);
  else store.touched.key(bucketName, key);
  const upload = request.query.get('uploadId');
  const part = request.query.get('partNumber');
  if (upload !== null) store.touched.upload(upload, part === null ? undefined : Number(part));
}

/** What the bucket's CORS configuration adds to the answer; `undefined` where it does not have this page's request. */
function cors(store: S3Store, request: CloudRequest): Readonly<Record<string, string>> | undefined {
  const asked = corsRequest(request.method, request.headers);
  if (!asked) return undefined;
  try {
    const bucket = store.buckets.get(addressOf(request.host, request.rawPath).bucket);
    return corsHeaders(bucket?.documents.get('cors'), asked);
  } catch {
    // A path that cannot be read names no bucket.
    return undefined;
  }
}

/** @throws CloudFault BadRequest where it is no preflight, AccessForbidden where the bucket does not have it */
function preflight(store: S3Store, request: CloudRequest): CloudResponse {
  if (!request.headers['origin'])
    throw new CloudFault('BadRequest', 'Insufficient information. Origin request header needed.', 400);
  if (cors(store, request)) return { status: 200 };
  const bucket = store.buckets.get(addressOf(request.host, request.rawPath).bucket);
  const why = bucket?.documents.has('cors')
    ? "This CORS request is not allowed. This is usually because the evalution of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec."
    : 'CORS is not enabled for this bucket.';
  throw new CloudFault('AccessForbidden', `CORSResponse: ${why}`, 403);
}

/** What a copy reads, for the request log; a source that is not well formed is refused by the operation. */
function sourceName(request: CloudRequest): string | undefined {
  const header = request.headers['x-amz-copy-source'];
  if (header === undefined) return undefined;
  try {
    const { bucket, key } = copySource(header);
    return `${bucket}/${key}`;
  } catch {
    return undefined;
  }
}

/** @throws CloudFault InvalidArgument for `Basic` and others that S3 does not have */
function refuseOtherSchemes(request: CloudRequest): void {
  const authorization = request.headers['authorization'];
  if (request.signed || authorization === undefined) return;
  throw new CloudFault('InvalidArgument', 'Unsupported Authorization Type', 400, {
    ArgumentName: 'Authorization',
    ArgumentValue: authorization,
  });
}

function s3Fault(error: CloudFault, request: CloudRequest): CloudResponse {
  // Cores that know nothing of XML say SerializationException; S3 has a word of its own.
  const fault = error.code === 'SerializationException' ? malformedXml() : error;
  const method = fault.code === 'MethodNotAllowed' ? { Method: request.method } : {};
  return {
    status: fault.status,
    headers: { 'content-type': 'application/xml', ...fault.headers },
    body: document('Error', {
      Code: fault.code,
      Message: fault.message,
      ...method,
      ...fault.extra,
      Resource: request.rawPath,
      RequestId: request.id,
      HostId: 'local-cloud',
    }),
  };
}

function s3WireFault(kind: WireFault): CloudFault {
  if (kind === 'throttle') return new CloudFault('SlowDown', 'Please reduce your request rate.', 503);
  if (kind === 'denied') return new CloudFault('AccessDenied', 'Access Denied', 403);
  return new CloudFault('ExpiredToken', 'The provided token has expired.', 400);
}

/** For `GET /_cloud/state/s3`: every object with what a test would judge. */
function inspect(store: S3Store): unknown {
  return {
    buckets: Object.fromEntries(
      [...store.buckets.values()].map((bucket) => [
        bucket.name,
        {
          region: bucket.region,
          versioning: bucket.versioning ?? null,
          objects: Object.fromEntries(
            bucket.objects.keys().map((key) => {
              const { etag, size, modified, headers, metadata } = bucket.objects.get(key) ?? {};
              return [key, { etag, size, modified, headers, metadata }];
            }),
          ),
        },
      ]),
    ),
    uploads: [...store.uploads.values()].map(({ id, bucket, key, parts }) => ({
      id,
      bucket,
      key,
      parts: parts.size,
    })),
  };
}
