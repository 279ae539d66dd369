import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { AwsChunkedDecoder } from '../../../local-cloud/core/aws-chunked.ts';
import { Keys } from '../../../local-cloud/core/keys.ts';
import { wantedScope } from '../../../local-cloud/core/route.ts';
import {
  canonicalRequest,
  sha256,
  sign,
  signingKey,
  stringToSign,
} from '../../../local-cloud/core/signature/canonical.ts';
import { ChunkSignatures } from '../../../local-cloud/core/signature/chunks.ts';
import { type Claim, parseTime, readClaim } from '../../../local-cloud/core/signature/claim.ts';
import { signatureFault } from '../../../local-cloud/core/signature/faults.ts';
import type { Problem } from '../../../local-cloud/core/signature/problem.ts';
import { type Verifying, verifySignature } from '../../../local-cloud/core/signature/verify.ts';
import { root } from '../../support/dist.ts';

interface Vector {
  readonly name: string;
  readonly secret: string;
  readonly normalize: boolean;
  readonly tokenAfter?: boolean;
  readonly header: string;
  readonly headerSignature: string;
  readonly query: string;
  readonly querySignature: string;
}

const published = JSON.parse(readFileSync(join(root, 'test/fixtures/sigv4-vectors.json'), 'utf8')) as {
  readonly vectors: readonly Vector[];
};

/** A request of the suite, as Node would give it. */
function parse(text: string) {
  const [head = '', body = ''] = text.split(/\n\n+([\s\S]*)/);
  // A value that goes on in the next line, which HTTP no longer has, is one value.
  const [line = '', ...headers] = head
    .replace(/\n[ \t]+/g, ' ')
    .trim()
    .split('\n');
  const [, method = '', target = ''] = /^(\w+) (.*) HTTP\/1\.1$/.exec(line) ?? [];
  const [rawPath = '', rawQuery = ''] = target.split(/\?([\s\S]*)/);
  const rawHeaders = headers.flatMap((one) => one.split(/:([\s\S]*)/).slice(0, 2));
  const joined: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2)
    joined[(rawHeaders[i] ?? '').toLowerCase()] = rawHeaders[i + 1]?.trim() ?? '';
  return { request: { method, rawPath, rawQuery, rawHeaders }, headers: joined, body };
}

function signatureOf(text: string, vector: Vector): readonly [given: string, made: string] {
  const { request, headers, body } = parse(text);
  const claim = readClaim(new URLSearchParams(request.rawQuery), headers) as Claim;
  const canonical = canonicalRequest(request, claim.signedHeaders, sha256(body), !vector.normalize);
  const made = sign(signingKey(vector.secret, claim), stringToSign(claim.time, claim, canonical));
  return [claim.signature, made];
}

describe("AWS's published vectors", () => {
  it('are all there', () => expect(published.vectors.length).toBe(38));
  it.each(published.vectors)('$name, in the header', (vector) => {
    const [given, made] = signatureOf(vector.header, vector);
    expect([given, made]).toEqual([vector.headerSignature, vector.headerSignature]);
  });
  // A token that was added to a URL after the signing is not in its canonical query, and no service here takes that.
  it.each(published.vectors.filter((vector) => !vector.tokenAfter))('$name, in the query', (vector) => {
    const [given, made] = signatureOf(vector.query, vector);
    expect([given, made]).toEqual([vector.querySignature, vector.querySignature]);
  });
});

