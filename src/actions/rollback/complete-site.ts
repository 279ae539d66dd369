import { distributionsOf, recordedDistributions, type SitePart } from '../../release/record.ts';

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
  const take = (
    name: string,
    told: (site: SitePart) => string,
    fields: (site: SitePart) => Partial<SitePart>,
  ) => {
    if (told(site)) return;
    const other = same.find((one) => told(one.site));
    if (!other) return;
    completed = { ...completed, ...fields(other.site) };
    taken.push(`its record names no ${name}: ${told(other.site)} is used, as in release ${other.release}`);
  };
  take(
    'distribution',
    (one) => distributionsOf(one).join(' and '),
    (one) => recordedDistributions(distributionsOf(one)),
  );
  take(
    'site URL',
    ({ siteUrl = '' }) => siteUrl,
    ({ siteUrl }) => (siteUrl ? { siteUrl } : {}),
  );
  return { site: completed, taken };
}
