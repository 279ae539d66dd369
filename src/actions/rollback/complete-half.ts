import type { FrontendHalf } from '../../release/record.ts';

/** A half with what its own record lacks, and where that was taken from: for people. */
export interface Completed {
  readonly half: FrontendHalf;
  readonly taken: readonly string[];
}

/** A release of the ledger that may know more. */
export interface OtherRelease {
  readonly id: string;
  readonly frontend?: FrontendHalf | undefined;
}

/**
 * Records of adopted releases once named no distribution, so that nothing would be invalidated: what a half lacks is
 * taken from another release of the same site. Pure.
 * @param others in the order in which they are asked
 */
export function completeHalf(half: FrontendHalf, others: readonly OtherRelease[]): Completed {
  const sameSite = others.filter(
    ({ frontend }) => frontend?.bucket === half.bucket && frontend.prefix === half.prefix,
  );
  let completed = half;
  const taken: string[] = [];
  for (const field of ['distribution', 'siteUrl'] as const) {
    if (completed[field]) continue;
    const other = sameSite.find(({ frontend }) => frontend?.[field]);
    const value = other?.frontend?.[field];
    if (!value) continue;
    completed = { ...completed, [field]: value };
    const name = field === 'siteUrl' ? 'site URL' : field;
    taken.push(`its record names no ${name}: ${value} is used, as in release ${other.id}`);
  }
  return { half: completed, taken };
}