/** The example of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html, as aws-c-auth's tests have it too. */
describe('chunks that are signed', () => {
  const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
  const scope = { date: '20130524', region: 'us-east-1', service: 's3' };
  const signatures = (seed: string, payload: string) =>
    ChunkSignatures.of(payload, signingKey(secret, scope), {
      ...scope,
      time: '20130524T000000Z',
      signature: seed,
    });
  const [first, second] = ['a'.repeat(65536), 'a'.repeat(1024)];
  const PLAIN = {
    payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    seed: '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9',
    wire: [
      `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${first}\r\n`,
      `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${second}\r\n`,
      '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
    ],
  };
  // The trailers of the same suite, after the same chunks.
  const TRAILED = {
    payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER',
    seed: PLAIN.seed,
    wire: [
      ...PLAIN.wire.slice(0, 2),
      '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n',
      'first:1st\r\nsecond:2nd\r\nthird:3rd\r\n',
      'x-amz-trailer-signature:df5735bd9f3295cd9386572292562fefc93ba94e80a0a1ddcbd652c4e0a75e6c\r\n\r\n',
    ],
  };
  const decode = async (given: { payload: string; seed: string; wire: readonly string[] }) => {
    const decoder = new AwsChunkedDecoder({}, signatures(given.seed, given.payload));
    let size = 0;
    for await (const chunk of Readable.from(given.wire.map((part) => Buffer.from(part))).pipe(decoder))
      size += (chunk as Buffer).length;
    return { size, trailers: decoder.trailers };
  };

  it("are AWS's own examples", async () => {
    expect(await decode(PLAIN)).toEqual({ size: 66560, trailers: {} });
    expect(await decode(TRAILED)).toEqual({
      size: 66560,
      trailers: { first: '1st', second: '2nd', third: '3rd' },
    });
  });
  it('are needed where they were promised, and no others', () => {
    expect(signatures('0', 'UNSIGNED-PAYLOAD')).toBeUndefined();
    expect(signatures('0', 'STREAMING-UNSIGNED-PAYLOAD-TRAILER')).toBeUndefined();
  });
  const changed = (wire: readonly string[], from: string | RegExp, to: string) =>
    wire.map((part) => part.replace(from, to));
  it.each([
    ['a byte', { ...PLAIN, wire: changed(PLAIN.wire, '\r\naaa', '\r\nbaa') }],
    ['the order', { ...PLAIN, wire: [PLAIN.wire[1] ?? '', PLAIN.wire[0] ?? '', PLAIN.wire[2] ?? ''] }],
    ['a signature left out', { ...PLAIN, wire: changed(PLAIN.wire, /^0;chunk-signature=\w+/, '0') }],
    ['the end before its time', { ...PLAIN, wire: [PLAIN.wire[0] ?? '', PLAIN.wire[2] ?? ''] }],
    ['a trailer', { ...TRAILED, wire: changed(TRAILED.wire, '2nd', '3nd') }],
    [
      'a trailer without its signature',
      { ...TRAILED, wire: changed(TRAILED.wire, /x-amz-trailer.*\r\n/, '') },
    ],
    ['the seed', { ...PLAIN, seed: PLAIN.seed.replace('4f', '5f') }],
  ])('refuses %s', async (_what, given) => {
    await expect(decode(given)).rejects.toMatchObject({ code: 'SignatureDoesNotMatch', status: 403 });
  });
});

const NOW = Date.UTC(2026, 0, 1, 12);
const keys = new Keys(Buffer.alloc(32, 1), '000000000000');
const session = keys.issue((id) => ({ arn: `arn:${id}`, userId: id, account: '000000000000' }), NOW + 1000);
const SECRETS: Record<string, string> = { local: 'local', [session.accessKey]: session.secret };

interface Case {
  readonly accessKey?: string;
  readonly service?: string;
  readonly region?: string;
  readonly time?: string;
  readonly date?: string;
  readonly token?: string;
  readonly secret?: string;
  readonly expires?: number;
  readonly method?: string;
  readonly unsigned?: readonly string[];
  readonly wanted?: Verifying['wanted'];
}

/** A request that is right but for what the case says. @returns the problem, and who is asking where there is none */
function judge(given: Case) {
  const accessKey = given.accessKey ?? 'local';
  const rawHeaders = ['Host', 'cloud', ...(given.unsigned ?? []).flatMap((name) => [name, 'x'])];
  const request = { method: 'PUT', rawPath: '/bucket/a%20key', rawQuery: 'x=1&b', rawHeaders };
  const claim = {
    kind: given.expires === undefined ? ('header' as const) : ('query' as const),
    accessKey,
    date: given.date ?? '20260101',
    region: given.region ?? 'us-west-2',
    service: given.service ?? 's3',
    signedHeaders: ['host'],
    time: given.time ?? '20260101T120000Z',
    expires: given.expires,
    token: given.token,
  };
  const asWritten = claim.service === 's3';
  const canonical = canonicalRequest(
    { ...request, method: given.method ?? 'PUT' },
    ['host'],
    'hash',
    asWritten,
  );
  const key = signingKey(given.secret ?? SECRETS[accessKey] ?? 'x', claim);
  const verdict = verifySignature({
    request,
    claim: { ...claim, signature: sign(key, stringToSign(claim.time, claim, canonical)) },
    payload: 'hash',
    wanted: given.wanted ?? {},
    now: NOW,
    keyOf: (...asked) => keys.find(...asked),
  });
  return 'problem' in verdict ? verdict : { holder: verdict.holder.arn };
}

