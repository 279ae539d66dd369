import type { Field } from '../../runtime/document/field.ts';
import type { Form } from '../../runtime/document/setting.ts';
import { parseDuration } from '../../runtime/duration.ts';
import { nearest } from '../../runtime/nearest.ts';
import type { Variables } from './variables.ts';

/**
 * The text that an input takes, from what the file says. `undefined` after a mistake, or where the text is lenient about
 * names that are not set and uses one.
 * @param layers the value in the file, and after it what the environment says; mappings are put together, of anything
 * else the last one counts
 */
export function textOf(form: Form, layers: readonly Field[], variables: Variables): string | undefined {
  if (form.is === 'pairs') return pairs(form, layers, variables);
  if (form.is === 'headers') return headers(layers, variables);
  // What is overridden is not used, and is right all the same.
  for (const layer of layers.slice(0, -1)) single(form, layer, variables.lenient());
  const last = layers.at(-1);
  return last && single(form, last, variables);
}

function single(form: Form, field: Field, variables: Variables): string | undefined {
  if (form.is === 'lines') return lines(field, variables);
  if (form.is === 'command') return command(field);
  const written = field.text();
  if (written === undefined) return undefined;
  const literal = (form.is === 'path' || form.is === 'text') && form.literal === true;
  const text = literal ? written : variables.expand(field, written);
  if (text === undefined) return undefined;
  const wrong = wrongValue(form, text.trim());
  if (wrong === undefined) return text.trim();
  const near = form.is === 'choice' ? nearest(text, form.of) : undefined;
  return field.mistake(`${wrong}, found ${field.found()}${near ? `; did you mean \`${near}\`?` : ''}`);
}

/** What is wrong with the text of one value; `undefined` where it is right. */
function wrongValue(form: Form, text: string): string | undefined {
  switch (form.is) {
    case 'flag':
      return text === 'true' || text === 'false' ? undefined : 'must be true or false';
    case 'duration':
      return parseDuration(text) === undefined ? 'must be a duration such as 500ms, 90s or 20m' : undefined;
    case 'choice':
      return form.of.includes(text) ? undefined : `must be one of ${form.of.join(', ')}`;
    case 'number':
      return wrongNumber(form, text);
    case 'percentage':
      return wrongShare(form.orNumber === true, text);
    case 'path':
      return wrongPath(text);
    default:
      return text === '' ? 'must be text' : undefined;
  }
}

function wrongNumber(form: Extract<Form, { is: 'number' }>, text: string): string | undefined {
  if (form.or?.includes(text)) return undefined;
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= form.min && number <= form.max) return undefined;
  const words = form.or ? ` or ${form.or.join(', ')}` : '';
  return `must be a whole number from ${form.min} to ${form.max}${words}`;
}

function wrongShare(orNumber: boolean, text: string): string | undefined {
  if (orNumber && /^\d{1,15}$/.test(text)) return undefined;
  const share = /^(\d+(?:\.\d+)?)\s*%$/.exec(text)?.[1];
  if (share !== undefined && Number(share) <= 100) return undefined;
  return `must be a percentage such as 1%${orNumber ? ' or a whole number' : ''}`;
}

/** A path is one of the repository: what a pull request changes must not read elsewhere on the runner. */
function wrongPath(text: string): string | undefined {
  if (/\p{Cc}/u.test(text)) return 'must be a path without control characters';
  if (/^([/\\~]|[A-Za-z]:)/.test(text)) return 'must be a path from the root of the repository';
  return text.split(/[/\\]/).includes('..') ? 'must be a path within the repository, without ..' : undefined;
}

/** One text as it is, or a list of words as YAML's and JSON's flow list, which the inputs of commands read as such. */
function command(field: Field): string | undefined {
  if (!field.isList) return field.text();
  const words = (field.items() ?? []).map(
    (item) => item.written ?? item.mistake(`must be text, found ${item.found()}`),
  );
  if (words.length === 0) return field.mistake('must be a command, found an empty list');
  return words.includes(undefined) ? undefined : JSON.stringify(words);
}

function lines(field: Field, variables: Variables): string | undefined {
  const items = field.isList ? (field.items() ?? []) : [field];
  const all = items.map((item) => {
    const text = item.text();
    const expanded = text === undefined ? undefined : variables.expand(item, text);
    return expanded === undefined ? undefined : line(item, expanded.trim(), field.isList);
  });
  if (all.length === 0) return field.mistake('must name something, found an empty list');
  return all.includes(undefined) ? undefined : all.join('\n');
}

/** A text that has to stand on a line of its own. */
function line(field: Field, text: string, one = true): string | undefined {
  if (one && /[\r\n]/.test(text)) return field.mistake('must be one line');
  // Inputs that take lines read one that begins so as a comment.
  return text.startsWith('#') ? field.mistake(`must not begin with #, found ${field.found()}`) : text;
}

