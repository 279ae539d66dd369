import { didYouMean, type Field } from '../../runtime/document/field.ts';
import type { PartSettings } from '../../runtime/document/setting.ts';
import { type Layers, layerSettings, readLayers } from './settings.ts';
import type { ImageSource } from './types.ts';
import type { Variables } from './variables.ts';

/** An image that is there already: `<registry>/<repository>@sha256:…`, or with a tag. */
const REFERENCE = /^[\w.-]+(:\d+)?\/[\w./-]+(:[\w.-]+)?(@sha256:[0-9a-f]{64})?$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;

/** An image as it stands in the file: what `from` names is not looked up yet. */
export type ImageInFile = ImageSource & { readonly field: Field };

/**
 * Reads `image`, from the part and from the environment: a mapping is put together key by key, unless the environment's
 * says another way to come to an image.
 */
export function readImage(
  layers: readonly Field[],
  settings: PartSettings['build'],
  variables: Variables,
): ImageInFile | undefined {
  const field = layers.at(-1);
  if (!field) return undefined;
  const used = layers.slice(startsAnew(layers));
  for (const layer of layers.slice(0, layers.length - used.length))
    readImage([layer], settings, variables.lenient());
  if (!field.isMap) return reference(field, variables);
  const { from, container, reference: named, digest, inputs, given } = together(used, settings, variables);
  const ways = [from && 'from', named && 'reference', digest && 'digest'].filter(Boolean);
  if (ways.length > 1) return field.mistake(`has ${ways.join(' and ')}: an image comes one way`);
  if (container && !from) return container.mistake('belongs to `from`', 'key');
  const alone = from ?? named;
  if (alone && given.length > 0)
    return alone.mistake(
      `stands beside ${given.join(', ')}: an image that is there already is not built`,
      'key',
    );
  if (from) return fromPart(from, container);
  if (named) return reference(named, variables);
  if (!given.includes('repository'))
    return field.mistake('has no `repository`: it names the ECR repository; or take `from` or `reference`');
  // What is undefined here has been told as a mistake, or belongs to another environment.
  if (inputs['repository'] === undefined) return undefined;
  return digest ? withDigest(digest, inputs['repository'], variables) : { kind: 'build', inputs, field };
}

const OTHERS = ['from', 'container', 'reference', 'digest'] as const;

/** Index of the layer with which the image begins: a later one of another way replaces what was before. */
function startsAnew(layers: readonly Field[]): number {
  const way = (layer: Field) => {
    if (!layer.isMap) return 'reference';
    const keys = [...(layer.members() ?? [])].map(([key]) => key);
    return OTHERS.find((key) => key !== 'container' && keys.includes(key)) ?? 'build';
  };
  const last = layers.length - 1;
  for (let i = last; i > 0; i--) {
    const [one, before] = [layers[i], layers[i - 1]];
    if (!one?.isMap || !before?.isMap) return i;
    // A digest goes with the repository of a build; nothing else goes with another way.
    if (way(one) !== way(before) && !(way(one) === 'digest' && way(before) === 'build')) return i;
  }
  return 0;
}

function together(layers: readonly Field[], settings: PartSettings['build'], variables: Variables) {
  const merged: Layers = new Map();
  const others: Partial<Record<(typeof OTHERS)[number], Field>> = {};
  for (const layer of layers)
    Object.assign(others, pick(layerSettings(layer, settings.settings, merged, OTHERS)));
  return { ...others, given: [...merged.keys()], inputs: readLayers(settings.settings, merged, variables) };
}

const pick = (fields: Partial<Record<(typeof OTHERS)[number], Field>>) =>
  Object.fromEntries(OTHERS.flatMap((key) => (fields[key] ? [[key, fields[key]]] : [])));

function fromPart(from: Field, container: Field | undefined): ImageInFile | undefined {
  const [part, name] = [from.text(), container?.text() ?? ''];
  return part === undefined ? undefined : { kind: 'from', part, container: name, field: from };
}

function reference(field: Field, variables: Variables): ImageInFile | undefined {
  const written = field.text();
  const text = written === undefined ? undefined : variables.expand(field, written)?.trim();
  if (text === undefined) return undefined;
  if (REFERENCE.test(text)) return { kind: 'reference', reference: text, field };
  return field.mistake(
    `must be an image with its registry, or a mapping with \`repository\`, found ${field.found()}`,
  );
}

/** `repository` and `digest`: the image of a registry by its digest, built elsewhere. */
function withDigest(field: Field, repository: string, variables: Variables): ImageInFile | undefined {
  const written = field.text();
  const digest = written === undefined ? undefined : variables.expand(field, written)?.trim();
  if (digest === undefined) return undefined;
  if (!DIGEST.test(digest)) return field.mistake(`must be sha256: and 64 hex digits, found ${field.found()}`);
  if (!repository.includes('/')) {
    return field.mistake(
      'needs `repository` with its registry, such as 111122223333.dkr.ecr.us-west-2.amazonaws.com/wwhd-api',
      'key',
    );
  }
  return { kind: 'reference', reference: `${repository}@${digest}`, field };
}

/**
 * Each image with what it comes from in the end: a part that takes its image from another that takes it from a third
 * takes it from the third. A name that is no service, a container that is none, and a circle are mistakes.
 */
export function resolveImages(
  services: ReadonlyMap<string, ReadonlyMap<string, ImageInFile>>,
): Map<string, Map<string, ImageSource>> {
  const resolved = new Map<string, Map<string, ImageSource>>();
  for (const [name, images] of services) {
    const own = new Map<string, ImageSource>();
    for (const [container, image] of images) {
      const source = origin(name, image, services);
      if (source) own.set(container, source);
    }
    resolved.set(name, own);
  }
  return resolved;
}

function origin(
  name: string,
  start: ImageInFile,
  services: ReadonlyMap<string, ReadonlyMap<string, ImageInFile>>,
): ImageSource | undefined {
  const way = [name];
  let image = start;
  let place = { part: name, container: '' };
  while (image.kind === 'from') {
    const images = services.get(image.part);
    if (way.includes(image.part))
      return start.field.mistake(`goes round in a circle: ${[...way, image.part].join(' → ')}`);
    if (!images) {
      return image.field.mistake(
        `names ${JSON.stringify(image.part)}, which is no service of this environment${near(image.part, services)}`,
      );
    }
    const container = image.container || (images.size === 1 ? ([...images.keys()][0] ?? '') : '');
    const next = images.get(container);
    if (!next) {
      // A mistake of the other part has been told already, where it has no image at all.
      if (images.size === 0) return undefined;
      return image.field.mistake(
        `needs \`container\`, for ${image.part} has several images: ${[...images.keys()].join(', ')}`,
      );
    }
    way.push(image.part);
    place = { part: image.part, container };
    image = next;
  }
  if (place.part !== name) return { kind: 'from', ...place };
  const { field: _, ...source } = image;
  return source;
}

function near(name: string, services: ReadonlyMap<string, unknown>): string {
  const words = didYouMean(name, [...services.keys()]);
  return words.replace('the keys are', 'the services are');
}
