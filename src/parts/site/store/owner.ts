import type { ObjectStore } from '../../../aws/object-store.ts';
import type { SitePlace } from '../types.ts';
import { siteKeys } from './keys.ts';
import { readState, writeState } from './site-state.ts';

/**
 * Whose these sites are: each is one environment's, which its state says. Reads them, and changes nothing.
 * @returns what gives those of `from` to `to`, each under its ETag; those of others stay theirs
 * @throws ActionError where the state of one cannot be read
 */
export async function sitesOf(
  store: ObjectStore,
  places: readonly Pick<SitePlace, 'bucket' | 'prefix'>[],
  from: string,
  to: string,
): Promise<() => Promise<void>> {
  const states = await Promise.all(
    places.map(async (place) => {
      const keys = siteKeys(place);
      return { keys, found: await readState(store, keys) };
    }),
  );
  return async () => {
    for (const { keys, found } of states) {
      if (found?.state.environment !== from) continue;
      const { nonce: _nonce, version: _version, ...state } = found.state;
      await writeState(store, keys, { ...state, environment: to }, found);
    }
  };
}