/** Members by name, a later mapping's over those of one before; what is covered is looked at and not used. */
function together(layers: readonly Field[], covered: (field: Field) => void): Map<string, Field> {
  const members = new Map<string, Field>();
  for (const layer of layers) {
    for (const [name, member] of layer.members() ?? []) {
      const before = members.get(name);
      if (before) covered(before);
      members.set(name, member);
    }
  }
  return members;
}

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

function pairs(
  form: Extract<Form, { is: 'pairs' }>,
  layers: readonly Field[],
  variables: Variables,
): string | undefined {
  const members = together(layers, (field) => pairValue(form, field, variables.lenient()));
  const all = [...members].map(([name, field]) => {
    const wrong = wrongName(name, form);
    if (wrong) return field.mistake(wrong, 'key');
    const value = pairValue(form, field, variables);
    return value === undefined ? undefined : `${name}${form.between}${value}`;
  });
  return all.includes(undefined) || all.length === 0 ? undefined : all.join('\n');
}

function wrongName(name: string, form: { readonly between: string; readonly names?: 'variables' }) {
  if (form.names === 'variables' && !VARIABLE.test(name)) return 'is not a name for a variable';
  if (name === '' || /^#|[\r\n]/.test(name) || name.includes(form.between))
    return `must not hold ${JSON.stringify(form.between)} or a line break, or begin with #`;
  return undefined;
}

/** A reference to a secret, which the service's own reader takes. */
const SECRET = /^\$\{(SECRETS_MANAGER|SSM):[^{}]*\}$/;

function pairValue(
  form: Extract<Form, { is: 'pairs' }>,
  field: Field,
  variables: Variables,
): string | undefined {
  const written = field.written;
  if (written === undefined) return field.mistake(`must be text, found ${field.found()}`);
  if (form.quoted && SECRET.test(written)) return written;
  const text = variables.expand(field, written);
  if (text === undefined) return undefined;
  if (form.quoted) return quoted(text);
  return line(field, text.trim());
}

/** The text as a value of an env file, which gives back exactly this. */
export function quoted(text: string): string {
  const plain = text.replaceAll('${', () => '$${');
  if (/^[^\s"'#](?:[^\r\n#]*[^\s#])?$/.test(text)) return plain;
  return `"${plain.replaceAll(/["\\]/g, '\\$&').replaceAll('\n', '\\n')}"`;
}

function headers(layers: readonly Field[], variables: Variables): string | undefined {
  const globs = new Map<string, Field[]>();
  for (const layer of layers)
    for (const [glob, names] of layer.members() ?? []) globs.set(glob, [...(globs.get(glob) ?? []), names]);
  const form = { is: 'pairs', between: ': ' } as const;
  const all = [...globs].map(([glob, fields]) => {
    const wrong = wrongName(glob, form);
    if (wrong) return fields[0]?.mistake(wrong, 'key');
    const lines = pairs(form, fields, variables);
    return lines?.replaceAll(/^/gm, `${glob}: `);
  });
  return all.includes(undefined) || all.length === 0 ? undefined : all.join('\n');
}
