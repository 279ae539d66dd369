import { type EventRequest, type EventResponse, type FunctionEvent, isHidden } from './event.ts';

/** What a function decided; `invalid` is what CloudFront answers with 502. */
export type Result =
  | { readonly kind: 'request'; readonly request: EventRequest }
  | { readonly kind: 'response'; readonly response: EventResponse }
  | { readonly kind: 'invalid'; readonly why: string };

/** Headers that a function may read, and not change. */
const READ_ONLY = {
  'viewer-request': ['content-length', 'host', 'transfer-encoding', 'via'],
  'viewer-response': ['transfer-encoding', 'via', 'warning'],
} as const;

/** Bytes: https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/cloudfront-limits.html#limits-functions */
const MAX_BODY = 40 * 1024;

type Json = { readonly [name: string]: unknown };
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads what a function returned. Left out of a request are what it may leave out; nothing else is made up. */
export function readResult(event: FunctionEvent, output: string | undefined): Result {
  const returned: unknown = output === undefined ? undefined : JSON.parse(output);
  if (!isObject(returned)) return invalid('the function returned no object');
  const response = event.context.eventType === 'viewer-response' || 'statusCode' in returned;
  const given = { headers: {}, cookies: {}, ...(response ? {} : { querystring: {} }), ...returned };
  const why = response ? wrongResponse(event, given) : wrongRequest(event, given);
  if (why !== undefined) return invalid(why);
  return response
    ? { kind: 'response', response: given as unknown as EventResponse }
    : { kind: 'request', request: given as unknown as EventRequest };
}

const invalid = (why: string): Result => ({ kind: 'invalid', why });

function wrongRequest(event: FunctionEvent, given: Json): string | undefined {
  const { uri, method } = given;
  if (method !== event.request.method) return 'the method of a request cannot be changed';
  if (typeof uri !== 'string' || !uri.startsWith('/')) return 'the uri must begin with a slash';
  if (/[?#\s]/.test(uri)) return 'the uri has a query, a fragment or white space';
  return wrongFields(given, 'querystring') ?? wrongHeaders(event, given);
}

function wrongResponse(event: FunctionEvent, given: Json): string | undefined {
  const { statusCode, body } = given;
  if (!Number.isInteger(statusCode) || Number(statusCode) < 200 || Number(statusCode) > 599)
    return 'the statusCode must be a whole number from 200 to 599';
  const data = isObject(body) ? body['data'] : (body ?? '');
  const encoding = isObject(body) ? body['encoding'] : 'text';
  if (typeof data !== 'string' || (encoding !== 'text' && encoding !== 'base64'))
    return 'the body must be a text, or { encoding: "text" or "base64", data }';
  if (data.length > MAX_BODY) return `the body is longer than ${MAX_BODY} bytes`;
  return wrongHeaders(event, given);
}

function wrongFields(given: Json, name: string): string | undefined {
  const fields = given[name];
  const wrong =
    !isObject(fields) ||
    Object.values(fields).some((one) => !isObject(one) || typeof one['value'] !== 'string');
  return wrong ? `${name} must be { name: { value } }` : undefined;
}

function wrongHeaders(event: FunctionEvent, given: Json): string | undefined {
  const shape = wrongFields(given, 'headers') ?? wrongFields(given, 'cookies');
  if (shape !== undefined) return shape;
  const headers = given['headers'] as Json;
  const generated = event.response === undefined && 'statusCode' in given;
  const before = event.response?.headers ?? (generated ? {} : event.request.headers);
  const readOnly: readonly string[] = READ_ONLY[event.context.eventType];
  for (const name of new Set([...Object.keys(headers), ...Object.keys(before)])) {
    const small = name.toLowerCase();
    if (isHidden(small)) return `a function cannot set the header ${name}`;
    const [now, then] = [headers[name], before[name]].map((one) => (one as Json | undefined)?.['value']);
    if (readOnly.includes(small) && now !== then) return `the header ${name} is read-only`;
  }
  return undefined;
}
