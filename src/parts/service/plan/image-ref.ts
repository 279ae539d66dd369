import { parseEcrHost } from '../../../aws/endpoints.ts';
import { refused } from '../../../runtime/errors.ts';

/** An image reference, taken apart. */
export interface ImageRef {
  /** Host, with its port: `123456789012.dkr.ecr.us-west-2.amazonaws.com`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  /** What the registry is, as far as its host tells. */
  readonly kind: 'ecr' | 'ecr-public' | 'other';
  /** ECR: whose it is and where; not in the host of a local registry. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
}

/** A loopback host answers ECR's API through AWS_ENDPOINT_URL: the local cloud and emulators. */
const LOCAL = /^(localhost|127(\.\d+){3}|\[::1\]|host\.docker\.internal)(:\d+)?$/;

/**
 * Takes `registry/repository[:tag][@digest]` apart. The grammar is the one of the distribution project
 * (https://pkg.go.dev/github.com/distribution/reference); a reference without a registry is refused, because AWS would
 * read it as Docker Hub's and that is hardly ever meant.
 * @throws ActionError `refused`.
 */
export function parseImageRef(text: string): ImageRef {
  const match =
    /^(?<registry>[^/\s]+)\/(?<repository>[a-z0-9]+(?:(?:\.|_|__|-+|\/)[a-z0-9]+)*)(?::(?<tag>\w[\w.-]{0,127}))?(?:@(?<digest>sha256:[a-f0-9]{64}))?$/.exec(
      text,
    );
  const registry = match?.groups?.['registry'] ?? '';
  const hostLike = /^[\w.-]+(:\d+)?$|^\[[\da-fA-F:]+\](:\d+)?$/.test(registry);
  const isHost = hostLike && (/[.:]/.test(registry) || registry === 'localhost');
  if (!match?.groups || !isHost) throw badImage(text);
  const { repository = '', tag, digest } = match.groups;
  const ecr = parseEcrHost(registry);
  const kind = ecr || LOCAL.test(registry) ? 'ecr' : registry === 'public.ecr.aws' ? 'ecr-public' : 'other';
  return { registry, repository, tag, digest, kind, account: ecr?.account, region: ecr?.region };
}

function badImage(text: string): Error {
  return refused({
    input: 'image',
    what: 'is not an image reference with its registry',
    found: JSON.stringify(text),
    fix: 'use the `image` output of push-image, such as 123456789012.dkr.ecr.us-west-2.amazonaws.com/api@sha256:…; a name without a registry would mean Docker Hub',
  });
}

/** `registry/repository@digest`: what is deployed, whatever tag was asked for. */
export const byDigest = (ref: Pick<ImageRef, 'registry' | 'repository'>, digest: string): string =>
  `${ref.registry}/${ref.repository}@${digest}`;

/** The same image by its digest, whatever form its reference has (`nginx:1` too): tag and digest are replaced. */
export const pinTo = (image: string, digest: string): string => `${repositoryOf(image)}@${digest}`;

/** `registry/repository` of a reference, whatever form it has. */
export function repositoryOf(image: string): string {
  const [named = ''] = image.split('@', 1);
  const colon = named.lastIndexOf(':');
  // A colon before the last slash is that of the registry's port.
  return colon > named.lastIndexOf('/') ? named.slice(0, colon) : named;
}

/**
 * The same for all names of one repository: ECR's hosts (the plain one, FIPS, dual-stack) are one registry, and Docker
 * Hub's short names stand for long ones (https://pkg.go.dev/github.com/distribution/reference: ParseNormalizedNamed).
 */
export function repositoryKey(image: string): string {
  const named = repositoryOf(image);
  const slash = named.indexOf('/');
  const host = slash < 0 ? '' : named.slice(0, slash);
  const ecr = parseEcrHost(host);
  if (ecr) return `ecr ${ecr.account} ${ecr.region}${named.slice(slash)}`;
  const isHost = /[.:]/.test(host) || host === 'localhost';
  if (isHost && !/^(index\.)?docker\.io$/.test(host)) return named;
  const path = isHost ? named.slice(slash + 1) : named;
  return `docker.io/${path.includes('/') ? path : `library/${path}`}`;
}

/** The digest in a reference, if it has one. */
export const digestOf = (image: string): string | undefined => /@(sha256:[a-f0-9]{64})$/.exec(image)?.[1];

/** `api@sha256:1a2b3c4d5e6f`, for a line that a person reads. */
export function shortImage(image: string): string {
  return image.replace(/^[^/]+\//, '').replace(/@sha256:([a-f0-9]{12})[a-f0-9]+$/, '@sha256:$1');
}
