/** Where the ledger of an environment lives in the release bucket. */
export interface LedgerKeys {
  readonly current: string;
  readonly lock: string;
  /** Prefix of all records. */
  readonly releases: string;
  /** Every record in one object, kept only to be quick: see release-index.ts. */
  readonly index: string;
  /** What the server answered to our question whether it honours conditions. */
  readonly probe: string;
  readonly historyPage: string;
  record(id: string): string;
  /** Where a document that could not be read is copied before anything is written in its place. */
  setAside(key: string, etag: string): string;
}

export function ledgerKeys(environment: string): LedgerKeys {
  const releases = `${environment}/releases/`;
  return {
    current: `${environment}/current.json`,
    lock: `${environment}/lock.json`,
    releases,
    index: `${environment}/index.json.gz`,
    probe: `${environment}/conditions-probe.json`,
    historyPage: `${environment}/history.html`,
    record: (id) => `${releases}${id}.json`,
    setAside: (key, etag) => {
      const name = key.slice(environment.length + 1).replaceAll('/', '-');
      return `${environment}/set-aside/${etag.replaceAll(/[^\w-]/g, '').slice(0, 12)}-${name}`;
    },
  };
}

/** The id of the record that `key` holds, `undefined` where the key is not one of a record. */
export function recordIdOf(keys: LedgerKeys, key: string): string | undefined {
  const match = /^([^/]+)\.json$/.exec(key.startsWith(keys.releases) ? key.slice(keys.releases.length) : '');
  return match?.[1];
}
