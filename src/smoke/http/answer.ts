import type { Json } from '../json.ts';
import { parseJson, TooDeep } from '../json-text.ts';

/** What was seen of the connection's certificate. */
export interface TlsFacts {
  /** As OpenSSL names it: `TLSv1.2`, `TLSv1.3`. */
  readonly protocol: string;
  /** Last moment of the certificate's validity, milliseconds since the epoch. */
  readonly validTo: number;
  readonly subject: string;
  readonly issuer: string;
}

/** Milliseconds since the request was begun; a phase that did not happen (a connection kept alive) is absent. */
export interface Timings {
  readonly lookup?: number;
  readonly connect?: number;
  readonly tls?: number;
  readonly firstByte: number;
  readonly total: number;
}

/** One answer, with everything that an expectation may ask about. */
export interface Answer {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case, in the order of arrival; a header that came twice stands twice. */
  readonly headers: readonly (readonly [string, string])[];
  /** At most the first 10 MB; empty where no expectation reads it. */
  readonly body: Buffer;
  /** Bytes of the body that were read. */
  readonly size: number;
  /** True where the body was longer than what was read. */
  readonly cut: boolean;
  readonly sha256: string;
  readonly tls: TlsFacts | undefined;
  readonly timings: Timings;
  /** The addresses that redirected here, first to last, as they may be shown. */
  readonly via: readonly Redirect[];
}

export interface Redirect {
  readonly url: string;
  readonly status: number;
  readonly location: string;
}

/** The values of a header, joined as HTTP does; `undefined` where it did not come. */
export function headerOf(answer: Pick<Answer, 'headers'>, name: string): string | undefined {
  const values = answer.headers.filter(([key]) => key === name).map(([, value]) => value);
  return values.length > 0 ? values.join(', ') : undefined;
}

const texts = new WeakMap<Answer, string>();
const parsed = new WeakMap<Answer, { json: Json } | { wrong: string }>();

/** The body as UTF-8 text. */
export function textOf(answer: Answer): string {
  let text = texts.get(answer);
  if (text === undefined) {
    text = answer.body.toString('utf8');
    texts.set(answer, text);
  }
  return text;
}

/** The body as JSON, or why it is none. Parsed once however many paths ask. */
export function jsonOf(answer: Answer): { json: Json } | { wrong: string } {
  let result = parsed.get(answer);
  if (result === undefined) {
    try {
      result = { json: parseJson(textOf(answer)) };
    } catch (error) {
      result = { wrong: error instanceof TooDeep ? 'JSON that is nested too deep' : notJson(answer) };
    }
    parsed.set(answer, result);
  }
  return result;
}

function notJson(answer: Answer): string {
  if (answer.cut) return 'a body that was cut at 10 MB';
  if (answer.size === 0) return 'an empty body';
  return `a body that is not JSON (content-type ${headerOf(answer, 'content-type') ?? 'missing'})`;
}
