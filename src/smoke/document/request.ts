import type { Field } from '../../runtime/document/field.ts';
import { METHODS, type Method, type Request } from '../checks.ts';
import { HEADER_NAME } from '../expect/headers.ts';
import type { Json } from '../json.ts';
import { jsonText } from '../json-text.ts';
import { constant, type Dynamic, readJson, readText, type Scope } from './scope.ts';

/** What a check may take over from `defaults:`. */
export interface RequestDefaults {
  readonly headers: ReadonlyMap<string, Dynamic<string>>;
  readonly timeout: number;
}

/** Redirects followed by default; a browser gives up at 20, a sound service needs two. */
const DEFAULT_REDIRECTS = 5;
const MAX_REDIRECTS = 20;
/** Ten minutes in milliseconds: no answer of a smoke test takes longer. */
export const MAX_TIMEOUT = 600_000;

export const REQUEST_KEYS = [
  ...METHODS,
  'headers',
  'body',
  'graphql',
  'form',
  'redirects',
  'timeout',
] as const;
type RequestKey = (typeof REQUEST_KEYS)[number];

/** The request of a check. `owner` is the check itself: where mistakes about what is missing are noted. */
export function readRequest(
  owner: Field,
  fields: Partial<Record<RequestKey, Field>>,
  scope: Scope,
  defaults: RequestDefaults,
  followsRedirects = true,
): Request | undefined {
  const target = readTarget(owner, fields, scope);
  const body = readBody(fields, scope, target?.method);
  const headers = fields.headers ? readHeaders(fields.headers, scope) : new Map<string, Dynamic<string>>();
  const redirects = fields.redirects ? readRedirects(fields.redirects) : DEFAULT_REDIRECTS;
  const timeout = fields.timeout ? readTimeout(fields.timeout) : defaults.timeout;
  if (!target || body === 'wrong' || redirects === undefined || timeout === undefined) return undefined;
  return {
    ...target,
    headers,
    defaultHeaders: defaults.headers,
    body,
    redirects: followsRedirects ? redirects : 0,
    timeout,
  };
}

function readTarget(owner: Field, fields: Partial<Record<RequestKey, Field>>, scope: Scope) {
  const given = METHODS.filter((method) => fields[method]);
  const [method] = given;
  if (method === undefined) {
    return owner.mistake(
      `has no request; give it one such as \`get: /health\` (or ${METHODS.slice(1).join(', ')})`,
    );
  }
  if (given.length > 1) {
    return fields[given[1] as Method]?.mistake(
      `stands beside \`${method}\`: a check makes one request`,
      'key',
    );
  }
  const field = fields[method] as Field;
  const address = readAddress(field, scope);
  // GraphQL goes over POST, so `graphql:` beside `get:` would be sent and not understood.
  return address && { method, address };
}

function readAddress(field: Field, scope: Scope): Dynamic<string> | undefined {
  const written = field.written ?? '';
  if (!/^(\/|https?:\/\/|\$\{)/i.test(written)) {
    return field.mistake(
      `must be a path that starts with / or an address that starts with https://, found ${field.found()}${written && !/\s/.test(written) ? `; did you mean \`/${written}\`?` : ''}`,
    );
  }
  if (/\s/.test(written)) return field.mistake(`holds a space, found ${field.found()}; write %20`);
  if (/^https?:\/\/[^/]*@/i.test(written)) {
    return field.mistake(
      'holds a user or a password; send them in an `authorization` header from the environment',
    );
  }
  return readText(field, scope);
}

export function readHeaders(field: Field, scope: Scope): Map<string, Dynamic<string>> {
  const headers = new Map<string, Dynamic<string>>();
  for (const [name, member] of field.members() ?? []) {
    if (!HEADER_NAME.test(name)) {
      member.mistake('is not the name of a header', 'key');
      continue;
    }
    const value = readText(member, scope);
    if (!value) continue;
    // A secret that was pasted with its line break is the usual cause.
    if (value.captures.length === 0 && /[^\t\x20-\x7e\x80-\xff]/.test(value.of(new Map()))) {
      member.mistake(
        'holds a line break or another character that a header cannot carry; if it comes from a secret, paste that again without the line break at its end',
      );
    } else headers.set(name.toLowerCase(), value);
  }
  return headers;
}

function readRedirects(field: Field): number | undefined {
  const value = field.scalar;
  if (value === 'follow' || value === true) return DEFAULT_REDIRECTS;
  if (value === 'none' || value === false) return 0;
  if (typeof value === 'number') return field.integer({ min: 0, max: MAX_REDIRECTS });
  return field.mistake(`must be follow, none or a number from 0 to ${MAX_REDIRECTS}, found ${field.found()}`);
}

export function readTimeout(field: Field): number | undefined {
  return field.duration({ min: 1, max: MAX_TIMEOUT, says: 'from 1ms to 10m' });
}

type Body = Request['body'];
const BODY_KEYS = ['body', 'graphql', 'form'] as const;

function readBody(
  fields: Partial<Record<RequestKey, Field>>,
  scope: Scope,
  method: Method | undefined,
): Body | 'wrong' {
  const [key, second] = BODY_KEYS.filter((name) => fields[name]);
  if (key === undefined) return undefined;
  const field = fields[key] as Field;
  if (second !== undefined) {
    fields[second]?.mistake(`stands beside \`${key}\`: a request has one body`, 'key');
    return 'wrong';
  }
  if (method === 'get' || method === 'head') {
    field.mistake(
      `cannot be sent with ${method.toUpperCase()}; use \`post\`. What the answer must hold stands under \`expect\``,
      'key',
    );
    return 'wrong';
  }
  return BODY_READERS[key](field, scope) ?? 'wrong';
}

