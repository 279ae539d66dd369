import type { Field } from '../../runtime/document/field.ts';
import type { Setting } from '../../runtime/document/setting.ts';
import { textOf } from './value.ts';
import type { Variables } from './variables.ts';

/** Settings of the release as a whole: `input` is what the actions call it. */
export const RELEASE_SETTINGS: readonly Setting[] = [
  { key: 'release-bucket', input: 'release-bucket', form: { is: 'text' } },
  { key: 'checks', input: 'smoke-checks', form: { is: 'path' } },
  { key: 'wait-timeout', input: 'wait-timeout', form: { is: 'duration' } },
  { key: 'lock-timeout', input: 'lock-timeout', form: { is: 'duration' } },
  { key: 'rollback-on-failure', input: 'rollback-on-failure', form: { is: 'flag' } },
  { key: 'history-page', input: 'history-page', form: { is: 'flag' } },
];

/** Those of them that are inputs of deploy-backend and deploy-frontend too; `checks` there are the part's own. */
export const SHARED_INPUTS: readonly string[] = RELEASE_SETTINGS.map(({ input }) => input).filter(
  (input) => input !== 'smoke-checks',
);

/** Tests of a part: inputs of the action `test`. One text is `command`. */
export const TEST_SETTINGS: readonly Setting[] = [
  { key: 'directory', input: 'working-directory', form: { is: 'path' } },
  { key: 'command', input: 'command', form: { is: 'text', literal: true }, short: true },
  { key: 'node-version', input: 'node-version', form: { is: 'text' } },
  { key: 'python-version', input: 'python-version', form: { is: 'text' } },
];

/** What a mapping says, by the key of the table: the file's own value, then the environment's. */
export type Layers = Map<string, Field[]>;

/**
 * Puts what a mapping says beside what is known already. Names that the table does not have are mistakes, but for
 * `others`, which are given back.
 */
export function layerSettings<const K extends string>(
  field: Field,
  table: readonly Setting[],
  layers: Layers,
  others: readonly K[],
): Partial<Record<K, Field>> {
  const groups = new Set(table.map(({ key }) => groupOf(key)));
  const fields = field.fields([...others, ...groups], (name) => inputAdvice(name, table)) ?? {};
  for (const group of groups) {
    const member = (fields as Readonly<Record<string, Field | undefined>>)[group];
    if (member) layerGroup(member, group, table, layers);
  }
  return fields as Partial<Record<K, Field>>;
}

const groupOf = (key: string) => key.split('.', 1)[0] ?? key;

function layerGroup(field: Field, group: string, table: readonly Setting[], layers: Layers): void {
  const within = table.filter(({ key }) => key.startsWith(`${group}.`));
  const add = (key: string, member: Field) => {
    layers.set(key, [...(layers.get(key) ?? []), member]);
  };
  const short = within.find((setting) => setting.short);
  if (within.length === 0) {
    add(group, field);
    return;
  }
  if (short && !field.isMap) {
    add(short.key, field);
    return;
  }
  const names = within.map(({ key }) => key.slice(group.length + 1));
  const fields = field.fields(names, (name) => inputAdvice(name, within)) ?? {};
  for (const [name, member] of Object.entries(fields)) if (member) add(`${group}.${name}`, member);
}

/** Who writes the name of an input is told its key. */
function inputAdvice(name: string, table: readonly Setting[]): string | undefined {
  const key = table.find(({ input }) => input === name)?.key;
  if (key === undefined) return undefined;
  const [group, within] = key.split('.');
  return `; write \`${within === undefined ? group : `${group}: { ${within}: … }`}\``;
}

/** The settings as texts for inputs. */
export function readLayers(
  table: readonly Setting[],
  layers: Layers,
  variables: Variables,
): Record<string, string> {
  const inputs: Record<string, string> = {};
  for (const { key, input, form } of table) {
    const value = textOf(form, layers.get(key) ?? [], variables);
    if (value !== undefined) inputs[input] = value;
  }
  return inputs;
}

/** The settings of one mapping as texts for inputs. */
export function readSettings(
  field: Field,
  table: readonly Setting[],
  variables: Variables,
): Record<string, string> {
  const layers: Layers = new Map();
  layerSettings(field, table, layers, []);
  return readLayers(table, layers, variables);
}
