import type { SitePart } from '../../release/record.ts';

/** A site with what its own record lacks, and where that was taken from: for people. */
export interface Completed {
  readonly site: SitePart;
  readonly taken: readonly string[];
}

/** A site of a release of the ledger, which may know more. */
export interface OtherSite {
  readonly release: string;
  readonly site: SitePart;
}

/**
 * Records of adopted releases once named no distribution, so that nothing would be invalidated: what a site lacks is
 * taken from another release of the same site. Pure.
 * @param others in the order in which they are asked
 */
export function completeSite(site: SitePart, others: readonly OtherSite[]): Completed {
  const same = others.filter(
    (other) => other.site.bucket === site.bucket && other.site.prefix === site.prefix,
  );
  let completed = site;
  const taken: string[] = [];
  for (const field of ['distribution', 'siteUrl'] as const) {
    if (completed[field]) continue;
    const other = same.find(({ site: known }) => known[field]);
    const value = other?.site[field];
    if (!value) continue;
    completed = { ...completed, [field]: value };
    const name = field === 'siteUrl' ? 'site URL' : field;
    taken.push(`its record names no ${name}: ${value} is used, as in release ${other.release}`);
  }
  return { site: completed, taken };
}
