import type { ObjectStore, ReadObject } from './object-store.ts';

export interface Remembering {
  /** Keys of documents that are only ever written under a condition. */
  readonly keys: readonly string[];
  /** Of those, the ones that are most probably not there yet. */
  readonly new: readonly string[];
}

/** A store that can be told of further keys once they are known. */
export interface RememberingStore extends ObjectStore {
  /** @param isNew where it is most probably not there yet */
  remember(key: string, isNew: boolean): void;
  /** @param since milliseconds: what was asked for since then is kept; left out, nothing is. */
  forget(key: string, since?: number): void;
}

/**
 * A store that does not read again what it has read or written itself. Right for documents that are written under a
 * condition alone: whoever acts on an old version loses the condition, which makes us forget, and reads again. It saves
 * a deployment a quarter of its requests.
 */
export function rememberingStore(
  store: ObjectStore,
  remember: Remembering,
  now: () => number = Date.now,
): RememberingStore {
  const keys = new Set(remember.keys);
  const known = new Map<string, ReadObject | undefined>(remember.new.map((key) => [key, undefined]));
  /** When what is known was asked for. */
  const askedAt = new Map<string, number>();
  return {
    bucket: store.bucket,
    remember(key, isNew) {
      if (!keys.has(key) && isNew) known.set(key, undefined);
      keys.add(key);
    },
    forget(key, since) {
      if (since === undefined || (askedAt.get(key) ?? 0) < since) known.delete(key);
    },
    list: (prefix, options) => store.list(prefix, options),
    async get(key) {
      if (!keys.has(key)) return store.get(key);
      if (known.has(key)) return known.get(key);
      const at = now();
      const found = await store.get(key);
      // An old answer's date says nothing of the time that it is now.
      known.set(key, found && { ...found, date: undefined });
      askedAt.set(key, at);
      return found;
    },
    async put(request) {
      const { key, body } = request;
      try {
        const answer = await store.put(request);
        const { contentType, contentEncoding } = request;
        const headers = { contentType, contentEncoding };
        if (keys.has(key)) known.set(key, { body: Buffer.from(body), etag: answer.etag, headers });
        return answer;
      } catch (error) {
        // The condition was lost, or an answer was, and nobody knows what is there now.
        known.delete(key);
        throw error;
      }
    },
    async deleteMany(gone) {
      for (const key of gone) known.delete(key);
      return store.deleteMany(gone);
    },
    async delete(key, condition) {
      known.delete(key);
      await store.delete(key, condition);
    },
  };
}
