import { didYouMean, Field } from '../../runtime/document/field.ts';
import { sortMistakes } from '../../runtime/document/mistakes.ts';
import type { PartSettings } from '../../runtime/document/setting.ts';
import { MAX_FILE_BYTES, type Mistake, Source } from '../../runtime/document/source.ts';
import { isEnvironment } from '../id.ts';
import { isPartName } from '../part-name.ts';
import { resolveImages } from './image.ts';
import { readWaves } from './order.ts';
import { type PartInFile, readPart, readRegion, readRole } from './part.ts';
import { type Layers, layerSettings, RELEASE_SETTINGS, readLayers, SHARED_INPUTS } from './settings.ts';
import type { PartConfig, ReleaseConfig } from './types.ts';
import { githubVariables, readVariables, Variables } from './variables.ts';
import { SYNONYMS } from './words.ts';

export interface ReadOptions {
  /** Path of the file, for its messages. */
  readonly file: string;
  readonly environment: string;
  /** What `${NAME}` may stand for: `--var`, or the variables of the repository and the environment on GitHub. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where GitHub says what run this is: of it a fixed list is looked at, see {@link githubVariables}. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What each kind of part may say. */
  readonly kinds: readonly PartSettings[];
}

export type Reading =
  | { readonly release: ReleaseConfig; readonly mistakes?: never }
  | { readonly release?: never; readonly mistakes: readonly Mistake[] };

const COMMON = ['variables', 'parts', 'order', 'waves', 'region', 'role-to-assume'] as const;
export const FILE_KEYS = ['version', 'environments', ...COMMON] as const;
export const ENVIRONMENT_KEYS = ['after', ...COMMON] as const;
type Fields = Partial<Record<(typeof FILE_KEYS)[number] | (typeof ENVIRONMENT_KEYS)[number], Field>>;

/** Names of the environments that the file knows; none where it says nothing of them, or cannot be read. */
export function environmentsOf(text: string): string[] {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) return [];
  const source = new Source(text);
  const root = new Field(source, '', source.document.contents, null);
  const environments = root.isMap ? root.members()?.get('environments') : undefined;
  return environments?.isMap ? [...(environments.members()?.keys() ?? [])] : [];
}

/** Reads the text of a release file: what it says of one environment, or all its mistakes, of other environments too. */
export function readReleaseFile(text: string, options: ReadOptions): Reading {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES)
    return { mistakes: [{ line: 1, column: 1, path: '', what: 'is larger than 1 MiB: no release file is' }] };
  const source = new Source(text, SYNONYMS);
  const release = source.mistakes.length === 0 ? readDocument(source, options) : undefined;
  const mistakes = sortMistakes(source.mistakes);
  return release && mistakes.length === 0 ? { release } : { mistakes };
}

function readDocument(source: Source, options: ReadOptions): ReleaseConfig | undefined {
  const root = new Field(source, '', source.document.contents, null);
  if (!root.isMap)
    return root.mistake(
      `a release file is a mapping with \`version: 1\` and \`parts\`, found ${root.found()}`,
    );
  const layers: Layers = new Map();
  const fields = layerSettings(root, RELEASE_SETTINGS, layers, FILE_KEYS);
  if (!fields.version) root.mistake('has no `version`; begin it with `version: 1`');
  else if (fields.version.scalar !== 1) fields.version.mistake(`must be 1, found ${fields.version.found()}`);
  if (!fields.parts) return root.mistake('has no `parts`');
  if (fields.parts.members()?.size === 0) return fields.parts.mistake('names no part');
  const environments = readEnvironments(fields.environments);
  const file = { options, root: fields, layers, environments };
  // What other environments change is read too, so that a mistake there is found before the day on which it is used.
  for (const name of environments.keys()) if (name !== options.environment) readOne(file, name, true);
  if (environments.size > 0 && !environments.has(options.environment)) {
    const near = didYouMean(options.environment, [...environments.keys()]);
    return fields.environments?.mistake(
      `has no ${options.environment}${near.replace('the keys are', 'it has')}`,
      'key',
    );
  }
  return readOne(file, options.environment, false);
}

function readEnvironments(field: Field | undefined): ReadonlyMap<string, Field> {
  const all = field?.members() ?? new Map<string, Field>();
  for (const [name, member] of all)
    if (!isEnvironment(name))
      member.mistake('is not a name of an environment: letters, digits and . _ + -, and not `sites`', 'key');
  for (const [name, member] of all) {
    const way = [name];
    let at = member.isMap ? member.members()?.get('after')?.written : undefined;
    while (at !== undefined && !way.includes(at)) {
      way.push(at);
      const next = all.get(at);
      at = next?.isMap ? next.members()?.get('after')?.written : undefined;
    }
    if (at === name) member.mistake(`comes after itself: ${[...way, at].join(' after ')}`, 'key');
  }
  return all;
}

interface File {
  readonly options: ReadOptions;
  readonly root: Fields;
  readonly layers: Layers;
  readonly environments: ReadonlyMap<string, Field>;
}

