const plain = (word: string) => word.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * The word of `words` that was most likely meant by `typed`: the same but for case and punctuation, a synonym of it, or
 * at most a third of its letters away. `undefined` where nothing is near.
 * @param synonyms other words for them, in lower case and without punctuation
 */
export function nearest(
  typed: string,
  words: readonly string[],
  synonyms: Readonly<Record<string, string>> = {},
): string | undefined {
  const wanted = plain(typed);
  if (wanted === '') return undefined;
  const same = words.find((word) => plain(word) === wanted);
  if (same !== undefined) return same;
  const synonym = synonyms[wanted];
  if (synonym !== undefined && words.includes(synonym)) return synonym;
  let best: { word: string; distance: number } | undefined;
  for (const word of words) {
    const distance = editDistance(wanted, plain(word));
    if (distance <= Math.max(1, Math.floor(word.length / 3)) && distance < (best?.distance ?? Infinity)) {
      best = { word, distance };
    }
  }
  return best?.word;
}

/** Edits (insert, delete, replace, swap of neighbours) that turn `a` into `b`; both cut at 64 letters. */
export function editDistance(a: string, b: string): number {
  const [x, y] = [a.slice(0, 64), b.slice(0, 64)];
  let before: number[] = [];
  let previous = Array.from({ length: y.length + 1 }, (_, j) => j);
  for (let i = 1; i <= x.length; i++) {
    const row = [i];
    for (let j = 1; j <= y.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (x[i - 1] === y[j - 1] ? 0 : 1);
      row[j] = Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
      if (i > 1 && j > 1 && x[i - 1] === y[j - 2] && x[i - 2] === y[j - 1]) {
        row[j] = Math.min(row[j] ?? 0, (before[j - 2] ?? 0) + 1);
      }
    }
    [before, previous] = [previous, row];
  }
  return previous[y.length] ?? 0;
}
