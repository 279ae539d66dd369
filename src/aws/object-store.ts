/** What a listing tells of one object. */
export interface StoredObject {
  readonly key: string;
  readonly size: number;
  /** Without quotes. */
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly modified: number;
}

/** Headers that S3 keeps with an object. */
export interface ObjectHeaders {
  readonly contentType?: string | undefined;
  readonly cacheControl?: string | undefined;
  readonly contentEncoding?: string | undefined;
  readonly contentDisposition?: string | undefined;
  readonly contentLanguage?: string | undefined;
  readonly websiteRedirect?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/** `'*'` with `ifNoneMatch`: create only. `ifMatch`: replace only what we have read. */
export interface Condition {
  readonly ifNoneMatch?: '*' | undefined;
  readonly ifMatch?: string | undefined;
}

export interface PutRequest extends ObjectHeaders, Condition {
  readonly key: string;
  readonly body: Uint8Array | string;
}

/** An object with its content. */
export interface ReadObject {
  readonly body: Buffer;
  /** Without quotes. */
  readonly etag: string;
  readonly headers: ObjectHeaders;
  /**
   * The server's own time when it answered, in milliseconds since the epoch (whole seconds): the `Date` header. The
   * ledger's lock expires by it, so that no runner's clock matters.
   */
  readonly date?: number | undefined;
  /** When the object was written, by the server's clock: milliseconds since the epoch, whole seconds. */
  readonly modified?: number | undefined;
}

/** One bucket. Keys are whole keys. All methods reject with the SDK's error, after its retries. */
export interface ObjectStore {
  readonly bucket: string;
  /** All objects under a prefix, a page at a time (1,000 keys), in key order; `startAfter` and `delimiter` as in S3. */
  list(
    prefix: string,
    options?: { startAfter?: string; pageSize?: number },
  ): AsyncIterable<readonly StoredObject[]>;
  /** `undefined` where there is no such object. */
  get(key: string): Promise<ReadObject | undefined>;
  put(request: PutRequest): Promise<{ etag: string; date?: number | undefined }>;
  /** Deletes up to any number of keys, 1,000 a request. @returns keys that S3 refused to delete, with its code. */
  deleteMany(keys: readonly string[]): Promise<ReadonlyArray<{ key: string; code: string; message: string }>>;
  /** Deletes one key, under a condition where one is given. */
  delete(key: string, condition?: Pick<Condition, 'ifMatch'>): Promise<void>;
  /** Of a store that remembers what it has read: `key` is to be read again. */
  forget?(key: string, since?: number): void;
}
