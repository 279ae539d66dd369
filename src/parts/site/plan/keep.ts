import { isPage } from '../scan/is-page.ts';
import type { KeptFile, Manifest, SiteFile } from '../types.ts';

/**
 * Files of earlier releases that stay live: what a page that is open in some tab may still load. A page itself is gone
 * with the release that removed it.
 * @param earlier manifests that were live: the last one, and those of activations that did not end
 * @param retain how many releases ago a file may have belonged to the site
 */
export function keptFiles(
  earlier: readonly Manifest[],
  wanted: readonly SiteFile[],
  retain: number,
): KeptFile[] {
  const taken = new Set(wanted.map((file) => file.path));
  const kept = new Map<string, KeptFile>();
  const offer = (file: SiteFile, age: number) => {
    if (age > retain || taken.has(file.path) || isPage(file.headers.contentType)) return;
    const now = kept.get(file.path);
    if (!now || now.age > age) kept.set(file.path, { ...file, age });
  };
  for (const manifest of earlier) {
    for (const file of manifest.files) offer(file, 1);
    for (const file of manifest.kept) offer(file, file.age + 1);
  }
  return [...kept.values()];
}
