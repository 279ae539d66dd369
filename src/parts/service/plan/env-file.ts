import { refused } from '../../../runtime/errors.ts';
import { parseParameterRef, parseSecretRef, type SecretRef } from './secret-ref.ts';

/** Variables with their values, and the names that are given by reference. */
export interface Environment {
  readonly variables: Readonly<Record<string, string>>;
  readonly secrets: Readonly<Record<string, SecretRef>>;
}

/** Where a line stands, for the error that names it. */
export interface EnvSource {
  readonly input: string;
  /** Path of the file, where it is one. */
  readonly path?: string | undefined;
  /**
   * In an input an empty value is refused, because an expression that expanded to nothing looks just so; in a file,
   * which GitHub does not expand, it is an empty value. `KEY=""` is empty in both.
   */
  readonly emptyIsMistake: boolean;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const REFERENCE = /^\$\{(SECRETS_MANAGER|SSM):([^}]*)\}$/;

/**
 * Reads `KEY=value` lines: `#` comments, an optional `export `, single quotes (taken as they are) and double quotes
 * (with `\n`, `\"`, `\\`). `${SECRETS_MANAGER:name}`, `${SECRETS_MANAGER:name:json-key}` and `${SSM:name}` as a whole value
 * are references; any other `${…}` is refused, for nobody would expand it and the app would see it as it stands; `$${`
 * is how to write one that is meant so.
 * @throws ActionError `refused`, with the line number and the name, never with a value.
 */
export function parseEnvironment(text: string, source: EnvSource): Environment {
  const variables: Record<string, string> = {};
  const secrets: Record<string, SecretRef> = {};
  const lineOf = new Map<string, number>();
  text.split(/\r?\n/).forEach((raw, index) => {
    const line = raw.trim().replace(/^export\s+/, '');
    if (line === '' || line.startsWith('#')) return;
    const at = index + 1;
    const equals = line.indexOf('=');
    const name = equals < 0 ? line : line.slice(0, equals).trim();
    if (equals < 0) throw wrong(source, at, 'has no `=`', 'write KEY=value');
    if (!NAME.test(name))
      throw wrong(source, at, 'has a name that is no variable name', 'use letters, digits and _');
    // An object loses this one name, and with it the value.
    if (name === '__proto__') throw wrong(source, at, `sets ${name}`, 'give the variable another name');
    const before = lineOf.get(name);
    if (before) throw wrong(source, at, `sets ${name} again, after line ${before}`, 'keep one of the two');
    lineOf.set(name, at);
    const { value, quoted } = unquote(line.slice(equals + 1).trim(), source, at, name);
    if (value === '' && !quoted && source.emptyIsMistake) {
      throw wrong(
        source,
        at,
        `gives ${name} nothing`,
        `check the expression that it is set from; if it is to be empty, write ${name}=""`,
      );
    }
    const reference = readReference(value, source, at, name);
    if (reference) secrets[name] = reference;
    else variables[name] = value.replaceAll('$${', '${');
  });
  return { variables, secrets };
}

/** `KEY=name`, `KEY=name:json-key`, `KEY=arn…` or `KEY=${SECRETS_MANAGER:…}` lines of the input `secrets`. */
export function parseSecretLines(text: string): Readonly<Record<string, SecretRef>> {
  const source: EnvSource = { input: 'secrets', emptyIsMistake: true };
  const { variables, secrets } = parseEnvironment(text, source);
  const plain = Object.entries(variables).map(([name, value]) => {
    const ref = parseSecretRef(value);
    if (ref) return [name, ref] as const;
    throw refused({
      input: 'secrets',
      what: `${name} is not the name or ARN of a secret`,
      fix: 'write KEY=secret-name, KEY=secret-name:json-key, KEY=arn:aws:secretsmanager:… or KEY=arn:aws:ssm:…; a value does not belong here',
    });
  });
  return { ...secrets, ...Object.fromEntries(plain) };
}

/** Later ones win; a name that changes from a variable to a secret, or back, is one thing only. */
export function mergeEnvironments(...all: readonly Environment[]): Environment {
  const merged = { variables: {} as Record<string, string>, secrets: {} as Record<string, SecretRef> };
  for (const one of all) {
    for (const [name, value] of Object.entries(one.variables)) {
      delete merged.secrets[name];
      merged.variables[name] = value;
    }
    for (const [name, ref] of Object.entries(one.secrets)) {
      delete merged.variables[name];
      merged.secrets[name] = ref;
    }
  }
  return merged;
}

function unquote(value: string, source: EnvSource, at: number, name: string) {
  const open = value[0];
  if (open !== '"' && open !== "'") {
    // A comment after an unquoted value starts at white space and `#`, as in a shell.
    return { value: value.replace(/\s#.*$/, '').trimEnd(), quoted: false };
  }
  const match =
    open === '"' ? /^"((?:[^"\\]|\\.)*)"\s*(?:#.*)?$/.exec(value) : /^'([^']*)'\s*(?:#.*)?$/.exec(value);
  if (!match) throw wrong(source, at, `opens a quote for ${name} that is not closed on the line`, 'close it');
  const inner = match[1] ?? '';
  if (open === "'") return { value: inner, quoted: true };
  return { value: inner.replace(/\\(.)/g, (_all, c: string) => (c === 'n' ? '\n' : c)), quoted: true };
}

function readReference(value: string, source: EnvSource, at: number, name: string): SecretRef | undefined {
  const whole = REFERENCE.exec(value);
  if (whole) {
    const ref = whole[1] === 'SSM' ? parseParameterRef(whole[2] ?? '') : parseSecretRef(whole[2] ?? '');
    if (ref) return ref;
    throw wrong(
      source,
      at,
      `refers to no secret in ${name}`,
      'write ${SECRETS_MANAGER:name}, ${SECRETS_MANAGER:name:json-key} or ${SSM:name}',
    );
  }
  const stray = /(?<!\$)\$\{([^}:]*)/.exec(value);
  if (!stray) return undefined;
  const isOurs = /secret|^ssm$/i.test(stray[1] ?? '');
  throw wrong(
    source,
    at,
    isOurs
      ? `has a secret reference in ${name} that is misspelt or is only a part of the value`
      : `has a reference in ${name} that nothing would expand`,
    isOurs
      ? 'the whole value must be ${SECRETS_MANAGER:name}, ${SECRETS_MANAGER:name:json-key} or ${SSM:name}'
      : 'write the value itself, or $${ for a literal ${',
  );
}

function wrong(source: EnvSource, line: number, what: string, fix: string) {
  return refused({
    input: source.input,
    what: `line ${line}${source.path ? ` of ${source.path}` : ''} ${what}`,
    fix,
  });
}
