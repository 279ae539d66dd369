import type { EcrApi } from '../../../aws/ecr.ts';
import { awsProblem, isMissing, readAwsError } from '../../../aws/errors.ts';
import { ActionError, refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { byDigest, type ImageRef, parseImageRef } from './image-ref.ts';

/** An image that exists, named by its digest. */
export interface ResolvedImage {
  /** `registry/repository@sha256:…`: what is deployed. */
  readonly image: string;
  readonly digest: string;
  /**
   * Digests that the running container may show: its own, and those of the manifests in it where it is an index, since
   * it is not documented which of them a target reports.
   */
  readonly digests: readonly string[];
  /** The image's own entry point, where its configuration could be read. */
  readonly entryPoint?: readonly string[] | undefined;
}

/** `linux/amd64` and the like. */
export type Platform = string;

interface Manifest {
  manifests?: ReadonlyArray<{
    digest: string;
    platform?: { os?: string; architecture?: string; variant?: string };
    annotations?: Record<string, string>;
  }>;
  config?: { digest: string };
}

/** https://github.com/opencontainers/image-spec/blob/main/config.md */
interface ImageConfiguration {
  readonly os?: string;
  readonly architecture?: string;
  readonly config?: { readonly Entrypoint?: readonly string[] | null };
}

/** Platforms that an index offers; `undefined` for a manifest of one image. Attestations (`unknown/unknown`) are none. */
export function platformsOfIndex(
  manifest: string,
): ReadonlyArray<{ platform: Platform; digest: string }> | undefined {
  const { manifests } = JSON.parse(manifest) as Manifest;
  return manifests
    ?.filter((entry) => entry.platform?.os && entry.platform.os !== 'unknown')
    .map((entry) => ({
      platform: `${entry.platform?.os}/${entry.platform?.architecture}`,
      digest: entry.digest,
    }));
}

/**
 * Finds the image, proves that it is there, and that it runs on `platform`.
 * @param platform `undefined`: what it has to run on is not known
 * @throws ActionError `refused`: no such repository, tag or digest, or made for another platform.
 */
export async function resolveImage(
  ref: ImageRef,
  platform: Platform | undefined,
  ports: { ecr: (region: string | undefined, account: string | undefined) => EcrApi; log: Log },
): Promise<ResolvedImage> {
  if (ref.kind !== 'ecr') return unproved(ref, ports.log);
  const ecr = ports.ecr(ref.region, ref.account);
  const found = await ecr
    .image(ref.repository, ref.digest ? { digest: ref.digest } : { tag: ref.tag ?? 'latest' })
    .catch((error) => {
      throw awsProblem(error, {
        operation: 'ecr:BatchGetImage',
        resource: `repository ${ref.repository}`,
        input: 'image',
        ifMissing: 'push the image first, or correct the name of its repository',
      });
    });
  if (!found) {
    throw refused({
      input: 'image',
      what: `there is no ${ref.digest ? `digest ${ref.digest}` : `tag ${ref.tag ?? 'latest'}`} in ${ref.registry}/${ref.repository}`,
      fix: 'push it first, or correct the reference; a lifecycle policy may have removed it',
    });
  }
  const image = byDigest(ref, found.digest);
  const inside = platformsOfIndex(found.manifest);
  const about = inside ? undefined : await readConfiguration(ecr, ref.repository, found.manifest, ports.log);
  const offered = inside?.map((entry) => entry.platform) ?? about?.platforms;
  if (platform && offered && !offered.includes(platform)) throw wrongPlatform(image, platform, offered);
  if (!platform) {
    ports.log.notice(
      `the platform of the image (${offered?.join(', ') || 'not known'}) was not checked: the task definition names none, and its instances decide`,
    );
  }
  const fitting = (inside ?? []).filter((entry) => !platform || entry.platform === platform);
  const children = fitting.map((entry) => entry.digest);
  return {
    image,
    digest: found.digest,
    digests: [found.digest, ...children],
    entryPoint: about?.entryPoint,
  };
}

/** The configuration of an image says what it was built for and what it starts. Without the permission to read it: a warning. */
async function readConfiguration(
  ecr: EcrApi,
  repository: string,
  manifest: string,
  log: Log,
): Promise<{ platforms: Platform[]; entryPoint: readonly string[] | undefined } | undefined> {
  const digest = (JSON.parse(manifest) as Manifest).config?.digest;
  if (!digest) return undefined;
  try {
    const config = JSON.parse(await ecr.blob(repository, digest)) as ImageConfiguration;
    if (!config.os || !config.architecture) return undefined;
    return {
      platforms: [`${config.os}/${config.architecture}`],
      entryPoint: config.config?.Entrypoint ?? undefined,
    };
  } catch (error) {
    const { kind, code } = readAwsError(error);
    const why = kind === 'denied' ? 'the role lacks ecr:GetDownloadUrlForLayer' : code;
    log.warning(`the platform of the image was not checked: ${why}`);
    return undefined;
  }
}

function wrongPlatform(image: string, platform: Platform, offered: readonly Platform[]): Error {
  return refused({
    input: 'image',
    what: `the image is not made for ${platform}, which the service runs`,
    found: `${offered.join(', ') || 'no platform at all'} in ${image}`,
    fix: `build it with \`platform: ${platform}\` (on an Apple computer: docker build --platform ${platform})`,
  });
}

/** A registry whose content we cannot ask for: the digest is all the proof there is. */
function unproved(ref: ImageRef, log: Log): ResolvedImage {
  if (!ref.digest) {
    throw refused({
      input: 'image',
      what: `a tag in ${ref.registry} cannot be resolved to its digest`,
      found: `${ref.registry}/${ref.repository}:${ref.tag ?? 'latest'}`,
      fix: `name it by digest (${ref.repository}@sha256:…, as \`docker buildx imagetools inspect\` shows it), or push it to a private ECR repository`,
    });
  }
  log.warning(`${ref.registry} is not ECR: that the image is there, and its platform, were not checked`);
  return { image: byDigest(ref, ref.digest), digest: ref.digest, digests: [ref.digest] };
}

/**
 * The digest that an image's tag points to now; `undefined` where that cannot be known.
 * @param image as a service names it, which need not be a form that we would deploy
 */
export async function digestBehindTag(
  image: string,
  ecr: (region: string | undefined, account: string | undefined) => EcrApi,
): Promise<string | undefined> {
  try {
    const ref = parseImageRef(image);
    if (ref.digest) return ref.digest;
    if (ref.kind !== 'ecr') return undefined;
    const found = await ecr(ref.region, ref.account).image(ref.repository, { tag: ref.tag ?? 'latest' });
    return found?.digest;
  } catch (error) {
    if (error instanceof ActionError || isMissing(error) || readAwsError(error).kind === 'denied')
      return undefined;
    throw error;
  }
}
