/** Dimensions of a vector. */
export const SIZE = 256;

const STOP = new Set(
  'a an and are at be can do for how i if in is it of on or that the to we what when with you'.split(' '),
);

/**
 * A text as a vector of length 1: words and their triples of letters, hashed into buckets. It stands where a real
 * product calls an embedding model, and needs neither a network nor a key.
 */
export function embed(text) {
  const vector = new Array(SIZE).fill(0);
  for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) {
    if (STOP.has(word)) continue;
    vector[bucket(word)] += 2;
    for (let i = 0; i + 3 <= word.length; i++) vector[bucket(word.slice(i, i + 3))] += 0.5;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/** FNV-1a: https://www.rfc-editor.org/rfc/rfc9923 */
function bucket(text) {
  let hash = 0x811c9dc5;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 0x01000193) >>> 0;
  return hash % SIZE;
}
