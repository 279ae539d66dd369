import { parseEcrHost } from '../aws/endpoints.ts';

/** Where an image goes, as the input named it. */
export type RepositoryRef =
  | { readonly kind: 'name'; readonly name: string }
  | {
      readonly kind: 'ecr';
      readonly host: string;
      readonly name: string;
      readonly account: string;
      readonly region: string;
    }
  | { readonly kind: 'loopback'; readonly host: string; readonly name: string }
  | { readonly kind: 'foreign'; readonly host: string; readonly name: string };

/** `repositoryName` of ECR's API: 2 to 256 characters. */
const ECR_NAME = /^(?=.{2,256}$)[a-z0-9]+(?:[._-][a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-][a-z0-9]+)*)*$/;

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/** The repository that a text names; `undefined` where it is neither a name nor a URI of one. */
export function parseRepository(text: string): RepositoryRef | undefined {
  const [first = '', ...rest] = text.split('/');
  const isHost = rest.length > 0 && (/[.:[]/.test(first) || first === 'localhost');
  if (!isHost) return ECR_NAME.test(text) ? { kind: 'name', name: text } : undefined;
  const name = rest.join('/');
  if (!ECR_NAME.test(name)) return undefined;
  const ecr = parseEcrHost(first);
  if (ecr) return { kind: 'ecr', host: first, name, ...ecr };
  return { kind: LOOPBACK.test(first) ? 'loopback' : 'foreign', host: first, name };
}

/** True for the registries that may be spoken to in plain HTTP: those on this very machine. */
export const isLoopback = (host: string): boolean => LOOPBACK.test(host);

/** The tag that names one commit's image and is never moved. */
export const immutableTag = (commit: string): string => `sha-${commit.slice(0, 12)}`;

/** The tag of one of several images of a commit. @param hash hexadecimal, of what makes it or of itself */
export const variantTag = (commitTag: string, hash: string): string => `${commitTag}-${hash.slice(0, 8)}`;

/** The tag of an image that is made anew on purpose. @param at milliseconds since 1970 */
export const rebuildTag = (commitTag: string, at: number): string =>
  `${commitTag}-${new Date(at).toISOString().replace(/[-:]|\.\d+/g, '')}`;

/** Grammar of a tag: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#pulling-manifests */
export const isTag = (text: string): boolean => /^\w[\w.-]{0,127}$/.test(text);

/** `os/architecture` or `os/architecture/variant`, as the engines take it. */
export const isPlatform = (text: string): boolean => /^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9]+)?$/.test(text);
