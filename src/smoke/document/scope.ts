import { didYouMean, type Field } from '../../runtime/document/field.ts';
import { Secrets } from '../../runtime/secrets.ts';
import type { Json } from '../json.ts';
import { jsonText } from '../json-text.ts';
import { type JsonNumber, numberOfLiteral } from '../number.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** What the checks before this one have captured, by name. */
export type Captured = ReadonlyMap<string, Json>;

/** A value that is known when the check runs: the environment is filled in already, captures are not. */
export interface Dynamic<T> {
  /** As written in the file. Never a secret. */
  readonly source: string;
  /** Names of the captures that it needs. */
  readonly captures: readonly string[];
  of(captured: Captured): T;
}

/** `$${` writes `${`; the name may have a default, as in a shell: `${NAME:-text}`. */
const REFERENCE = /\$\$\{|\$\{([^{}]*)\}/g;
const CAPTURE = /^capture\.([A-Za-z_][A-Za-z0-9_-]*)$/;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?::-(.*))?$/s;

/**
 * GitHub's own variables that describe the run and are shown on its page anyway, and the release that a rollback goes
 * back to. All others are taken for secrets.
 * List: https://docs.github.com/en/actions/reference/workflows-and-actions/variables
 */
const PUBLIC = /^(CI|RELEASE_ID|GITHUB_(?!.*TOKEN)\w+|RUNNER_\w+)$/;

/** The names that the file may use: the environment's variables, and what checks capture. */
export class Scope {
  readonly secrets = new Secrets();
  readonly #env: Env;
  readonly #public = new Set<string>();

  constructor(env: Env) {
    this.#env = env;
  }

  /** Says that a variable's value may be shown. */
  publish(name: string): void {
    this.#public.add(name);
  }

  /** The text with its references to the environment filled in; those that cannot be are mistakes. */
  text(field: Field, source: string, use: { public?: boolean } = {}): Dynamic<string> | undefined {
    const parts: (string | { capture: string })[] = [];
    let [at, ok] = [0, true];
    for (const match of source.matchAll(REFERENCE)) {
      parts.push(source.slice(at, match.index));
      at = match.index + match[0].length;
      const part = match[1] === undefined ? '${' : this.#resolve(field, match[1].trim(), use.public === true);
      if (part === undefined) ok = false;
      else parts.push(part);
    }
    parts.push(source.slice(at));
    return ok ? dynamicText(source, parts) : undefined;
  }

  #resolve(field: Field, name: string, isPublic: boolean): string | { capture: string } | undefined {
    const capture = CAPTURE.exec(name)?.[1];
    if (capture !== undefined) return { capture };
    const match = VARIABLE.exec(name);
    if (!match?.[1]) {
      return field.mistake(
        `\${${name}} is not a reference; write \${NAME} for a variable of the environment, \${capture.name} for a capture, $\${ for a plain \${`,
      );
    }
    const value = this.#env[match[1]];
    if (value) {
      if (!isPublic && !PUBLIC.test(match[1]) && !this.#public.has(match[1])) this.secrets.add(value);
      return value;
    }
    if (match[2] !== undefined) return match[2];
    return field.mistake(this.#missing(match[1], value));
  }

  #missing(name: string, value: string | undefined): string {
    if (value === '') {
      return `uses \${${name}}, which is set but empty: an expression such as \${{ secrets.${name} }} expands to nothing where that secret does not exist`;
    }
    const near = didYouMean(name, Object.keys(this.#env));
    return `uses \${${name}}, which is not set in the environment${near.includes('mean') ? near : ''}; give it under \`env:\` of the step`;
  }
}

function dynamicText(source: string, parts: readonly (string | { capture: string })[]): Dynamic<string> {
  const captures = parts.flatMap((part) => (typeof part === 'string' ? [] : [part.capture]));
  const of = (captured: Captured) =>
    parts.map((part) => (typeof part === 'string' ? part : textOf(captured.get(part.capture)))).join('');
  return { source, captures, of };
}

const textOf = (value: Json | undefined) => (typeof value === 'string' ? value : jsonText(value ?? null));

/** Text with references. */
export function readText(field: Field, scope: Scope): Dynamic<string> | undefined {
  const written = field.written;
  if (written === undefined) return field.mistake(`must be text, found ${field.found()}`);
  return scope.text(field, written);
}

/**
 * Any JSON value with references in its texts. A text that is one capture and nothing else becomes the captured value
 * with its type: `id: ${capture.id}` sends a number where a number was captured.
 */
export function readJson(field: Field, scope: Scope): Dynamic<Json> | undefined {
  if (field.isList) return readList(field, scope);
  if (field.isMap) return readObject(field, scope);
  const value = readNumber(field) ?? field.scalar ?? null;
  if (typeof value !== 'string') return constant(value, jsonText(value));
  const text = scope.text(field, value);
  if (!text) return undefined;
  const whole = /^\$\{\s*capture\.([\w-]+)\s*\}$/.exec(value)?.[1];
  return whole === undefined ? text : { ...text, of: (captured) => captured.get(whole) ?? null };
}

/** A number as it is written in the file, digit for digit; `undefined` where there is none. */
export function readNumber(field: Field): JsonNumber | undefined {
  const { scalar } = field;
  return typeof scalar === 'number' ? (numberOfLiteral(field.written ?? '') ?? scalar) : undefined;
}

function readList(field: Field, scope: Scope): Dynamic<Json> | undefined {
  const items = (field.items() ?? []).map((item) => readJson(item, scope));
  const known = items.filter((item) => item !== undefined);
  if (known.length < items.length) return undefined;
  return combine(known, `[${known.map((item) => item.source).join(', ')}]`, (captured) =>
    known.map((item) => item.of(captured)),
  );
}

function readObject(field: Field, scope: Scope): Dynamic<Json> | undefined {
  const entries = [...(field.members() ?? [])].map(([key, member]) => ({
    key,
    value: readJson(member, scope),
  }));
  const known = entries.flatMap(({ key, value }) => (value ? [{ key, value }] : []));
  if (known.length < entries.length) return undefined;
  const source = `{${known.map(({ key, value }) => `${key}: ${value.source}`).join(', ')}}`;
  return combine(
    known.map(({ value }) => value),
    source,
    (captured) => Object.fromEntries(known.map(({ key, value }) => [key, value.of(captured)])),
  );
}

function combine<T>(
  parts: readonly Dynamic<unknown>[],
  source: string,
  of: (captured: Captured) => T,
): Dynamic<T> {
  return { source, captures: parts.flatMap((part) => part.captures), of };
}

export function constant<T>(value: T, source: string): Dynamic<T> {
  return { source, captures: [], of: () => value };
}
