import type { Keys } from '../keys.ts';
import type { HttpCloudRequest } from '../request.ts';
import type { Service } from '../service.ts';
import { sha256 } from './canonical.ts';
import type { Claim } from './claim.ts';
import { signatureFault } from './faults.ts';
import type { Problem } from './problem.ts';
import { verifySignature } from './verify.ts';

export interface Authentication {
  readonly rawQuery: string;
  /** What the scope must have, where host or protocol tell. */
  readonly wanted: { readonly service: string | undefined; readonly region: string | undefined };
  readonly service: Service;
  readonly keys: Keys;
  readonly now: number;
}

/**
 * Verifies the signature of a request, and tells the request whose it is.
 * @throws CloudFault in the words of the service
 */
export async function authenticate(
  request: HttpCloudRequest,
  claim: Claim | Problem,
  given: Authentication,
): Promise<void> {
  const { service, keys, now, wanted } = given;
  const verdict =
    'problem' in claim
      ? claim
      : verifySignature({
          claim,
          request: {
            method: request.method,
            rawPath: request.rawPath,
            rawQuery: given.rawQuery,
            rawHeaders: request.raw.rawHeaders,
          },
          payload: claim.service === 's3' ? s3Payload(request, claim) : sha256(await request.body()),
          wanted,
          now,
          keyOf: (accessKey, token, at) => keys.find(accessKey, token, at),
        });
  if ('problem' in verdict) throw signatureFault(verdict, service.dialect?.(request) ?? 'json');
  request.holder = verdict.holder;
  request.chunks = verdict.chunks;
}

/** What S3 has in place of the body's hash: the body itself is held against it when it is read. */
function s3Payload(request: HttpCloudRequest, claim: Claim): string | undefined {
  const header = request.headers['x-amz-content-sha256'];
  if (claim.kind === 'header') return header;
  return request.query.get('X-Amz-Content-Sha256') ?? header ?? 'UNSIGNED-PAYLOAD';
}
