import type { Field } from '../../runtime/document/field.ts';
import type { Scope } from '../document/scope.ts';
import { readBody } from './body.ts';
import type { Expectation } from './expectation.ts';
import { readHeaders } from './headers.ts';
import { readJsonExpectation } from './json.ts';
import { readLatency } from './latency.ts';
import { readRedirect } from './redirect.ts';
import { readSha256 } from './sha256.ts';
import { expectsRedirect, parseStatus, readStatus, statusExpectation } from './status.ts';
import { readTls } from './tls.ts';

/** What may stand under `expect:`. A new expectation is a new file and one line here. */
const READERS: Readonly<Record<string, (field: Field, scope: Scope) => Expectation[]>> = {
  headers: readHeaders,
  json: readJsonExpectation,
  body: readBody,
  sha256: readSha256,
  redirect: readRedirect,
  latency: readLatency,
  tls: readTls,
};
export const EXPECTATION_KEYS = ['status', ...Object.keys(READERS)];

export interface Expectations {
  readonly all: readonly Expectation[];
  /** False where a redirect itself is what is expected. */
  readonly followsRedirects: boolean;
}

/** The entries of `expect:`. Without a `status`, the answer must be 2xx, or 3xx where a redirect is expected. */
export function readExpectations(
  field: Field | undefined,
  scope: Scope,
  place: { line: number; column: number },
) {
  const fields = field?.fields(EXPECTATION_KEYS) ?? {};
  const status = fields['status'] ? readStatus(fields['status']) : undefined;
  const family = fields['redirect'] ? '3xx' : '2xx';
  const rules = status?.rules ?? [parseStatus(family) ?? { from: 200, to: 299, source: family }];
  const all = [
    status?.expectation ?? statusExpectation(rules, place),
    ...Object.entries(READERS).flatMap(([key, read]) => (fields[key] ? read(fields[key], scope) : [])),
  ];
  return { all, followsRedirects: !expectsRedirect(rules) } satisfies Expectations;
}
