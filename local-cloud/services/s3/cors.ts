import type { CloudResponse } from '../../core/service.ts';
import { child, children, parseXml, text, type XmlNode } from '../../core/xml.ts';

/** A request of a page, or what a browser asks before it (a preflight). */
export interface CorsRequest {
  readonly origin: string;
  readonly method: string;
  /** Lower case. */
  readonly headers: readonly string[];
}

/** One `CORSRule`: https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html */
interface Rule {
  readonly origins: readonly string[];
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly exposed: readonly string[];
  readonly maxAge: string | undefined;
}

function rulesOf(document: string): Rule[] {
  const texts = (node: XmlNode, name: string) =>
    children(node, name).map((one) => (typeof one === 'string' ? one.trim() : ''));
  return children(parseXml(document, 'CORSConfiguration'), 'CORSRule').map((node) => ({
    origins: texts(node, 'AllowedOrigin'),
    methods: texts(node, 'AllowedMethod'),
    headers: texts(node, 'AllowedHeader'),
    exposed: texts(node, 'ExposeHeader'),
    maxAge: child(node, 'MaxAgeSeconds') === undefined ? undefined : text(node, 'MaxAgeSeconds')?.trim(),
  }));
}

/** At most one `*`, anywhere: S3's rule for origins and headers. */
function matches(pattern: string, value: string): boolean {
  const star = pattern.indexOf('*');
  if (star < 0) return pattern === value;
  const [before, after] = [pattern.slice(0, star), pattern.slice(star + 1)];
  return value.length >= before.length + after.length && value.startsWith(before) && value.endsWith(after);
}

/**
 * The headers that a bucket's CORS configuration adds to an answer, those of the first rule that has origin, method and
 * every header; `undefined` where none has.
 * @param document the configuration as it was put
 */
export function corsHeaders(
  document: string | undefined,
  asked: CorsRequest,
): Readonly<Record<string, string>> | undefined {
  if (!document) return undefined;
  const rule = rulesOf(document).find(
    (one) =>
      one.origins.some((pattern) => matches(pattern, asked.origin)) &&
      one.methods.includes(asked.method) &&
      asked.headers.every((name) => one.headers.some((pattern) => matches(pattern.toLowerCase(), name))),
  );
  if (!rule) return undefined;
  const any = rule.origins.includes('*');
  return {
    'access-control-allow-origin': any ? '*' : asked.origin,
    'access-control-allow-methods': rule.methods.join(', '),
    ...(any ? {} : { 'access-control-allow-credentials': 'true' }),
    ...(asked.headers.length > 0 ? { 'access-control-allow-headers': asked.headers.join(', ') } : {}),
    ...(rule.exposed.length > 0 ? { 'access-control-expose-headers': rule.exposed.join(', ') } : {}),
    ...(rule.maxAge ? { 'access-control-max-age': rule.maxAge } : {}),
    vary: 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method',
  };
}

/** What a request says of the page it comes from; `undefined`: of none. */
export function corsRequest(
  method: string,
  headers: Readonly<Record<string, string>>,
): CorsRequest | undefined {
  const origin = headers['origin'];
  if (origin === undefined) return undefined;
  if (method !== 'OPTIONS') return { origin, method, headers: [] };
  const names = (headers['access-control-request-headers'] ?? '').toLowerCase().split(',');
  return {
    origin,
    method: headers['access-control-request-method'] ?? '',
    headers: names.map((name) => name.trim()).filter(Boolean),
  };
}

export const withHeaders = (
  answer: CloudResponse,
  more: Readonly<Record<string, string>> | undefined,
): CloudResponse => (more ? { ...answer, headers: { ...answer.headers, ...more } } : answer);
