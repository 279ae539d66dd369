import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { refused } from '../runtime/errors.ts';
import type { ImageFiles } from './ports.ts';

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os?: string; readonly architecture?: string; readonly variant?: string };
}

/** An image in a layout folder: its manifest's bytes, and what the manifest needs to be there first. */
export interface LayoutImage {
  readonly manifest: Descriptor;
  readonly bytes: Buffer;
  /** Configuration and layers, each digest once. */
  readonly blobs: readonly Descriptor[];
}

export const MANIFEST_TYPES: readonly string[] = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];
export const INDEX_TYPES: readonly string[] = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);
export const digestOf = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** Path of a blob in a layout. The digest is checked first: it becomes a path. */
export function blobPath(dir: string, digest: string): string {
  if (!isDigest(digest)) throw broken(`names a blob ${JSON.stringify(digest)}, which is no sha256 digest`);
  return join(dir, 'blobs', 'sha256', digest.slice('sha256:'.length));
}

function broken(found: string) {
  return refused({
    input: 'oci-layout',
    what: 'is not a whole image layout',
    found,
    fix: 'write it anew, for example with `docker buildx build --output type=oci,dest=image.tar`, and give that path',
  });
}

/**
 * The image of a layout folder for one platform. All that it needs is checked to be there, with its size, before
 * anything is sent. https://github.com/opencontainers/image-spec/blob/main/image-layout.md
 * @throws ActionError `refused` for a folder that is no layout, a blob that is missing, or no image for the platform.
 */
export async function readLayout(dir: string, platform: string, files: ImageFiles): Promise<LayoutImage> {
  for (const name of ['oci-layout', 'index.json']) {
    if (!(await files.exists(join(dir, name)))) throw broken(`no file ${name} in ${dir}`);
  }
  const index = parse(await files.readText(join(dir, 'index.json')), 'index.json');
  const manifest = await chooseManifest(dir, manifestsOf(index), platform, files);
  const bytes = Buffer.from(await readBlob(dir, manifest, files));
  const document = parse(bytes.toString(), 'the manifest') as {
    config?: Descriptor;
    layers?: readonly Descriptor[];
  };
  if (!document.config || !Array.isArray(document.layers))
    throw broken(`the manifest ${manifest.digest} has no config or no layers`);
  const blobs = [...new Map([document.config, ...document.layers].map((d) => [d.digest, d])).values()];
  for (const blob of blobs) await mustBeThere(dir, blob, files);
  await checkPlatform(dir, document.config, platform, files);
  return { manifest, bytes, blobs };
}

type Json = Readonly<Record<string, unknown>>;

function parse(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw broken(`${what} is not JSON`);
  }
}

function manifestsOf(index: Json): readonly Descriptor[] {
  const list = index['manifests'];
  if (!Array.isArray(list) || list.length === 0) throw broken('its index.json lists no manifest');
  return list as Descriptor[];
}

/** One image for the platform, through nested indexes. Attestations (platform unknown/unknown) are passed over. */
async function chooseManifest(
  dir: string,
  list: readonly Descriptor[],
  platform: string,
  files: ImageFiles,
): Promise<Descriptor> {
  const images = list.filter((d) => d.platform?.os !== 'unknown');
  const fitting = images.filter((d) => d.platform === undefined || platformOf(d.platform) === platform);
  const [only, ...others] = fitting;
  if (!only || others.length > 0) {
    throw refused({
      input: 'oci-layout',
      what: `has ${only ? `${fitting.length} images` : 'no image'} for ${platform}`,
      found: images.map((d) => (d.platform ? platformOf(d.platform) : d.digest)).join(', ') || 'nothing',
      fix: 'put exactly one image for this platform into the layout, or correct `platform`',
    });
  }
  if (!INDEX_TYPES.includes(only.mediaType)) return only;
  const nested = parse((await readBlob(dir, only, files)).toString(), `the index ${only.digest}`);
  return chooseManifest(dir, manifestsOf(nested), platform, files);
}

const platformOf = (p: NonNullable<Descriptor['platform']>): string =>
  [p.os, p.architecture, p.variant].filter(Boolean).join('/');

async function readBlob(dir: string, descriptor: Descriptor, files: ImageFiles): Promise<Buffer> {
  await mustBeThere(dir, descriptor, files);
  const chunks: Buffer[] = [];
  for await (const chunk of files.open(blobPath(dir, descriptor.digest))) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (digestOf(bytes) !== descriptor.digest)
    throw broken(`the blob ${descriptor.digest} has the content of ${digestOf(bytes)}`);
  return bytes;
}

async function mustBeThere(dir: string, descriptor: Descriptor, files: ImageFiles): Promise<void> {
  const path = blobPath(dir, descriptor.digest);
  if (!(await files.exists(path))) throw broken(`the blob ${descriptor.digest} is missing`);
  const size = await files.size(path);
  if (size !== descriptor.size)
    throw broken(`the blob ${descriptor.digest} has ${size} bytes and should have ${descriptor.size}`);
}

/** A configuration without an architecture says nothing, and is taken; another platform's image would never start. */
async function checkPlatform(
  dir: string,
  config: Descriptor,
  platform: string,
  files: ImageFiles,
): Promise<void> {
  const { os, architecture } = parse(
    (await readBlob(dir, config, files)).toString(),
    'the configuration',
  ) as { os?: string; architecture?: string };
  const [wantedOs, wantedArchitecture] = platform.split('/');
  if ((os ?? wantedOs) === wantedOs && (architecture ?? wantedArchitecture) === wantedArchitecture) return;
  throw refused({
    input: 'oci-layout',
    what: `has an image for another platform than ${platform}`,
    found: `${os}/${architecture}`,
    fix: 'build it for this platform, or correct `platform`',
  });
}
