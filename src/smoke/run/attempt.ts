import type { Secrets } from '../../runtime/secrets.ts';
import type { Capture, Check } from '../checks.ts';
import type { Captured } from '../document/scope.ts';
import type { Assertion, Evidence, Expectation } from '../expect/expectation.ts';
import { percentile } from '../expect/latency.ts';
import { SearchTime, searchPattern } from '../expect/pattern.ts';
import { type Answer, headerOf, jsonOf, type Timings, textOf } from '../http/answer.ts';
import { WireProblem } from '../http/problem.ts';
import type { Want, Wire } from '../http/wire.ts';
import type { Json } from '../json.ts';
import { selectJson } from '../json-path.ts';
import { ExactNumber, type JsonNumber } from '../number.ts';
import { buildRequest } from './request.ts';

/** What a run gives to each of its tries. */
export interface Context {
  readonly wire: Pick<Wire, 'exchange'>;
  readonly baseUrl: string | undefined;
  /** Sent to the service at the base address, and to no other host. */
  readonly headers: ReadonlyMap<string, string>;
  readonly secrets: Secrets;
  readonly signal: AbortSignal;
  /** Told of every value captured that is not public, before anything is said about the answer. */
  readonly onSecret: (value: string) => void;
  /** Expectations on a header of every answer of the service at the base address: the release's. */
  readonly always: readonly Expectation[];
  readonly now: () => number;
}

/** One try of a check. */
export interface Attempt {
  readonly ok: boolean;
  readonly requests: number;
  readonly assertions: readonly Assertion[];
  readonly problem?: string;
  readonly status?: number;
  readonly timings?: Timings;
  readonly via?: Answer['via'];
  readonly latency?: { samples: number; p50: number; p95: number; max: number };
  readonly captured: ReadonlyMap<string, Json>;
}

/** What is kept of an answer once its body is gone. */
interface Judged {
  readonly assertions: readonly Assertion[];
  readonly captured: ReadonlyMap<string, Json>;
  readonly answer: Answer;
}

/**
 * Makes a check's request, as often as it wants samples, and judges every answer. With several samples the first
 * request opens the connection: it is judged like the others and not timed.
 * @throws the signal's reason when it is aborted; nothing else
 */
export async function tryCheck(check: Check, captured: Captured, context: Context): Promise<Attempt> {
  const samples = Math.max(...check.expect.map((expectation) => expectation.samples));
  const wanted = samples === 1 ? 1 : samples + 1;
  const timed: Timings[] = [];
  let requests = 0;
  let last: Judged | undefined;
  try {
    const want = wantOf(check, captured, context);
    while (requests < wanted) {
      requests++;
      last = judge(check, await context.wire.exchange(want, context.signal), captured, context);
      if (last.assertions.some(({ ok }) => !ok)) break;
      if (requests > 1 || wanted === 1) timed.push(last.answer.timings);
    }
  } catch (error) {
    context.signal.throwIfAborted();
    if (!(error instanceof WireProblem)) throw error;
    return {
      ok: false,
      requests,
      assertions: [],
      problem: context.secrets.hide(error.message),
      captured: new Map(),
    };
  }
  return conclude(check, requests, timed, last as Judged, captured, context);
}

function wantOf(check: Check, captured: Captured, { baseUrl, headers }: Context): Want {
  const { request, expect, capture } = check;
  return {
    request: buildRequest(request, baseUrl, captured, headers),
    redirects: request.redirects,
    timeout: request.timeout,
    keepBody: expect.some(({ needsBody }) => needsBody) || capture.some(({ from }) => !('header' in from)),
  };
}

/** Everything about one answer but its latency, which is judged over all samples. */
function judge(check: Check, answer: Answer, captured: Captured, context: Context): Judged {
  const time = new SearchTime();
  const { found, missing } = capture(check, answer, context, time);
  const evidence = evidenceOf(answer, [answer.timings], captured, context, time);
  const assertions = [
    ...check.expect
      .filter(({ key }) => key !== 'latency')
      .flatMap((expectation) => expectation.judge(evidence)),
    ...releaseAssertions(answer, evidence, context),
    ...missing,
  ];
  return { assertions, captured: found, answer: { ...answer, body: Buffer.alloc(0) } };
}

