import { createHash } from 'node:crypto';

/** Everything that makes one image of a commit another one than its neighbour. */
export interface Ingredients {
  /** SHA-256 of the Dockerfile's bytes. */
  readonly dockerfile: string;
  /** Stage; '' for the last one. */
  readonly target: string;
  readonly platform: string;
  readonly buildArgs: ReadonlyArray<readonly [name: string, value: string]>;
  /** SHA-256 of the files that the engine is sent. */
  readonly context: string;
  /** Further contexts: name, and what it is (an address, or the SHA-256 of a folder). */
  readonly buildContexts: ReadonlyArray<readonly [name: string, value: string]>;
  /** Names of the secrets that the build may read; their values make no other image. */
  readonly secrets: readonly string[];
}

/** The label that an image carries its fingerprint under. */
export const FINGERPRINT_LABEL = 'wwhd-deploy.fingerprint';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** One hash of all ingredients, as 64 hexadecimal digits. Values of build arguments go into it as hashes. */
export function fingerprintOf(of: Ingredients): string {
  const pairs = (list: ReadonlyArray<readonly [string, string]>, value: (text: string) => string) =>
    list.map(([name, text]) => [name, value(text)]);
  return sha256(
    JSON.stringify([
      1,
      of.dockerfile,
      of.target,
      of.platform,
      // The last of two arguments of one name wins, so that their order counts.
      pairs(of.buildArgs, sha256),
      of.context,
      pairs([...of.buildContexts].sort(), (text) => text),
      [...of.secrets].sort(),
    ]),
  );
}
