/** A repository as far as it is looked at: paths from its root, with `/`. */
export interface Repository {
  readonly files: readonly string[];
  /** The text of a file, `undefined` where it is not there. */
  read(path: string): string | undefined;
}

/** Something to take live that was found in the repository. */
export type Found = ServiceFound | SiteFound;

export interface ServiceFound {
  readonly kind: 'service';
  readonly name: string;
  readonly context: string;
  /** Path of its Dockerfile, where it is not the usual one in the context. */
  readonly dockerfile: string | undefined;
  /** False for a worker, which nobody asks. */
  readonly answers: boolean;
  /** Path of its health check, by its source. */
  readonly health: string | undefined;
  /** Keys that might be wanted, as comments: what the code suggests and nobody decided. */
  readonly suggestions: readonly string[];
}

export interface SiteFound {
  readonly kind: 'site';
  readonly name: string;
  readonly framework: string;
  readonly directory: string;
  /** How it is built, and the folder from `directory` that it is built into; without a command it is there already. */
  readonly command: string | undefined;
  readonly output: string;
  /** What has to be done before it works. */
  readonly notes: readonly string[];
}
