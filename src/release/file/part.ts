import { posix } from 'node:path';
import type { Field } from '../../runtime/document/field.ts';
import type { PartSettings } from '../../runtime/document/setting.ts';
import { type ImageInFile, readImage } from './image.ts';
import { type Layers, layerSettings, readLayers, TEST_SETTINGS } from './settings.ts';
import type { InputTexts } from './types.ts';
import { textOf } from './value.ts';
import type { Variables } from './variables.ts';

/** A part of one environment, as the file says it; order and images of others are not looked at yet. */
export interface PartInFile {
  readonly name: string;
  readonly field: Field;
  readonly settings: PartSettings;
  readonly region: string | undefined;
  readonly role: string | undefined;
  readonly inputs: InputTexts;
  readonly test: InputTexts | undefined;
  readonly images: ReadonlyMap<string, ImageInFile>;
  readonly build: InputTexts | undefined;
}

const OTHERS = ['image', 'containers', 'build', 'test', 'region', 'role-to-assume'] as const;
type Others = Partial<Record<(typeof OTHERS)[number], Field>>;

/**
 * Reads a part from what the file says of it and what the environment changes.
 * @param layers the part's own mapping first
 */
export function readPart(
  name: string,
  layers: readonly [Field, ...Field[]],
  settings: PartSettings,
  variables: Variables,
): PartInFile {
  const [field] = layers;
  const merged: Layers = new Map();
  const others: Others[] = layers.map((layer) =>
    layerSettings(layer, settings.settings, merged, othersOf(settings)),
  );
  if (!merged.has(settings.mark))
    field.mistake(`has no \`${settings.mark}\` in this environment: it says what the part is`, 'key');
  const inputs = readLayers(settings.settings, merged, variables);
  const of = (key: (typeof OTHERS)[number]) => others.flatMap((one) => one[key] ?? []);
  const images = settings.source === 'image' ? readImages(field, others, settings, variables) : new Map();
  const site = settings.source === 'build' ? readBuild(field, of('build'), merged, settings, variables) : {};
  const folder = site.build?.['working-directory'] ?? contextOf(images);
  return {
    name,
    field,
    settings,
    region: readRegion(of('region'), variables),
    role: readRole(of('role-to-assume'), variables),
    inputs: site.source === undefined ? inputs : { ...inputs, source: site.source },
    test: readTest(of('test'), folder, variables),
    images,
    build: site.build,
  };
}

const othersOf = ({ source }: PartSettings) =>
  OTHERS.filter((key) => (source === 'image' ? key !== 'build' : key !== 'image' && key !== 'containers'));

/** `image`, or `containers` by name; where the environment says one of them, it replaces the other. */
function readImages(
  field: Field,
  others: readonly Others[],
  settings: PartSettings,
  variables: Variables,
): Map<string, ImageInFile> {
  for (const one of others)
    if (one.image && one.containers) one.containers.mistake('stands beside `image`', 'key');
  const last = others.findLast((one) => one.image ?? one.containers);
  if (!last) {
    field.mistake('has no `image`: it says what the service runs', 'key');
    return new Map();
  }
  const layers = new Map<string, Field[]>();
  const add = (name: string, image: Field) => layers.set(name, [...(layers.get(name) ?? []), image]);
  for (const one of others) {
    if (last.image && one.image) add('', one.image);
    if (!last.image) for (const [name, image] of one.containers?.members() ?? []) add(name, image);
  }
  if (layers.size === 0) last.containers?.mistake('names no container');
  return new Map(
    [...layers].flatMap(([name, images]) => {
      const image = readImage(images, settings.build, variables);
      return image ? [[name, image] as const] : [];
    }),
  );
}

/** The folder of the first image that is built here. */
function contextOf(images: ReadonlyMap<string, ImageInFile>): string | undefined {
  for (const image of images.values()) if (image.kind === 'build') return image.inputs['context'];
  return undefined;
}

/** `build`, whose output is the folder that goes live; or `source`, a folder that is there already. */
function readBuild(
  field: Field,
  layers: readonly Field[],
  merged: Layers,
  settings: PartSettings,
  variables: Variables,
): { build?: InputTexts; source?: string } {
  const source = merged.get('source');
  const build = layers.at(-1);
  if (!build) {
    if (!source) field.mistake('has no `build`, and no `source`: a folder that is there already', 'key');
    return {};
  }
  if (source) source[0]?.mistake('stands beside `build`, whose `output` says it', 'key');
  const own: Layers = new Map();
  const outputs = layers.flatMap(
    (layer) => layerSettings(layer, settings.build.settings, own, ['output']).output ?? [],
  );
  const inputs = readLayers(settings.build.settings, own, variables);
  const directory = inputs['working-directory'] ?? '.';
  if (outputs.length === 0) build.mistake('has no `output`: the folder that the command writes', 'key');
  const output = textOf({ is: 'path' }, outputs, variables);
  return {
    build: { 'working-directory': directory, command: BUILD_COMMAND, ...inputs },
    ...(output === undefined ? {} : { source: posix.join(directory, output) }),
  };
}

/** What builds a site where nothing else is said. */
export const BUILD_COMMAND = 'npm run build';

function readTest(
  layers: readonly Field[],
  folder: string | undefined,
  variables: Variables,
): InputTexts | undefined {
  if (layers.length === 0) return undefined;
  const merged: Layers = new Map();
  for (const layer of layers) {
    if (layer.isMap) layerSettings(layer, TEST_SETTINGS, merged, []);
    else merged.set('command', [...(merged.get('command') ?? []), layer]);
  }
  return { 'working-directory': folder ?? '.', ...readLayers(TEST_SETTINGS, merged, variables) };
}

/** https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html */
const REGION = /^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/[\w+=,.@/-]+$/;

export const readRegion = (layers: readonly Field[], variables: Variables) =>
  readPattern(layers, variables, REGION, 'must be a region such as us-west-2');
export const readRole = (layers: readonly Field[], variables: Variables) =>
  readPattern(layers, variables, ROLE, 'must be the ARN of a role');

function readPattern(
  layers: readonly Field[],
  variables: Variables,
  pattern: RegExp,
  says: string,
): string | undefined {
  const text = textOf({ is: 'text' }, layers, variables);
  if (text === undefined || pattern.test(text)) return text;
  return layers.at(-1)?.mistake(`${says}, found ${layers.at(-1)?.found()}`);
}
