import { previewEnvironment } from '../../release/id.ts';

/** Where the previews live: `<folder>/pr-<number>/` in their bucket, and what belongs to them in the release bucket. */
export interface PreviewPlace {
  readonly bucket: string;
  readonly folder: string;
}

/** A folder that can hold previews: at least one name, and nothing that leads out of it or to the whole bucket. */
export const isPreviewFolder = (folder: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._-]*(\/[A-Za-z0-9][A-Za-z0-9._-]*)*$/.test(folder) && !folder.includes('..');

/** Its environment, and the prefixes of all that one preview has in its bucket and in the release bucket, each with a slash at its end. */
export function previewPrefixes(
  { bucket, folder }: PreviewPlace,
  number: number,
): { readonly environment: string; readonly live: string; readonly release: readonly string[] } {
  const environment = previewEnvironment(number);
  return {
    environment,
    live: `${folder}/pr-${number}/`,
    release: [`sites/${bucket}/${folder}/pr-${number}/`, `${environment}/`],
  };
}

/** Numbers of the previews that some keys belong to, ascending. Keys of any other form are nobody's. */
export function previewNumbers(place: PreviewPlace, liveKeys: Iterable<string>): number[] {
  const numbers = new Set<number>();
  for (const key of liveKeys) {
    if (!key.startsWith(`${place.folder}/pr-`)) continue;
    const match = /^(\d{1,15})\//.exec(key.slice(place.folder.length + '/pr-'.length));
    if (match) numbers.add(Number(match[1]));
  }
  return [...numbers].sort((a, b) => a - b);
}

/**
 * Which previews go. One that was asked for goes in any case; a sweep takes those whose pull request is known to be
 * closed: `undefined`, a question that was not answered, keeps the preview until the next sweep.
 */
export function previewsToRemove(
  found: readonly number[],
  states: ReadonlyMap<number, 'open' | 'closed' | undefined>,
): number[] {
  return found.filter((number) => states.get(number) === 'closed');
}
