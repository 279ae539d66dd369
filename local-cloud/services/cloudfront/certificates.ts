import { randomUUID } from 'node:crypto';
import type { CloudResponse } from '../../core/service.ts';
import type { CloudFrontState } from './state.ts';

const json = (status: number, value: unknown): CloudResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/**
 * `POST /_cloud/cloudfront/certificates` with `{"names": [...]}`: a certificate of ACM in us-east-1 that is issued for
 * these names, for there is no ACM here. Answers its `arn`.
 */
export function addCertificate(state: CloudFrontState, body: Buffer): CloudResponse {
  let names: unknown;
  try {
    ({ names } = JSON.parse(body.toString('utf8')) as { names?: unknown });
  } catch {
    return json(400, { error: 'the body is no JSON' });
  }
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string'))
    return json(400, { error: '"names" must be a list of names, such as ["example.com", "*.example.com"]' });
  const arn = `arn:aws:acm:us-east-1:${state.context.account}:certificate/${randomUUID()}`;
  state.certificates.set(arn, names as string[]);
  state.context.changed('cloudfront');
  return json(201, { arn });
}
