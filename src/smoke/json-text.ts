import { randomUUID } from 'node:crypto';
import type { Json } from './json.ts';
import { ExactNumber, numberOfLiteral } from './number.ts';

/** Where there is none of these, every number is one that a double holds. */
const PERHAPS_EXACT = /[\d.]{16}|\d[eE][-+]?\d/;
const NUMBER = /-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

/** Lists and objects in one another: far more than an API answers with, and far less than exhausts the stack. */
export const MAX_DEPTH = 1000;

/** JSON whose lists and objects are deeper in one another than {@link MAX_DEPTH}. */
export class TooDeep extends Error {}

/**
 * Parses JSON and keeps every number digit for digit.
 * @throws SyntaxError as JSON.parse does; TooDeep
 */
export function parseJson(text: string): Json {
  if (isTooDeep(text)) throw new TooDeep();
  const plain = JSON.parse(text) as Json;
  if (!PERHAPS_EXACT.test(text)) return plain;
  const mark = `exact ${randomUUID()} `;
  const marked = outsideTexts(text, (part) =>
    part.replace(NUMBER, (literal) =>
      numberOfLiteral(literal) instanceof ExactNumber ? `"${mark}${literal}"` : literal,
    ),
  );
  if (marked === text) return plain;
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? new ExactNumber(value.slice(mark.length)) : value,
  ) as Json;
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '"') at = endOfText(text, at) - 1;
    else if (sign === '[' || sign === '{') depth += 1;
    else if (sign === ']' || sign === '}') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}

/** Valid JSON with `change` made to what is not inside of its texts. */
function outsideTexts(json: string, change: (part: string) => string): string {
  const parts: string[] = [];
  let at = 0;
  for (;;) {
    const start = json.indexOf('"', at);
    if (start < 0) return [...parts, change(json.slice(at))].join('');
    const end = endOfText(json, start);
    parts.push(change(json.slice(at, start)), json.slice(start, end));
    at = end;
  }
}

/** Just behind the quote that ends the text that begins at `start`. */
function endOfText(json: string, start: number): number {
  for (let quote = json.indexOf('"', start + 1); quote >= 0; quote = json.indexOf('"', quote + 1)) {
    let escapes = 0;
    while (json[quote - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
  }
  return json.length;
}

/** The value as JSON, every number as it was written. */
export function jsonText(value: Json): string {
  if (value instanceof ExactNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map((item: Json) => jsonText(item)).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value as Readonly<Record<string, Json>>);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${jsonText(member)}`).join(',')}}`;
}
