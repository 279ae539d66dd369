import { randomUUID } from 'node:crypto';
import { awsProblem, readAwsError } from '../../../aws/errors.ts';
import type { ObjectStore } from '../../../aws/object-store.ts';
import type { WriteHeaders } from '../../../aws/write-headers.ts';
import { ActionError, refused } from '../../../runtime/errors.ts';
import type { SiteKeys } from './keys.ts';

/** A release whose files are or were live. */
export interface StateEntry {
  readonly release: string;
  /** Key of its manifest. */
  readonly manifest: string;
}

/**
 * `sites/<bucket>/<prefix>/site.json`: what is live, and what a run is making live at this moment. It is written before
 * the first change of the live bucket and after the last, so that the next run knows what a run that died may have
 * left, and whose headers a live object has, without asking for one.
 */
export interface SiteState {
  readonly version: 1;
  readonly environment: string;
  /** Differs in every version, so that its ETag does. */
  readonly nonce: string;
  readonly live: StateEntry | undefined;
  /** Activations that have begun and not ended: one while a run works, more where runs died. */
  readonly activating: readonly StateEntry[];
  /** Releases that were live, oldest first: what can be gone back to. */
  readonly releases: readonly StateEntry[];
  /** The last activation, where it was undone: its pages were live for a while, and named files that are gone. */
  readonly undone?: StateEntry | undefined;
  /** What the live objects are written with besides their own headers; a rollback writes them so too. */
  readonly writes?: WriteHeaders | undefined;
  /** Names that were served as immutable and changed their content: they are asked about each time from then on. */
  readonly mutable?: readonly string[] | undefined;
  /** Distributions that the last activation told what to forget: what any other holds, nobody knows. */
  readonly distributions?: readonly string[] | undefined;
  /** Activations since what no release needs was last collected. */
  readonly sinceCollection: number;
}

export interface FoundState {
  readonly state: SiteState;
  readonly etag: string;
  /** When it was written: milliseconds by the server's clock, rounded up to the end of its second. */
  readonly modified: number;
}

/** What was planned stands on a state that is no longer there. */
export class StateChanged extends ActionError {}

export async function readState(store: ObjectStore, keys: SiteKeys): Promise<FoundState | undefined> {
  const asked = {
    operation: 's3:GetObject',
    resource: `s3://${store.bucket}/${keys.state}`,
    input: 'release-bucket',
    ifMissing: 'create the release bucket (infra/terraform does) or correct `release-bucket`',
  };
  const found = await store.get(keys.state).catch((error) => {
    throw awsProblem(error, asked);
  });
  if (!found) return undefined;
  return {
    state: parseState(found.body, asked.resource, keys.manifests),
    etag: found.etag,
    modified: (found.modified ?? 0) + 999,
  };
}

/** The first release that is none, or whose manifest is another's, as JSON: it would be read, or taken for live. */
function foreignEntry(state: Partial<SiteState>, manifests: string): string | undefined {
  const isEntry = (entry: unknown) => {
    const { release, manifest } = (entry ?? {}) as Partial<Record<keyof StateEntry, unknown>>;
    return typeof release === 'string' && typeof manifest === 'string' && manifest.startsWith(manifests);
  };
  const one = [state.live, state.undone].filter((entry) => entry !== undefined);
  const lists = [state.activating ?? [], state.releases ?? []];
  const all: unknown[] = [...one, ...lists.flatMap((list) => (Array.isArray(list) ? list : [list]))];
  const at = all.findIndex((entry) => !isEntry(entry));
  return at < 0 ? undefined : String(JSON.stringify(all[at])).slice(0, 200);
}

/** @param manifests prefix of the site's manifests */
function parseState(body: Buffer, resource: string, manifests: string): SiteState {
  const wrong = (why: string) =>
    refused({
      input: 'release-bucket',
      what: `${resource} cannot be read`,
      found: why,
      fix: 'restore an earlier version of it (the release bucket keeps versions), or delete it: the site is then adopted anew',
    });
  let value: Partial<SiteState> | null;
  try {
    value = JSON.parse(body.toString());
  } catch (error) {
    throw wrong(String(error));
  }
  if (typeof value !== 'object' || value === null) throw wrong('it is JSON, but not the state of a site');
  if (value.version !== 1)
    throw wrong(`version ${JSON.stringify(value.version)} is not known to this release of the action`);
  const foreign = foreignEntry(value, manifests);
  if (foreign !== undefined) throw wrong(`${foreign} is not a release of this site`);
  return {
    version: 1,
    environment: value.environment ?? '',
    nonce: value.nonce ?? '',
    live: value.live,
    activating: value.activating ?? [],
    releases: value.releases ?? [],
    undone: value.undone,
    writes: value.writes,
    mutable: readTexts(value.mutable) ?? [],
    distributions: readTexts(value.distributions),
    sinceCollection: value.sinceCollection ?? 0,
  };
}

const readTexts = (value: unknown): readonly string[] | undefined =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : undefined;

/**
 * Replaces the state that was read, or creates it. What names have changed their content, and what distributions were
 * told, is not forgotten.
 * @throws StateChanged when another run has written it meanwhile.
 */
export async function writeState(
  store: ObjectStore,
  keys: SiteKeys,
  next: Omit<SiteState, 'nonce' | 'version'>,
  before: Pick<FoundState, 'etag' | 'state'> | undefined,
): Promise<FoundState> {
  const mutable = next.mutable ?? before?.state.mutable ?? [];
  const state: SiteState = {
    version: 1,
    nonce: randomUUID(),
    ...next,
    distributions: next.distributions ?? before?.state.distributions,
    mutable: mutable.length > 0 ? mutable : undefined,
  };
  const body = `${JSON.stringify(state, null, 2)}\n`;
  const condition = before ? { ifMatch: before.etag } : { ifNoneMatch: '*' as const };
  try {
    const { etag, date } = await store.put({
      key: keys.state,
      body,
      contentType: 'application/json',
      ...condition,
    });
    return { state, etag, modified: (date ?? 0) + 999 };
  } catch (error) {
    const { kind } = readAwsError(error);
    if (kind !== 'precondition' && kind !== 'conflict' && kind !== 'missing') {
      throw awsProblem(error, {
        operation: 's3:PutObject',
        resource: `s3://${store.bucket}/${keys.state}`,
        input: 'release-bucket',
        afterChange: true,
      });
    }
    // The first attempt may have been carried out and its answer lost.
    const now = await readState(store, keys);
    if (now?.state.nonce === state.nonce) return now;
    throw new StateChanged('failed', {
      what: 'another run has changed the state of this site',
      found: `s3://${store.bucket}/${keys.state} was written meanwhile`,
      fix: 'see which run it was (the ledger says so); then run this one again',
    });
  }
}
