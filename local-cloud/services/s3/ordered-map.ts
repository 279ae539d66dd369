/** Order of UTF-8 bytes, in which S3 lists: that of UTF-16 units except between surrogates and U+E000 to U+FFFF. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return rank(x) - rank(y);
  }
  return a.length - b.length;
}

const rank = (unit: number) => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

const compareUnits = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

/**
 * A map that can be read in key order from any key on. Writes cost O(1): new keys wait, and are sorted and merged
 * when the order is asked for, which lists and writes in alternation pay with one pass over the keys.
 */
export class OrderedMap<V> {
  readonly #map = new Map<string, V>();
  #sorted: string[] = [];
  #added: string[] = [];
  /** Keys that are gone but still in one of the lists above. */
  readonly #removed = new Set<string>();
  #compare: (a: string, b: string) => number = compareUnits;

  get size(): number {
    return this.#map.size;
  }

  get(key: string): V | undefined {
    return this.#map.get(key);
  }

  has(key: string): boolean {
    return this.#map.has(key);
  }

  set(key: string, value: V): void {
    if (!this.#map.has(key)) {
      // A key that was removed and comes back before the merge is in one of the lists already.
      if (!this.#removed.delete(key)) this.#added.push(key);
      if (this.#compare === compareUnits && /[\ud800-\uffff]/.test(key)) {
        this.#compare = compareUtf8;
        this.#sorted.sort(compareUtf8);
      }
    }
    this.#map.set(key, value);
  }

  delete(key: string): boolean {
    const there = this.#map.delete(key);
    if (there) this.#removed.add(key);
    return there;
  }

  /** All keys in order. Not to be changed. */
  keys(): readonly string[] {
    this.#merge();
    return this.#sorted;
  }

  /** Index in `keys()` of the first key that is not before `key`. */
  lowerBound(key: string): number {
    const keys = this.keys();
    let [low, high] = [0, keys.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(keys[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  compare(a: string, b: string): number {
    return this.#compare(a, b);
  }

  /** In no order: for saving. */
  entries(): IterableIterator<[string, V]> {
    return this.#map.entries();
  }

  #merge(): void {
    if (this.#removed.size > 0) {
      const stays = (key: string) => !this.#removed.has(key);
      this.#sorted = this.#sorted.filter(stays);
      this.#added = this.#added.filter(stays);
      this.#removed.clear();
    }
    if (this.#added.length === 0) return;
    const added = this.#added.sort(this.#compare);
    this.#added = [];
    const last = this.#sorted.at(-1);
    if (last === undefined || this.#compare(last, added[0] as string) < 0) {
      for (const key of added) this.#sorted.push(key);
    } else this.#sorted = mergeSorted(this.#sorted, added, this.#compare);
  }
}

function mergeSorted(a: string[], b: string[], compare: (a: string, b: string) => number): string[] {
  const out = new Array<string>(a.length + b.length);
  let [i, j] = [0, 0];
  for (let n = 0; n < out.length; n++) {
    const fromA = j >= b.length || (i < a.length && compare(a[i] as string, b[j] as string) < 0);
    out[n] = (fromA ? a[i++] : b[j++]) as string;
  }
  return out;
}
