import { PAGE } from '../../../aws/bulk-store.ts';
import type { StoredObject } from '../../../aws/object-store.ts';
import type { SitePorts } from '../types.ts';
import type { SiteKeys } from './keys.ts';

const HEX_DIGITS = [...'0123456789abcdef'];

/**
 * All contents that are stored for the site. Their names are hashes: a listing of many pages is split by the first digit
 * into sixteen of about the same length.
 * @param expected how many there are at least
 */
export async function listBlobs(
  { release }: Pick<SitePorts, 'release'>,
  keys: SiteKeys,
  expected: number,
): Promise<StoredObject[]> {
  if (expected <= PAGE) return release.listAll(keys.blobs);
  const parts = await Promise.all(HEX_DIGITS.map((digit) => release.listAll(keys.blob(digit))));
  return parts.flat();
}
