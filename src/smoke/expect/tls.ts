import type { Field } from '../../runtime/document/field.ts';
import { formatDuration, parseDuration } from '../../runtime/duration.ts';
import type { Assertion, Evidence, Expectation } from './expectation.ts';

/** As OpenSSL names them, oldest first. */
const PROTOCOLS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

export function readTls(field: Field): Expectation[] {
  const fields = field.fields(['expires-in', 'protocol']);
  if (!fields) return [];
  if (!fields['expires-in'] && !fields.protocol) field.mistake('has no expectation: expires-in or protocol');
  return [
    ...(fields['expires-in'] ? readExpiry(fields['expires-in']) : []),
    ...(fields.protocol ? readProtocol(fields.protocol) : []),
  ];
}

/** `">14d"`: the certificate must be valid for more than 14 days from now. */
function readExpiry(field: Field): Expectation[] {
  const text = field.written ?? '';
  const ms = parseDuration(text.replace(/^>=?\s*/, ''));
  if (ms === undefined) {
    field.mistake(`must be a duration such as ">14d", found ${field.found()}`);
    return [];
  }
  const place = field.place;
  return [
    tlsExpectation((evidence) => {
      const { tls } = evidence.answer;
      const left = (tls?.validTo ?? Number.NaN) - evidence.now;
      return {
        ...place,
        what: 'tls expires-in',
        ok: left > ms,
        expected: `> ${formatDuration(ms)}`,
        got: tls ? expiry(left, tls.validTo) : 'no TLS: the address is http',
      };
    }),
  ];
}

function expiry(left: number, validTo: number): string {
  const day = new Date(validTo).toISOString().slice(0, 10);
  return left > 0 ? `${formatDuration(left)} (until ${day})` : `expired on ${day}`;
}

/** `">=TLSv1.2"` is at least that one, `TLSv1.3` exactly that one. */
function readProtocol(field: Field): Expectation[] {
  const match = /^(>=)?\s*(TLSv1(?:\.[123])?)$/.exec(field.written ?? '');
  const wanted = (PROTOCOLS as readonly (string | undefined)[]).indexOf(match?.[2]);
  if (!match || wanted < 0) {
    field.mistake(
      `must be one of ${PROTOCOLS.join(', ')}, or at least one of them such as ">=TLSv1.2", found ${field.found()}`,
    );
    return [];
  }
  const place = field.place;
  return [
    tlsExpectation(({ answer }) => {
      const got = (PROTOCOLS as readonly (string | undefined)[]).indexOf(answer.tls?.protocol);
      return {
        ...place,
        what: 'tls protocol',
        ok: match[1] ? got >= wanted : got === wanted,
        expected: `${match[1] ? '≥ ' : ''}${PROTOCOLS[wanted]}`,
        got: answer.tls?.protocol ?? 'no TLS: the address is http',
      };
    }),
  ];
}

function tlsExpectation(judge: (evidence: Evidence) => Assertion): Expectation {
  return { key: 'tls', captures: [], needsBody: false, samples: 1, judge: (evidence) => [judge(evidence)] };
}
