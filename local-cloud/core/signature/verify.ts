import { timingSafeEqual } from 'node:crypto';
import { canonicalRequest, type RawRequest, sign, signingKey, stringToSign } from './canonical.ts';
import { ChunkSignatures } from './chunks.ts';
import { type Claim, parseTime } from './claim.ts';
import { MAX_SKEW, type Problem } from './problem.ts';

/** Who holds a key pair. */
export interface Holder {
  /** Of a session, `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`. */
  readonly arn: string;
  /** ARN of the role that a session has. */
  readonly role?: string;
  readonly userId: string;
  readonly account: string;
}

/** What is known of an access key. */
export type KnownKey =
  | { readonly secret: string; readonly holder: Holder }
  | { readonly problem: 'unknown-key' | 'bad-token' | 'expired-token' };

export interface Verifying {
  readonly request: RawRequest;
  readonly claim: Claim;
  /** Hash of the body, or the word that stands for it; `undefined`: S3's header for it is missing. */
  readonly payload: string | undefined;
  /** What the host or the protocol says that the scope must have. */
  readonly wanted: { readonly region?: string | undefined; readonly service?: string | undefined };
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The secret of an access key with this session token. */
  keyOf(accessKey: string, token: string | undefined, now: number): KnownKey;
}

export interface Verified {
  readonly holder: Holder;
  /** Verifies the chunks of a body that is signed chunk by chunk. */
  readonly chunks: ChunkSignatures | undefined;
}

/** Judges a signature, in the order in which AWS does: form, scope, time, key, and then the signature itself. */
export function verifySignature(given: Verifying): Verified | Problem {
  const { claim, request, payload, now } = given;
  const wrong = wrongScope(given) ?? wrongTime(claim, now);
  if (wrong) return wrong;
  const known = given.keyOf(claim.accessKey, claim.token, now);
  if ('problem' in known) {
    const token = claim.token ?? '';
    return known.problem === 'unknown-key'
      ? { problem: 'unknown-key', accessKey: claim.accessKey }
      : { problem: known.problem, token };
  }
  if (payload === undefined) return { problem: 'no-payload-hash' };
  const forgotten = unsignedHeaders(claim, request.rawHeaders);
  if (forgotten.length > 0) return { problem: 'unsigned-headers', names: forgotten };
  const canonical = canonicalRequest(request, claim.signedHeaders, payload, claim.service === 's3');
  const text = stringToSign(claim.time, claim, canonical);
  const key = signingKey(known.secret, claim);
  if (!sameText(sign(key, text), claim.signature)) {
    const { accessKey, signature } = claim;
    return { problem: 'mismatch', accessKey, given: signature, stringToSign: text, canonical };
  }
  const chunks = ChunkSignatures.of(payload, key, claim);
  return { holder: known.holder, chunks };
}

/** Any region's endpoint is here, so that a region must only look like one where the host names none. */
const REGION = /^[a-z]{2,3}(?:-[a-z]+)+-\d$/;

function wrongScope({ claim, wanted }: Verifying): Problem | undefined {
  const { date, region, service, time } = claim;
  if (wanted.service !== undefined && service !== wanted.service)
    return { problem: 'scope', part: 'service', found: service, wanted: wanted.service };
  if (wanted.region !== undefined ? region !== wanted.region : !REGION.test(region))
    return { problem: 'scope', part: 'region', found: region, wanted: wanted.region ?? '' };
  if (date !== time.slice(0, 8)) return { problem: 'scope', part: 'date', found: date, wanted: time };
  return undefined;
}

/** Seconds: a week, https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
const MAX_EXPIRES = 604_800;

function wrongTime(claim: Claim, now: number): Problem | undefined {
  const at = parseTime(claim.time) ?? 0;
  if (claim.kind === 'header')
    return Math.abs(now - at) > MAX_SKEW ? { problem: 'skewed', time: claim.time, at, now } : undefined;
  const { expires = claim.service === 's3' ? undefined : MAX_SKEW / 1000 } = claim;
  if (expires === undefined) return { problem: 'url', why: 'missing' };
  if (expires < 1 || expires > MAX_EXPIRES) return { problem: 'url', why: 'expires' };
  if (at - now > MAX_SKEW) return { problem: 'url-early', at, now };
  return now > at + expires * 1000 ? { problem: 'url-expired', at, now, expires } : undefined;
}

/** A session token may be added after the signing, but for S3. */
function unsignedHeaders(claim: Claim, rawHeaders: readonly string[]): string[] {
  const signed = new Set(claim.signedHeaders);
  const forgotten = new Set<string>();
  if (!signed.has('host')) forgotten.add('host');
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = (rawHeaders[i] ?? '').toLowerCase();
    if (!name.startsWith('x-amz-') || signed.has(name)) continue;
    if (name === 'x-amz-security-token' && claim.service !== 's3') continue;
    // A hash that stands in the canonical request is signed there.
    if (name !== 'x-amz-content-sha256') forgotten.add(name);
  }
  return [...forgotten];
}

export function sameText(a: string, b: string): boolean {
  const [x, y] = [Buffer.from(a), Buffer.from(b)];
  return x.length === y.length && timingSafeEqual(x, y);
}
