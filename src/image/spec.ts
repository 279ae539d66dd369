/** Everything that decides what is built. */
export interface BuildSpec {
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string;
  readonly buildArgs: ReadonlyArray<readonly [name: string, value: string]>;
  readonly platform: string;
  readonly labels: ReadonlyArray<readonly [name: string, value: string]>;
  /** Further contexts: a folder, an address or an image. */
  readonly buildContexts: ReadonlyArray<readonly [name: string, value: string]>;
  /** Secrets of the build: the name that the Dockerfile mounts, and the file that holds the value. */
  readonly secrets: ReadonlyArray<readonly [name: string, file: string]>;
  /** SSH agents or keys, as the engines take them: `default`, or `id=path`. */
  readonly ssh: readonly string[];
  /** Asks for newer base images and takes no layer of an earlier build. */
  readonly fresh: boolean;
}
