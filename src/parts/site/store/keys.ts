/** Where a site's things are in the release bucket and in its own. */
export interface SiteKeys {
  readonly manifests: string;
  readonly blobs: string;
  readonly state: string;
  manifest(release: string): string;
  blob(sha256: string): string;
  /** Key of a file in the live bucket. */
  live(path: string): string;
  /** Prefix of all live keys: '' or with a slash at its end. */
  readonly livePrefix: string;
}

export function siteKeys(place: { readonly bucket: string; readonly prefix: string }): SiteKeys {
  const base = `sites/${place.bucket}/${place.prefix ? `${place.prefix}/` : ''}`;
  const livePrefix = place.prefix ? `${place.prefix}/` : '';
  return {
    manifests: `${base}manifests/`,
    blobs: `${base}blobs/`,
    state: `${base}site.json`,
    manifest: (release) => `${base}manifests/${release}.json`,
    blob: (sha256) => `${base}blobs/${sha256}`,
    live: (path) => `${livePrefix}${path}`,
    livePrefix,
  };
}
