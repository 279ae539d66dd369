import { refused } from '../../../runtime/errors.ts';
import { INDEX } from '../store/manifest.ts';
import type { SiteFile } from '../types.ts';
import { type Loaded, localReferences } from './html-refs.ts';
import { isPage } from './is-page.ts';

/** Refuses a folder that is no site. */
export function checkIsSite(
  files: readonly SiteFile[],
  source: string,
  entries: readonly string[] = INDEX,
): void {
  if (files.length === 0) {
    throw refused({
      input: 'source',
      what: 'the folder has no files',
      found: source,
      fix: 'build the site before this step; look at `exclude` too',
    });
  }
  const missing = entries.find((entry) => !files.some((file) => file.path === entry));
  if (missing !== undefined) {
    const pages = files.filter((file) => isPage(file.headers.contentType)).map((file) => file.path);
    throw refused({
      input: 'source',
      what: `the folder has no ${missing}`,
      found:
        pages.length > 0 ? `pages: ${pages.slice(0, 5).join(', ')}` : `${files.length} files and no page`,
      fix: 'name the folder that the build writes the site into (dist, out, build, public); a site that begins with another page says so in `index`, one that others load has `index: none`',
    });
  }
}

export interface MissingReference {
  readonly page: string;
  readonly path: string;
  readonly loaded: Loaded;
}

/** References of one page to files that are not there. */
export function missingReferences(
  html: string,
  page: string,
  mounts: readonly string[],
  present: (path: string) => boolean,
): MissingReference[] {
  // The same page may be mounted at the root (an origin path hides the prefix) or at the prefix: what one reading
  // finds whole is whole.
  const readings = mounts.map((mount) =>
    [...localReferences(html, page, mount)].filter(([path]) => !present(path)),
  );
  const fewest = readings.reduce((a, b) => (b.length < a.length ? b : a), readings[0] ?? []);
  return fewest.map(([path, loaded]) => ({ page, path, loaded }));
}

/** In words, the missing icons: a browser shows none, and the page works. */
export function missingIcons(all: readonly MissingReference[]): string | undefined {
  const icons = [...new Set(all.filter(({ loaded }) => loaded === 'icon').map(({ path }) => `/${path}`))];
  const more = icons.length > 5 ? ` and ${icons.length - 5} more` : '';
  return icons.length > 0
    ? `pages name icons that the folder does not have: ${icons.slice(0, 5).join(', ')}${more}`
    : undefined;
}

/** Refuses pages that would load what is not there. */
export function refuseMissing(all: readonly MissingReference[]): void {
  const missing = all.filter(({ loaded }) => loaded === 'file');
  if (missing.length === 0) return;
  const paths = new Set(missing.map((m) => m.path));
  throw refused({
    input: 'source',
    what: `pages name ${paths.size} file${paths.size === 1 ? '' : 's'} that the folder does not have`,
    details: [
      ...missing.slice(0, 10).map((m) => `${m.page} loads /${m.path}`),
      ...(missing.length > 10 ? [`… and ${missing.length - 10} more`] : []),
    ],
    fix: 'build the site again; name files that are served by something else in `allow-missing`',
  });
}
