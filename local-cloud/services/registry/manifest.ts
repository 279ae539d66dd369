import { createHash } from 'node:crypto';

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: Platform;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Where a layer is that no registry may distribute. */
  readonly urls?: readonly string[];
}

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** A manifest (one image) or an index (one for each platform). */
export interface Manifest {
  readonly mediaType: string;
  readonly config?: Descriptor;
  readonly layers: readonly Descriptor[];
  /** Of an index. */
  readonly manifests: readonly Descriptor[];
  readonly artifactType?: string;
  readonly subject?: Descriptor;
}

export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
] as const;
export const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

/** What is wrong with a manifest that was pushed. */
export class ManifestInvalid extends Error {}

export const sha256 = (bytes: Uint8Array): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

export const isDigest = (text: string): boolean => /^sha256:[0-9a-f]{64}$/.test(text);

export const isIndex = (mediaType: string): boolean => (INDEX_TYPES as readonly string[]).includes(mediaType);

/** What a registry holds of an image: its configuration and its layers, but for those that are elsewhere (`urls`). */
export const ownBlobs = ({ config, layers }: Pick<Manifest, 'config' | 'layers'>): readonly Descriptor[] => [
  ...(config ? [config] : []),
  ...layers.filter(({ urls }) => !urls?.length),
];

/** @throws ManifestInvalid where it is not JSON, of a type that ECR does not take, or names no content */
export function parseManifest(bytes: Buffer, contentType: string | undefined): Manifest {
  const json = readJson(bytes);
  const mediaType = String(json['mediaType'] ?? contentType ?? '');
  const known: readonly string[] = [...MANIFEST_TYPES, ...INDEX_TYPES];
  if (!known.includes(mediaType)) throw new ManifestInvalid(`media type "${mediaType}" is not supported`);
  if (contentType && known.includes(contentType) && contentType !== mediaType)
    throw new ManifestInvalid(`Content-Type ${contentType} but mediaType ${mediaType}`);
  if (json['schemaVersion'] !== 2) throw new ManifestInvalid('schemaVersion must be 2');
  const list = (name: string) => {
    const value = json[name] ?? [];
    if (!Array.isArray(value)) throw new ManifestInvalid(`${name} is not a list`);
    return value.map((item) => descriptor(item, name));
  };
  const index = isIndex(mediaType);
  const subject = json['subject'] ? descriptor(json['subject'], 'subject') : undefined;
  return {
    mediaType,
    layers: index ? [] : list('layers'),
    manifests: index ? list('manifests') : [],
    ...(index ? {} : { config: descriptor(json['config'], 'config') }),
    ...(typeof json['artifactType'] === 'string' ? { artifactType: json['artifactType'] } : {}),
    ...(subject ? { subject } : {}),
  };
}

function readJson(bytes: Buffer): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(bytes.toString('utf8'));
    if (typeof json === 'object' && json !== null && !Array.isArray(json))
      return json as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw new ManifestInvalid('the manifest is not a JSON object');
}

function descriptor(value: unknown, where: string): Descriptor {
  const d = value as Partial<Descriptor> | null | undefined;
  if (typeof d?.mediaType !== 'string' || typeof d.digest !== 'string' || typeof d.size !== 'number')
    throw new ManifestInvalid(`${where} has a descriptor without mediaType, digest or size`);
  if (!isDigest(d.digest)) throw new ManifestInvalid(`${where} names the digest "${d.digest}"`);
  return d as Descriptor;
}