/** What the file says of one environment. `lenient`: names may be unset, for it is not the one that is asked for. */
function readOne(file: File, name: string, lenient: boolean): ReleaseConfig | undefined {
  const { options, root, environments } = file;
  const layers: Layers = new Map(file.layers);
  const environment = environments.get(name);
  const own: Fields =
    environment?.isMap || (environment && environment.scalar !== null)
      ? layerSettings(environment, RELEASE_SETTINGS, layers, ENVIRONMENT_KEYS)
      : {};
  const variables = variablesOf([root.variables, own.variables], options, lenient);
  const both = (key: 'region' | 'role-to-assume') =>
    [root[key], own[key]].filter((field) => field !== undefined);
  const head = {
    file: options.file,
    environment: name,
    after: readAfter(own.after, environments),
    region: readRegion(both('region'), variables),
    role: readRole(both('role-to-assume'), variables),
    inputs: readLayers(RELEASE_SETTINGS, layers, variables),
  };
  const parts = readParts(file, own, variables);
  refuseTwins(parts.here, head.region);
  const of = (kind: string) =>
    parts.here.filter(({ settings }) => settings.kind === kind).map((part) => part.name);
  const ordered = { services: of('service'), sites: of('site'), leftOut: parts.leftOut };
  const order = (own.order ?? own.waves) ? own : root;
  const waves = readWaves(order.order, order.waves, ordered);
  const images = resolveImages(new Map(parts.here.filter(isService).map((part) => [part.name, part.images])));
  const configs = parts.here.map((part) => partConfig(part, head, waves, images));
  return { ...head, waves, parts: configs.sort((a, b) => a.wave - b.wave) };
}

const isService = ({ settings }: PartInFile) => settings.kind === 'service';

function variablesOf(
  fields: readonly (Field | undefined)[],
  options: ReadOptions,
  lenient: boolean,
): Variables {
  const own = fields.flatMap((field) => (field ? readVariables(field) : []));
  // GitHub's own words come last: nobody takes their place.
  const all = [...own, ...Object.entries(options.variables), ...githubVariables(options.env)];
  return new Variables(new Map(all), lenient);
}

function readAfter(field: Field | undefined, environments: ReadonlyMap<string, Field>): string | undefined {
  const name = field?.text();
  if (field === undefined || name === undefined || environments.has(name)) return name;
  const near = didYouMean(name, [...environments.keys()]).replace('the keys are', 'the environments are');
  return field.mistake(`names ${JSON.stringify(name)}, which is no environment of this file${near}`);
}

function readParts(file: File, own: Fields, variables: Variables) {
  const names = file.root.parts?.members() ?? new Map<string, Field>();
  const changes = own.parts?.members() ?? new Map<string, Field>();
  for (const [name, change] of changes) {
    if (names.has(name)) continue;
    const near = didYouMean(name, [...names.keys()]).replace('the keys are', 'the parts are');
    change.mistake(`is no part of this file${near}`, 'key');
  }
  const here: PartInFile[] = [];
  const leftOut: string[] = [];
  for (const [name, field] of names) {
    const change = changes.get(name);
    if (!isPartName(name))
      field.mistake('is not a name for a part: up to 40 lower-case letters, digits and hyphens', 'key');
    if (change?.scalar === false) leftOut.push(name);
    else {
      const settings = kindOf(name, field, file);
      if (settings) here.push(readPart(name, change ? [field, change] : [field], settings, variables));
    }
  }
  return { here, leftOut };
}

/** The kind of a part, by the key that marks it: in the part itself, or in an environment that gives it. */
function kindOf(name: string, field: Field, { options, environments }: File): PartSettings | undefined {
  const all = [field, ...[...environments.values()].flatMap((one) => partOf(one, name) ?? [])];
  if (!field.isMap) return field.mistake(`must be a mapping, found ${field.found()}`);
  const keys = new Set(all.flatMap((one) => (one.isMap ? [...(one.members()?.keys() ?? [])] : [])));
  const kinds = options.kinds.filter(({ mark }) => keys.has(mark));
  const marks = options.kinds.map(({ mark, kind }) => `\`${mark}\` (a ${kind})`).join(' or ');
  if (kinds.length === 1) return kinds[0];
  if (kinds.length === 0) return field.mistake(`must have ${marks}`, 'key');
  return field.mistake(`must have one of ${marks}, and has both`, 'key');
}

function partOf(environment: Field, name: string): Field | undefined {
  const parts = environment.isMap ? environment.members()?.get('parts') : undefined;
  return parts?.isMap ? parts.members()?.get(name) : undefined;
}

/** A service or a site is one part: two that name the same would deploy over each other. */
function refuseTwins(parts: readonly PartInFile[], region: string | undefined): void {
  const seen = new Map<string, string>();
  for (const { name, settings, inputs, region: own, field } of parts) {
    if (inputs[settings.mark] === undefined) continue;
    const words = settings.identity.map((key) => (key === 'region' ? (own ?? region) : inputs[key]) ?? '');
    const key = [settings.kind, ...words.map((word) => word.replaceAll(/^s3:\/\/|^\/+|\/+$/g, ''))].join(' ');
    const before = seen.get(key);
    if (before !== undefined)
      field.mistake(`names the ${settings.kind} that ${before} names: a ${settings.kind} is one part`, 'key');
    else seen.set(key, name);
  }
}

function partConfig(
  part: PartInFile,
  head: Pick<ReleaseConfig, 'environment' | 'inputs' | 'region' | 'role'>,
  waves: readonly (readonly string[])[],
  images: ReturnType<typeof resolveImages>,
): PartConfig {
  const { name, settings, region, role, test, build, field } = part;
  const shared = SHARED_INPUTS.flatMap((input) => {
    const text = head.inputs[input];
    return text === undefined ? [] : [[input, text] as const];
  });
  const common = {
    name,
    line: field.place.line,
    wave: waves.findIndex((wave) => wave.includes(name)),
    region: region ?? head.region,
    role: role ?? head.role,
    inputs: { ...Object.fromEntries(shared), environment: head.environment, part: name, ...part.inputs },
    test,
  };
  return settings.kind === 'service'
    ? { ...common, kind: 'service', images: images.get(name) ?? new Map() }
    : { ...common, kind: 'site', build };
}
