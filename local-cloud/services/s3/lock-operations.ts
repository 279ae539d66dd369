import { CloudFault } from '../../core/service.ts';
import { parseXml, text } from '../../core/xml.ts';
import { type Call, empty, type Handler, malformedXml, xml } from './call.ts';
import { checkLockConfiguration, checkNewRetention, futureDate, hasLock } from './lock.ts';
import type { Lock, S3Object } from './model.ts';
import { receiveDocument } from './receive.ts';

export const getObjectLockConfiguration: Handler = (call) => {
  const body = call.bucket().documents.get('object-lock');
  if (body === undefined) {
    throw new CloudFault(
      'ObjectLockConfigurationNotFoundError',
      'Object Lock configuration does not exist for this bucket',
      404,
      { BucketName: call.bucketName },
    );
  }
  return { status: 200, headers: { 'content-type': 'application/xml' }, body };
};

export const putObjectLockConfiguration: Handler = async (call) => {
  const body = await receiveDocument(call.request);
  const bucket = call.bucket();
  if (body === '') throw new CloudFault('MissingRequestBodyError', 'Request Body is empty');
  checkLockConfiguration(body, bucket);
  call.store.setDocument(bucket, 'object-lock', body);
  return empty(200);
};

/** The version that a request is about, in a bucket with locks. @throws CloudFault InvalidRequest, NoSuchKey, … */
function lockable(call: Call): S3Object {
  const bucket = call.bucket();
  if (!hasLock(bucket)) throw new CloudFault('InvalidRequest', 'Bucket is missing Object Lock Configuration');
  return call.store.object(bucket, call.key, call.request.query.get('versionId') ?? undefined);
}

const none = () =>
  new CloudFault(
    'NoSuchObjectLockConfiguration',
    'The specified object does not have a ObjectLock configuration',
    404,
  );

function setLock(call: Call, object: S3Object, lock: Lock) {
  call.store.amend(call.bucket(), call.key, object, { lock });
  return empty(200);
}

export const getObjectRetention: Handler = (call) => {
  const { lock } = lockable(call);
  if (lock?.mode === undefined || lock.until === undefined) throw none();
  return xml('Retention', { Mode: lock.mode, RetainUntilDate: new Date(lock.until) });
};

export const putObjectRetention: Handler = async (call) => {
  const document = parseXml(await receiveDocument(call.request), 'Retention');
  const object = lockable(call);
  const [mode, date] = [text(document, 'Mode'), text(document, 'RetainUntilDate')];
  const now = call.store.context.now();
  const { headers } = call.request;
  const { mode: _mode, until: _until, ...hold } = object.lock ?? {};
  // An empty document takes a retention away.
  if (mode === undefined && date === undefined) {
    checkNewRetention(object.lock, undefined, 0, headers, now);
    return setLock(call, object, hold);
  }
  if ((mode !== 'GOVERNANCE' && mode !== 'COMPLIANCE') || date === undefined) throw malformedXml();
  const until = futureDate(date, now);
  checkNewRetention(object.lock, mode, until, headers, now);
  return setLock(call, object, { ...hold, mode, until });
};

export const getObjectLegalHold: Handler = (call) => {
  const { lock } = lockable(call);
  if (lock?.hold === undefined) throw none();
  return xml('LegalHold', { Status: lock.hold });
};

export const putObjectLegalHold: Handler = async (call) => {
  const document = parseXml(await receiveDocument(call.request), 'LegalHold');
  const object = lockable(call);
  const status = text(document, 'Status');
  if (status !== 'ON' && status !== 'OFF') throw malformedXml();
  return setLock(call, object, { ...object.lock, hold: status });
};
