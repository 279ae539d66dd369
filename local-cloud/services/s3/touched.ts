/** What a piece is of: `["bucket", name]`, `["key", bucket, key]`, `["upload", id]`, `["part", id, number]`. */
export type PieceName =
  | readonly ['bucket', string]
  | readonly ['key', string, string]
  | readonly ['upload', string]
  | readonly ['part', string, number];

/** The pieces that changed since they were last kept; of a store that is not kept, none. */
export class Touched {
  readonly #names = new Set<string>();
  readonly #kept: boolean;

  constructor(kept: boolean) {
    this.#kept = kept;
  }

  bucket(name: string): void {
    this.#add(['bucket', name]);
  }

  key(bucket: string, key: string): void {
    this.#add(['key', bucket, key]);
  }

  /** An upload, and one of its parts where a request names one. */
  upload(id: string, part?: number): void {
    this.#add(part === undefined ? ['upload', id] : ['part', id, part]);
  }

  #add(name: PieceName): void {
    if (this.#kept) this.#names.add(JSON.stringify(name));
  }

  /** Gives them and begins anew. */
  take(): string[] {
    const names = [...this.#names];
    this.#names.clear();
    return names;
  }
}
