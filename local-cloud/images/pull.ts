import { ACCOUNT } from '../core/account.ts';
import { type Descriptor, isIndex, type Platform, parseManifest } from '../services/registry/manifest.ts';
import type { ImageStore, Repository } from '../services/registry/store.ts';
import { choosePlatform, platformText, suits } from './platform.ts';
import { parseImage } from './reference.ts';

/** An image that was pulled: which it is, and what its configuration says. */
export interface PulledImage {
  /** As it was asked for. */
  readonly reference: string;
  /** Of what the reference names: the index where it is one. */
  readonly digest: string;
  /** Of the one image in it that runs. */
  readonly manifestDigest: string;
  readonly config: ImageConfig;
  readonly configDigest: string;
  readonly layers: readonly Descriptor[];
  /** The image's own platform; other than the wanted one, it does not start: exec format error. */
  readonly platform: Platform;
  readonly suits: boolean;
}

/** The part of an image's configuration that running it needs (OCI image specification 1.1, "Image Configuration"). */
export interface ImageConfig {
  readonly os?: string;
  readonly architecture?: string;
  readonly variant?: string;
  readonly config?: {
    readonly Env?: readonly string[];
    readonly Entrypoint?: readonly string[] | null;
    readonly Cmd?: readonly string[] | null;
    readonly WorkingDir?: string;
    readonly ExposedPorts?: Readonly<Record<string, unknown>>;
    readonly StopSignal?: string;
  };
  readonly rootfs?: { readonly diff_ids?: readonly string[] };
}

export class PullError extends Error {
  /** `absent`: no such repository, tag or digest; `platform`: an index without the wanted platform. */
  readonly reason: 'absent' | 'platform';
  constructor(reason: 'absent' | 'platform', message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * Resolves an image of this cloud's registry.
 * @throws PullError in containerd's words, as they reach ECS's `stoppedReason`
 */
export async function pullImage(
  images: ImageStore,
  reference: string,
  region: string,
  wanted: Platform,
): Promise<PulledImage> {
  const { repository, digest } = locate(images, reference, region);
  const top = repository.manifests[digest];
  let manifest = parseManifest(await images.readBlob(digest), top?.mediaType);
  let manifestDigest = digest;
  if (isIndex(manifest.mediaType)) {
    const chosen = choosePlatform(manifest.manifests, wanted);
    if (!chosen)
      throw new PullError(
        'platform',
        `image Manifest does not contain descriptor matching platform '${platformText(wanted)}'`,
      );
    manifestDigest = chosen.digest;
    manifest = parseManifest(await images.readBlob(chosen.digest), chosen.mediaType);
  }
  if (!manifest.config) throw new PullError('absent', `${reference} is not an image`);
  const config = JSON.parse((await images.readBlob(manifest.config.digest)).toString('utf8')) as ImageConfig;
  const platform = {
    os: config.os ?? 'linux',
    architecture: config.architecture ?? '',
    ...(config.variant ? { variant: config.variant } : {}),
  };
  const stored = repository.manifests[manifestDigest];
  if (stored) stored.lastPulledAt = Date.now();
  return {
    reference,
    digest,
    manifestDigest,
    config,
    configDigest: manifest.config.digest,
    layers: manifest.layers,
    platform,
    suits: suits(platform, wanted),
  };
}

/** @throws PullError where it is not here */
export function locate(
  images: ImageStore,
  reference: string,
  region: string,
): { readonly repository: Repository; readonly digest: string } {
  const parsed = parseImage(reference);
  // Other accounts have registries of their own, and none of them has let this one in.
  const here = parsed && parsed.registry !== 'other' && (parsed.account ?? ACCOUNT) === ACCOUNT;
  const repository = here ? images.repository(parsed.region ?? region, parsed.repository) : undefined;
  const digest =
    parsed && repository ? images.resolve(repository, parsed.digest ?? parsed.tag ?? '') : undefined;
  if (!repository || !digest) throw new PullError('absent', `${reference}: not found`);
  return { repository, digest };
}