describe('what is wrong with a signature', () => {
  const local = { holder: 'arn:aws:iam::000000000000:user/local-cloud' };
  const { accessKey, token } = session;
  const other = keys.issue((id) => ({ arn: id, userId: id, account: '1' }), NOW + 1000);
  const ended = keys.issue((id) => ({ arn: id, userId: id, account: '1' }), NOW);
  it.each<[string, Case, object]>([
    ['nothing', {}, local],
    ['nothing of another service', { service: 'ecs' }, local],
    ['nothing with a session', { accessKey, token }, { holder: `arn:${accessKey}` }],
    ['another secret', { secret: 'wrong' }, { problem: 'mismatch' }],
    ['a URL for another verb', { method: 'GET', expires: 60 }, { problem: 'mismatch' }],
    ['a key of nobody', { accessKey: 'AKIALOCALCLOUD000000' }, { problem: 'unknown-key' }],
    ['a session without its token', { accessKey }, { problem: 'unknown-key' }],
    ['the token of another session', { accessKey, token: other.token }, { problem: 'bad-token' }],
    ['a token that nobody issued', { accessKey, token: 'AQoDYXdz' }, { problem: 'bad-token' }],
    ['a token with the lasting key', { token }, { problem: 'bad-token' }],
    [
      'a session that ended',
      { accessKey: ended.accessKey, token: ended.token },
      { problem: 'expired-token' },
    ],
    ['15 minutes early', { time: '20260101T121500Z' }, local],
    ['more than that', { time: '20260101T121501Z' }, { problem: 'skewed' }],
    ['15 minutes late', { time: '20260101T114500Z' }, local],
    ['more than that', { time: '20260101T114459Z' }, { problem: 'skewed' }],
    ['a scope of another day', { date: '20251231' }, { problem: 'scope', part: 'date' }],
    ['no region', { region: 'nowhere' }, { problem: 'scope', part: 'region' }],
    [
      "another region than the host's",
      { wanted: { region: 'eu-west-1' } },
      { problem: 'scope', part: 'region' },
    ],
    ['another service', { wanted: { service: 'ecs' } }, { problem: 'scope', part: 'service' }],
    ['a URL in its time', { expires: 60, time: '20260101T115900Z' }, local],
    ['a URL after its time', { expires: 59, time: '20260101T115900Z' }, { problem: 'url-expired' }],
    ['a URL for eight days', { expires: 691_200 }, { problem: 'url', why: 'expires' }],
    ['a URL of tomorrow', { expires: 60, time: '20260101T121501Z' }, { problem: 'url-early' }],
    [
      'a header that is not signed',
      { unsigned: ['X-Amz-Acl'] },
      { problem: 'unsigned-headers', names: ['x-amz-acl'] },
    ],
    [
      'a token of S3 that is not signed',
      { unsigned: ['x-amz-security-token'] },
      { problem: 'unsigned-headers' },
    ],
    ['one of another service', { service: 'ecs', unsigned: ['x-amz-security-token'] }, local],
  ])('%s', (_what, given, verdict) => expect(judge(given)).toMatchObject(verdict));
});