const BODY_READERS: Readonly<Record<(typeof BODY_KEYS)[number], (field: Field, scope: Scope) => Body>> = {
  body: readPlainBody,
  graphql: readGraphql,
  form: readForm,
};

/** Text is sent as it stands; a mapping or a list is sent as JSON. */
function readPlainBody(field: Field, scope: Scope): Body {
  if (!field.isMap && !field.isList) {
    const text = readText(field, scope);
    return text && { contentType: 'text/plain; charset=utf-8', text };
  }
  const value = readJson(field, scope);
  return value && { contentType: 'application/json', text: asText(value, jsonText) };
}

/** https://graphql.github.io/graphql-over-http/draft/ */
function readGraphql(field: Field, scope: Scope): Body {
  if (!field.isMap) {
    const query = readText(field, scope);
    return query && graphqlBody(query, undefined, undefined);
  }
  const fields = field.fields(['query', 'variables', 'operation-name']);
  if (!fields?.query) return fields && field.mistake('has no query');
  const query = readText(fields.query, scope);
  const variables = fields.variables && readJson(fields.variables, scope);
  const name = fields['operation-name'] && readText(fields['operation-name'], scope);
  return query && graphqlBody(query, variables, name);
}

function graphqlBody(
  query: Dynamic<string>,
  variables: Dynamic<Json> | undefined,
  operationName: Dynamic<string> | undefined,
): Body {
  const parts = [query, variables, operationName].filter((part) => part !== undefined);
  const text: Dynamic<string> = {
    source: query.source,
    captures: parts.flatMap((part) => part.captures),
    of: (captured) =>
      jsonText({
        query: query.of(captured),
        ...(variables ? { variables: variables.of(captured) } : {}),
        ...(operationName ? { operationName: operationName.of(captured) } : {}),
      }),
  };
  return { contentType: 'application/json', text };
}

function readForm(field: Field, scope: Scope): Body {
  const members = [...(field.members() ?? [])].map(([name, member]) => ({
    name,
    value: readText(member, scope),
  }));
  const known = members.flatMap(({ name, value }) => (value ? [{ name, value }] : []));
  if (known.length < members.length) return undefined;
  const text: Dynamic<string> = {
    source: 'a form',
    captures: known.flatMap(({ value }) => value.captures),
    of: (captured) =>
      new URLSearchParams(
        known.map(({ name, value }): [string, string] => [name, value.of(captured)]),
      ).toString(),
  };
  return { contentType: 'application/x-www-form-urlencoded', text };
}

function asText(value: Dynamic<Json>, write: (value: Json) => string): Dynamic<string> {
  return { source: value.source, captures: value.captures, of: (captured) => write(value.of(captured)) };
}

/** A plain GET of `address`: for the short form and the warm-up's defaults. */
export function plainGet(address: string, defaults: RequestDefaults): Request {
  return {
    method: 'get',
    address: constant(address, address),
    headers: new Map(),
    defaultHeaders: defaults.headers,
    body: undefined,
    redirects: DEFAULT_REDIRECTS,
    timeout: defaults.timeout,
  };
}