function capture(check: Check, answer: Answer, { onSecret }: Context, time: SearchTime) {
  const found = new Map<string, Json>();
  const missing: Assertion[] = [];
  for (const wanted of check.capture) {
    const value = capturedValue(wanted, answer, time);
    if (value === undefined || (typeof value === 'object' && !(value instanceof ExactNumber))) {
      missing.push(notCaptured(wanted, value?.wrong));
      continue;
    }
    found.set(wanted.name, value);
    if (!wanted.public && typeof value !== 'boolean') onSecret(String(value));
  }
  return { found, missing };
}

function releaseAssertions(answer: Answer, evidence: Evidence, { always, baseUrl }: Context): Assertion[] {
  if (baseUrl === undefined || new URL(answer.url).origin !== new URL(baseUrl).origin) return [];
  return always
    .filter(({ header }) => header !== undefined && headerOf(answer, header) !== undefined)
    .flatMap((expectation) => expectation.judge(evidence))
    .map((assertion) => ({ ...assertion, what: `release, ${assertion.what}` }));
}

function evidenceOf(
  answer: Answer,
  samples: readonly Timings[],
  captured: Captured,
  { secrets, now }: Context,
  time = new SearchTime(),
): Evidence {
  return { answer, samples, captured, time, now: now(), hide: (text) => secrets.hide(text) };
}

function conclude(
  check: Check,
  requests: number,
  timed: readonly Timings[],
  last: Judged,
  captured: Captured,
  context: Context,
): Attempt {
  const latency = check.expect.filter(({ key }) => key === 'latency');
  // A try that failed otherwise has too few samples to say anything about latency.
  const complete = last.assertions.every(({ ok }) => ok);
  const evidence = evidenceOf(last.answer, timed, captured, context);
  const assertions = [
    ...last.assertions,
    ...(complete ? latency.flatMap((expectation) => expectation.judge(evidence)) : []),
  ];
  const totals = timed.map(({ total }) => total);
  return {
    ok: assertions.every(({ ok }) => ok),
    requests,
    assertions,
    status: last.answer.status,
    timings: last.answer.timings,
    ...(last.answer.via.length > 0 ? { via: last.answer.via } : {}),
    ...(totals.length > 1
      ? {
          latency: {
            samples: totals.length,
            p50: percentile(totals, 0.5),
            p95: percentile(totals, 0.95),
            max: percentile(totals, 1),
          },
        }
      : {}),
    captured: last.captured,
  };
}

/** Captured values are plain: a text, a number, true or false. */
function capturedValue(
  capture: Capture,
  answer: Answer,
  time: SearchTime,
): string | JsonNumber | boolean | { wrong: string } | undefined {
  const { from } = capture;
  if ('json' in from) {
    const body = jsonOf(answer);
    if ('wrong' in body) return { wrong: body.wrong };
    const [value] = selectJson(from.json, body.json);
    if (value === undefined) return undefined;
    if (value === null || (typeof value === 'object' && !(value instanceof ExactNumber))) {
      return { wrong: value === null ? 'null' : 'a list or an object' };
    }
    return value;
  }
  if ('body' in from) return firstGroup(from.body, textOf(answer), time);
  const header = headerOf(answer, from.header);
  return header !== undefined && from.matches !== undefined ? firstGroup(from.matches, header, time) : header;
}

/** The pattern's first group, or all that it matched where it has none. */
function firstGroup(pattern: string, text: string, time: SearchTime): string | { wrong: string } | undefined {
  const found = searchPattern(pattern, text, time);
  if ('wrong' in found) return found;
  return found.match === null ? undefined : (found.match[1] ?? found.match[0]);
}

function notCaptured({ name, line, column, from }: Capture, wrong: string | undefined): Assertion {
  const where =
    'json' in from
      ? `json ${from.json.source}`
      : 'header' in from
        ? `header ${from.header}`
        : `body /${from.body}/`;
  return {
    line,
    column,
    what: `capture ${name}`,
    ok: false,
    expected: `a value at ${where}`,
    got: wrong ?? 'nothing there',
  };
}
