import { child, parseXml, text } from '../../../core/xml.ts';
import { mayAnyone } from '../../s3/authorize.ts';
import type { Bucket, S3Object } from '../../s3/model.ts';
import type { S3Store } from '../../s3/store.ts';
import { buffered, type OriginAnswer, type OriginRequest, s3Answer } from './answer.ts';

const page = (status: number, code: string, headers: Record<string, string> = {}): OriginAnswer =>
  buffered(
    status,
    { 'content-type': 'text/html; charset=utf-8', server: 'AmazonS3', ...headers },
    Buffer.from(
      `<html><head><title>${status} ${code}</title></head><body><h1>${status} ${code}</h1></body></html>`,
    ),
  );

/**
 * A bucket's website endpoint: index and error documents, redirects of objects, and only what the policy opens to
 * everyone. https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
 */
export function askWebsite(store: S3Store, name: string, request: OriginRequest): OriginAnswer {
  const bucket = store.buckets.get(name);
  if (!bucket) return page(404, 'NoSuchBucket');
  const configuration = bucket.documents.get('website');
  if (!configuration) return page(404, 'NoSuchWebsiteConfiguration');
  const document = parseXml(configuration, 'WebsiteConfiguration');
  const index = text(child(document, 'IndexDocument'), 'Suffix') ?? 'index.html';
  let key: string;
  try {
    key = decodeURIComponent(request.path.slice(1));
  } catch {
    return page(400, 'InvalidURI');
  }
  const wanted = key === '' || key.endsWith('/') ? key + index : key;
  const object = readable(bucket, wanted);
  if (object === undefined && wanted === key && bucket.objects.has(`${key}/${index}`)) {
    return page(302, 'Found', { location: `${request.path}/` });
  }
  if (typeof object === 'object') return serve(store, object);
  const missing = object === undefined ? 404 : 403;
  const errorPage = readable(bucket, text(child(document, 'ErrorDocument'), 'Key') ?? '');
  if (typeof errorPage === 'object') return { ...s3Answer(store, errorPage), status: missing };
  return page(missing, missing === 404 ? 'NoSuchKey' : 'AccessDenied');
}

/** Without the right to list, a key that is not there is a key that may not be read. */
function readable(bucket: Bucket, key: string): S3Object | 'denied' | undefined {
  const object = bucket.objects.get(key);
  if (object === undefined) return mayAnyone(bucket, 's3:ListBucket', '') ? undefined : 'denied';
  return mayAnyone(bucket, 's3:GetObject', key) ? object : 'denied';
}

function serve(store: S3Store, object: S3Object): OriginAnswer {
  const location = object.headers['x-amz-website-redirect-location'];
  return location === undefined ? s3Answer(store, object) : page(301, 'Moved Permanently', { location });
}
