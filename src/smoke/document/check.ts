import type { Field } from '../../runtime/document/field.ts';
import { type Capture, type Check, type Gate, METHODS, type Retry } from '../checks.ts';
import { HEADER_NAME } from '../expect/headers.ts';
import { readExpectations } from '../expect/index.ts';
import { readJsonPath } from '../expect/json.ts';
import { checkPattern } from '../expect/pattern.ts';
import { REQUEST_KEYS, type RequestDefaults, readHeaders, readRequest, readTimeout } from './request.ts';
import type { Scope } from './scope.ts';

export const GATES = ['rollback', 'warn'] as const;
export const CHECK_KEYS = [
  'name',
  'gate',
  'tags',
  'needs',
  ...REQUEST_KEYS,
  'retry',
  'expect',
  'capture',
] as const;

/** What `defaults:` gives to every check. */
export interface Defaults extends RequestDefaults {
  readonly gate: Gate;
  readonly retry: Retry;
}

export const BUILT_IN: Defaults = {
  headers: new Map(),
  timeout: 10_000,
  gate: 'rollback',
  retry: { budget: 30_000, consecutive: 1, interval: 500 },
};

/** Longest wait for one check, in milliseconds: an hour. */
const MAX_BUDGET = 3_600_000;

export function readDefaults(field: Field | undefined, scope: Scope): Defaults {
  const fields = field?.fields(['timeout', 'gate', 'headers', 'retry']);
  if (!fields) return BUILT_IN;
  const headers = fields.headers ? readHeaders(fields.headers, scope) : BUILT_IN.headers;
  // The check that captures would need its own capture.
  if ([...headers.values()].some((value) => value.captures.length > 0)) {
    fields.headers?.mistake('uses a capture, which belongs under `headers` of the checks that need it');
  }
  return {
    headers,
    timeout: (fields.timeout && readTimeout(fields.timeout)) ?? BUILT_IN.timeout,
    gate: fields.gate?.choice(GATES) ?? BUILT_IN.gate,
    retry: readRetry(fields.retry, BUILT_IN.retry),
  };
}

export function readRetry(field: Field | undefined, defaults: Retry): Retry {
  const fields = field?.fields(['budget', 'consecutive', 'interval']);
  if (!fields) return defaults;
  return {
    budget: (fields.budget && readBudget(fields.budget)) ?? defaults.budget,
    consecutive: fields.consecutive?.integer({ min: 1, max: 100 }) ?? defaults.consecutive,
    interval: fields.interval?.duration({ min: 1, max: 60_000, says: 'from 1ms to 1m' }) ?? defaults.interval,
  };
}

export const readBudget = (field: Field) => field.duration({ max: MAX_BUDGET, says: 'at most 1h' });

export function readCheck(field: Field, scope: Scope, defaults: Defaults): Check | undefined {
  const fields = field.fields(CHECK_KEYS);
  if (!fields) return undefined;
  const place = field.place;
  const { all, followsRedirects } = readExpectations(fields.expect, scope, place);
  const request = readRequest(field, fields, scope, defaults, followsRedirects);
  const method = METHODS.find((one) => fields[one]);
  const name = fields.name
    ? fields.name.text()
    : method && `${method.toUpperCase()} ${fields[method]?.written}`;
  const check = {
    ...place,
    gate: fields.gate?.choice(GATES) ?? defaults.gate,
    tags: readNames(fields.tags),
    needs: readNames(fields.needs),
    retry: readRetry(fields.retry, defaults.retry),
    expect: all,
    capture: readCaptures(fields.capture),
  };
  return name && request ? { ...check, name, request } : undefined;
}

/** A name, or a list of names. */
function readNames(field: Field | undefined): string[] {
  if (!field) return [];
  const fields = field.isList ? (field.items() ?? []) : [field];
  return fields.map((item) => item.text()).filter((name) => name !== undefined);
}

const CAPTURE_NAME = /^[A-Za-z_][A-Za-z0-9_-]*$/;

function readCaptures(field: Field | undefined): Capture[] {
  return [...(field?.members() ?? [])].flatMap(([name, member]) => {
    if (!CAPTURE_NAME.test(name)) {
      member.mistake('is not a name for a capture: letters, digits, _ and - only', 'key');
      return [];
    }
    const capture = readCapture(name, member);
    return capture ? [capture] : [];
  });
}

/** `token: $.access_token`, or a mapping with one of `json`, `header` (with `matches`) and `body` (a pattern). */
function readCapture(name: string, field: Field): Capture | undefined {
  const place = field.place;
  if (!field.isMap) {
    const path = readPath(field);
    return path && { ...place, name, from: { json: path }, public: false };
  }
  const fields = field.fields(['json', 'header', 'matches', 'body', 'public']);
  if (!fields) return undefined;
  const from = readCaptureSource(field, fields);
  return from && { ...place, name, from, public: fields.public?.flag() ?? false };
}

function readCaptureSource(
  field: Field,
  fields: Partial<Record<'json' | 'header' | 'matches' | 'body' | 'public', Field>>,
): Capture['from'] | undefined {
  const given = (['json', 'header', 'body'] as const).filter((key) => fields[key]);
  if (given.length !== 1) return field.mistake('must have one of json, header and body');
  if (fields.matches && !fields.header) return fields.matches.mistake('belongs to `header`', 'key');
  if (fields.json) {
    const path = readPath(fields.json);
    return path && { json: path };
  }
  if (fields.body) {
    const body = readPattern(fields.body);
    return body === undefined ? undefined : { body };
  }
  const header = fields.header?.text()?.toLowerCase();
  if (header === undefined) return undefined;
  if (!HEADER_NAME.test(header)) return fields.header?.mistake('is not the name of a header');
  const matches = fields.matches && readPattern(fields.matches);
  return fields.matches && matches === undefined ? undefined : { header, matches };
}

function readPath(field: Field) {
  const text = field.text();
  const path = text === undefined ? undefined : readJsonPath(field, text, 'value');
  if (path?.many)
    return field.mistake('selects several values, and a capture is one: use an index in place of [*]');
  return path;
}

function readPattern(field: Field): string | undefined {
  const pattern = field.text();
  const wrong = pattern === undefined ? undefined : checkPattern(pattern);
  return wrong ? field.mistake(`is not a regular expression: ${wrong}`) : pattern;
}