describe('how a claim is read', () => {
  const scope = 'Credential=a/20260101/us-west-2/s3/aws4_request';
  const rest = 'SignedHeaders=host;x-amz-date, Signature=0f';
  const date = { 'x-amz-date': '20260101T120000Z' };
  it.each<[string, Record<string, string>, object | undefined]>([
    ['', {}, undefined],
    ['', { authorization: 'Basic x' }, undefined],
    [
      '',
      { authorization: `AWS4-HMAC-SHA256 ${scope}, ${rest}`, ...date },
      { accessKey: 'a', signature: '0f' },
    ],
    [
      '',
      { authorization: `AWS4-HMAC-SHA256 ${scope},${rest.replace(' ', '')}`, ...date },
      { accessKey: 'a' },
    ],
    [
      '',
      { authorization: `AWS4-HMAC-SHA256 ${scope}`, ...date },
      { problem: 'incomplete', missing: ['Signature', 'SignedHeaders'] },
    ],
    ['', { authorization: `AWS4-HMAC-SHA256 ${scope}, ${rest}` }, { problem: 'no-date' }],
    [
      '',
      { authorization: `AWS4-HMAC-SHA256 ${scope}, ${rest}`, date: 'Thu, 01 Jan 2026 12:00:00 GMT' },
      { time: '20260101T120000Z' },
    ],
    ['', { authorization: `AWS4-ECDSA-P256-SHA256 ${scope}, ${rest}`, ...date }, { problem: 'algorithm' }],
    ['', { authorization: `AWS4-HMAC-SHA256 Credential=short, ${rest}`, ...date }, { problem: 'credential' }],
    [
      '',
      { authorization: `AWS4-HMAC-SHA256 ${scope.replace('aws4', 'aws5')}, ${rest}`, ...date },
      { problem: 'scope', part: 'terminator' },
    ],
    ['', { authorization: 'AWS a:sig' }, { problem: 'old-version' }],
    ['AWSAccessKeyId=a&Signature=b&Expires=1', {}, { problem: 'old-version' }],
    ['X-Amz-Algorithm=AWS4-HMAC-SHA256', {}, { problem: 'url', why: 'missing' }],
    ['X-Amz-Signature=0', {}, { problem: 'url', why: 'algorithm' }],
    [
      'X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=a%2F20260101%2Fus-west-2%2Fs3%2Faws4_request&X-Amz-Date=20260101T120000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=0&X-Amz-Expires=9',
      {},
      { kind: 'query', accessKey: 'a', expires: 9 },
    ],
  ])('?%s %j', (query, headers, claim) => {
    const read = readClaim(new URLSearchParams(query), headers);
    if (claim === undefined) expect(read).toBeUndefined();
    else expect(read).toMatchObject(claim);
  });
  it('knows no month that has no such form', () => expect(parseTime('2026-01-01T12:00:00Z')).toBeUndefined());
});

