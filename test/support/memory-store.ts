import { createHash } from 'node:crypto';
import type { ObjectHeaders, ObjectStore, PutRequest } from '../../src/aws/object-store.ts';

interface Kept {
  readonly body: Buffer;
  readonly etag: string;
  readonly headers: ObjectHeaders;
  readonly modified: number;
}

export type StoreOperation = 'get' | 'put' | 'delete' | 'list';

/** What a fault does to one request: nothing happens, or it happens and the answer is lost. */
export type StoreFault = { readonly error: unknown; readonly after?: boolean } | undefined;

export interface MemoryStoreOptions {
  /** The server's own time; its dates are whole seconds, as HTTP's are. */
  readonly now?: () => number;
  /** Asked before each request: waits (latency), and may name a fault. */
  readonly before?: (operation: StoreOperation, key: string) => Promise<StoreFault> | StoreFault;
  /** Waited for when the request has been done and the answer is on its way. */
  readonly after?: () => Promise<void>;
  /** A server that ignores conditions. */
  readonly ignoreConditions?: boolean;
}

export interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, Kept>;
  /** `put key`, `get key`, …, oldest first. */
  readonly requests: string[];
  /** The JSON under `key`. */
  json(key: string): Record<string, unknown>;
}

/** An error with the fields that the SDK's errors carry. */
export function s3Error(name: string, status: number): Error {
  return Object.assign(new Error(name), { name, $metadata: { httpStatusCode: status } });
}

/** A bucket in memory with S3's conditional semantics. One request is one atomic step, as on S3. */
export function memoryStore(bucket = 'release-bucket', options: MemoryStoreOptions = {}): MemoryStore {
  const objects = new Map<string, Kept>();
  const requests: string[] = [];
  const now = options.now ?? Date.now;
  const date = () => Math.floor(now() / 1000) * 1000;

  const request = async <T>(operation: StoreOperation, key: string, work: () => T): Promise<T> => {
    requests.push(`${operation} ${key}`);
    const fault = await options.before?.(operation, key);
    if (fault && !fault.after) throw fault.error;
    const result = work();
    await options.after?.();
    if (fault) throw fault.error;
    return result;
  };

  const check = (key: string, condition: { ifNoneMatch?: unknown; ifMatch?: string | undefined }) => {
    if (options.ignoreConditions) return;
    const found = objects.get(key);
    if (condition.ifNoneMatch && found) throw s3Error('PreconditionFailed', 412);
    if (!condition.ifMatch) return;
    if (!found) throw s3Error('NoSuchKey', 404);
    if (found.etag !== condition.ifMatch) throw s3Error('PreconditionFailed', 412);
  };

  const keep = ({ key, body, ifMatch, ifNoneMatch, ...headers }: PutRequest) => {
    check(key, { ifMatch, ifNoneMatch });
    const bytes = Buffer.from(body);
    const etag = createHash('md5').update(bytes).digest('hex');
    objects.set(key, { body: bytes, etag, headers, modified: date() });
    return { etag, date: date() };
  };

  return {
    bucket,
    objects,
    requests,
    json: (key) => JSON.parse(objects.get(key)?.body.toString() ?? 'null'),
    async *list(prefix, { startAfter = '', pageSize = 1000 } = {}) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > startAfter).sort();
      for (let i = 0; i === 0 || i < keys.length; i += pageSize) {
        yield await request('list', prefix, () =>
          keys.slice(i, i + pageSize).flatMap((key) => {
            const found = objects.get(key);
            return found
              ? [{ key, size: found.body.length, etag: found.etag, modified: found.modified }]
              : [];
          }),
        );
      }
    },
    get: (key) =>
      request('get', key, () => {
        const found = objects.get(key);
        return found && { body: found.body, etag: found.etag, headers: found.headers, date: date() };
      }),
    put: (what) => request('put', what.key, () => keep(what)),
    delete: (key, condition) =>
      request('delete', key, () => {
        check(key, { ifMatch: condition?.ifMatch });
        objects.delete(key);
      }),
    deleteMany: (keys) =>
      request('delete', keys[0] ?? '', () => {
        for (const key of keys) objects.delete(key);
        return [];
      }),
  };
}
