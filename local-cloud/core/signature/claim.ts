import type { Problem } from './problem.ts';

type Headers = Readonly<Record<string, string>>;

/** What a signed request says of its signature, before any of it is believed. */
export interface Claim {
  /** In the `Authorization` header, or in the query of a presigned URL. */
  readonly kind: 'header' | 'query';
  readonly accessKey: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower case, in order. */
  readonly signedHeaders: readonly string[];
  /** Hex. */
  readonly signature: string;
  /** `20260101T120000Z`. */
  readonly time: string;
  /** Seconds that a presigned URL is good for. */
  readonly expires: number | undefined;
  readonly token: string | undefined;
}

export const ALGORITHM = 'AWS4-HMAC-SHA256';

/** The claim of a request, or what is wrong with it; `undefined` where the request is not signed. */
export function readClaim(query: URLSearchParams, headers: Headers): Claim | Problem | undefined {
  const authorization = headers['authorization'];
  if (authorization?.startsWith('AWS4-')) return headerClaim(authorization, headers);
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Credential') || query.has('X-Amz-Signature'))
    return queryClaim(query);
  const old = authorization?.startsWith('AWS ') || (query.has('AWSAccessKeyId') && query.has('Signature'));
  return old ? { problem: 'old-version' } : undefined;
}

function headerClaim(authorization: string, headers: Headers): Claim | Problem {
  const [algorithm = '', ...rest] = authorization.split(/\s+/);
  if (algorithm !== ALGORITHM) return { problem: 'algorithm', found: algorithm };
  const parameters = new Map<string, string>();
  for (const part of rest.join('').split(',')) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters.set(part.slice(0, equals), part.slice(equals + 1));
  }
  const missing = ['Credential', 'Signature', 'SignedHeaders'].filter((name) => !parameters.get(name));
  const time = timeOf(headers);
  if (missing.length > 0) return { problem: 'incomplete', missing, authorization };
  if (time === undefined) return { problem: 'no-date', authorization };
  const scope = readCredential(parameters.get('Credential') ?? '');
  if ('problem' in scope) return scope;
  return {
    kind: 'header',
    ...scope,
    signedHeaders: names(parameters.get('SignedHeaders')),
    signature: parameters.get('Signature') ?? '',
    time,
    expires: undefined,
    token: headers['x-amz-security-token'],
  };
}

const names = (list: string | undefined): string[] => (list ?? '').toLowerCase().split(';').filter(Boolean);

/** `X-Amz-Date`, else the `Date` header, in the short form of ISO 8601. */
function timeOf(headers: Headers): string | undefined {
  const amz = headers['x-amz-date'];
  if (amz !== undefined) return parseTime(amz) === undefined ? undefined : amz;
  const date = headers['date'];
  if (date === undefined) return undefined;
  if (parseTime(date) !== undefined) return date;
  const at = Date.parse(date);
  return Number.isNaN(at) ? undefined : shortTime(at);
}

export const shortTime = (at: number): string => new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, '');

/** Milliseconds of `20260101T120000Z`; `undefined` where it is no such time. */
export function parseTime(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [year = 0, month = 1, day, hour, minute, second] = match.slice(1).map(Number);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function queryClaim(query: URLSearchParams): Claim | Problem {
  const algorithm = query.get('X-Amz-Algorithm');
  if (algorithm !== ALGORITHM) return { problem: 'url', why: 'algorithm' };
  const needed = ['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-SignedHeaders', 'X-Amz-Signature'];
  if (needed.some((name) => !query.get(name))) return { problem: 'url', why: 'missing' };
  const time = query.get('X-Amz-Date') ?? '';
  if (parseTime(time) === undefined) return { problem: 'url', why: 'date' };
  const expires = query.get('X-Amz-Expires');
  if (expires !== null && !/^\d{1,9}$/.test(expires)) return { problem: 'url', why: 'expires' };
  const scope = readCredential(query.get('X-Amz-Credential') ?? '');
  if ('problem' in scope) return scope;
  return {
    kind: 'query',
    ...scope,
    signedHeaders: names(query.get('X-Amz-SignedHeaders') ?? ''),
    signature: query.get('X-Amz-Signature') ?? '',
    time,
    expires: expires === null ? undefined : Number(expires),
    token: query.get('X-Amz-Security-Token') ?? undefined,
  };
}

function readCredential(
  credential: string,
): Pick<Claim, 'accessKey' | 'date' | 'region' | 'service'> | Problem {
  const parts = credential.split('/');
  const [end = '', service = '', region = '', date = ''] = parts.slice(-4).reverse();
  const accessKey = parts.slice(0, -4).join('/');
  if (parts.length < 5 || !accessKey) return { problem: 'credential', found: credential };
  if (end !== 'aws4_request')
    return { problem: 'scope', part: 'terminator', found: end, wanted: 'aws4_request' };
  return { accessKey, date, region, service };
}