describe("AWS's error for it", () => {
  const problems: Record<string, Problem> = {
    mismatch: { problem: 'mismatch', accessKey: 'local', given: '0', stringToSign: 's', canonical: 'c' },
    'unknown-key': { problem: 'unknown-key', accessKey: 'AKIA' },
    'bad-token': { problem: 'bad-token', token: 't' },
    'expired-token': { problem: 'expired-token', token: 't' },
    skewed: { problem: 'skewed', time: '20260101T110000Z', at: NOW - 3_600_000, now: NOW },
    incomplete: { problem: 'incomplete', missing: ['Signature'], authorization: 'AWS4-HMAC-SHA256' },
    'no-date': { problem: 'no-date', authorization: 'x' },
    'old-version': { problem: 'old-version' },
    region: { problem: 'scope', part: 'region', found: 'eu-west-1', wanted: 'us-west-2' },
    service: { problem: 'scope', part: 'service', found: 'ecs', wanted: 's3' },
    date: { problem: 'scope', part: 'date', found: '20251231', wanted: '20260101T120000Z' },
    'unsigned-headers': { problem: 'unsigned-headers', names: ['x-amz-acl'] },
    'url-expired': { problem: 'url-expired', at: NOW - 61_000, now: NOW, expires: 60 },
    url: { problem: 'url', why: 'expires' },
    'no-payload-hash': { problem: 'no-payload-hash' },
  };
  it.each([
    ['mismatch', 'SignatureDoesNotMatch 403', 'InvalidSignatureException 400', 'SignatureDoesNotMatch 403'],
    ['unknown-key', 'InvalidAccessKeyId 403', 'UnrecognizedClientException 400', 'InvalidClientTokenId 403'],
    ['bad-token', 'InvalidToken 400', 'UnrecognizedClientException 400', 'InvalidClientTokenId 403'],
    ['expired-token', 'ExpiredToken 400', 'ExpiredTokenException 400', 'ExpiredToken 403'],
    ['skewed', 'RequestTimeTooSkewed 403', 'InvalidSignatureException 400', 'SignatureDoesNotMatch 403'],
    [
      'incomplete',
      'AuthorizationHeaderMalformed 400',
      'IncompleteSignatureException 400',
      'IncompleteSignature 400',
    ],
    ['no-date', 'AccessDenied 403', 'IncompleteSignatureException 400', 'IncompleteSignature 400'],
    ['old-version', 'InvalidRequest 400', 'IncompleteSignatureException 400', 'IncompleteSignature 400'],
    [
      'region',
      'AuthorizationHeaderMalformed 400',
      'InvalidSignatureException 400',
      'SignatureDoesNotMatch 403',
    ],
    [
      'service',
      'AuthorizationHeaderMalformed 400',
      'InvalidSignatureException 400',
      'SignatureDoesNotMatch 403',
    ],
    [
      'date',
      'AuthorizationHeaderMalformed 400',
      'InvalidSignatureException 400',
      'SignatureDoesNotMatch 403',
    ],
    ['unsigned-headers', 'AccessDenied 403', 'InvalidSignatureException 400', 'SignatureDoesNotMatch 403'],
    ['url-expired', 'AccessDenied 403', 'InvalidSignatureException 400', 'SignatureDoesNotMatch 403'],
    [
      'url',
      'AuthorizationQueryParametersError 400',
      'IncompleteSignatureException 400',
      'IncompleteSignature 400',
    ],
    ['no-payload-hash', 'InvalidRequest 400', 'InvalidSignatureException 400', 'SignatureDoesNotMatch 403'],
  ])('%s', (name, s3, json, query) => {
    const said = (['s3', 'json', 'query'] as const).map((dialect) => {
      const fault = signatureFault(problems[name] as Problem, dialect);
      expect(fault.message).not.toBe('');
      return `${fault.code} ${fault.status}`;
    });
    expect(said).toEqual([s3, json, query]);
  });
  it('says what was signed, as S3 does', () => {
    expect(signatureFault(problems['mismatch'] as Problem, 's3').extra).toMatchObject({
      StringToSign: 's',
      StringToSignBytes: '73',
      CanonicalRequest: 'c',
    });
  });
});

describe('what the scope must have', () => {
  const targets = new Map([['AppRunner', 'apprunner']]);
  it.each([
    ['127.0.0.1:4566', undefined, undefined, undefined],
    ['s3.us-west-2.amazonaws.com', undefined, 's3', 'us-west-2'],
    ['bucket.s3.amazonaws.com', undefined, 's3', undefined],
    ['bucket.s3.dualstack.eu-west-1.amazonaws.com', undefined, 's3', 'eu-west-1'],
    ['api.ecr.us-west-2.amazonaws.com', undefined, 'ecr', 'us-west-2'],
    ['sts.amazonaws.com', undefined, 'sts', undefined],
    ['localhost', 'AppRunner.ListServices', 'apprunner', undefined],
    ['localhost', 'Unknown.ListServices', undefined, undefined],
  ])('%s %s', (host, target, service, region) => {
    expect(wantedScope({ host, ...(target ? { 'x-amz-target': target } : {}) }, targets)).toEqual({
      service,
      region,
    });
  });
});

describe('what this cloud has issued', () => {
  it('is known again by another process with the same root, and by no other cloud', () => {
    const token = keys.seal('registry', { region: 'us-west-2' });
    expect(new Keys(Buffer.alloc(32, 1), '000000000000').open('registry', token)).toEqual({
      region: 'us-west-2',
    });
    expect(new Keys(Buffer.alloc(32, 2), '000000000000').open('registry', token)).toBeUndefined();
    expect(keys.open('session', token)).toBeUndefined();
    expect(keys.open('registry', `${token}x`)).toBeUndefined();
    const forged = Buffer.from('{"region":"us-west-2"}').toString('base64url');
    expect(keys.open('registry', `${forged}.`)).toBeUndefined();
  });
  it('looks as AWS keys do', () => expect(session.accessKey).toMatch(/^ASIA[A-Z2-7]{16}$/));
});
