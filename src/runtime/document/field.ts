import { isAlias, isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import { parseDuration } from '../duration.ts';
import { nearest } from '../nearest.ts';
import type { Place, Source } from './source.ts';

/** How deep aliases may lead: an anchor can contain itself. */
const MAX_DEPTH = 32;

/**
 * One value of a YAML file that a person wrote, with where it stands. Every reader answers `undefined` after having noted a mistake,
 * so that one pass finds all the mistakes of a file.
 */
export class Field {
  readonly source: Source;
  /** As `checks[0].expect.status`. */
  readonly path: string;
  readonly node: Node | null;
  readonly #key: Node | null;
  readonly #depth: number;

  constructor(source: Source, path: string, node: Node | null, key: Node | null, depth = 0) {
    this.source = source;
    this.path = path;
    this.#key = key;
    this.#depth = depth;
    const tooMuch = depth > MAX_DEPTH ? `is nested deeper than ${MAX_DEPTH} levels` : source.count();
    if (tooMuch !== undefined) {
      this.node = null;
      if (tooMuch !== '') this.mistake(tooMuch);
    } else this.node = isAlias(node) ? (node.resolve(source.document) ?? null) : node;
    if (this.node === null && isAlias(node) && tooMuch === undefined)
      source.add(node, path, `names an anchor that is not there: *${node.source}`);
  }

  /** Position of the key, or of the value where there is no key (items of a list). */
  get place(): Place {
    return this.source.place(this.#key ?? this.node);
  }

  /** The sentence goes on after the name of the field: `must be …`. */
  mistake(what: string, at: 'key' | 'value' = 'value'): undefined {
    const node = at === 'key' ? (this.#key ?? this.node) : (this.node ?? this.#key);
    this.source.add(node, this.path, what);
    return undefined;
  }

  /** What stands there, as a person would quote it. Never expanded, so never a secret. */
  found(): string {
    if (this.node === null || (isScalar(this.node) && this.node.value === null)) return 'nothing';
    if (isMap(this.node)) return 'a mapping';
    if (isSeq(this.node)) return 'a list';
    const text = scalarText(this.node as Scalar);
    return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
  }

  get isMap(): boolean {
    return isMap(this.node);
  }

  get isList(): boolean {
    return isSeq(this.node);
  }

  /** The plain value of a scalar: text, number, true, false or null; `undefined` for a mapping or a list. */
  get scalar(): string | number | boolean | null | undefined {
    if (this.node === null) return null;
    return isScalar(this.node) ? (this.node.value as string | number | boolean | null) : undefined;
  }

  /** The scalar as it is written in the file: `1.0` stays `1.0`; `undefined` for anything else and for null. */
  get written(): string | undefined {
    const value = this.scalar;
    return value === undefined || value === null ? undefined : scalarText(this.node as Scalar);
  }

  /** The members of a mapping whatever their names are. */
  members(): ReadonlyMap<string, Field> | undefined {
    if (!isMap(this.node)) return this.mistake(`must be a mapping, found ${this.found()}`);
    const found = new Map<string, Field>();
    for (const { key, value } of this.node.items) {
      const name = isScalar(key) ? String(key.value) : String(key);
      const path = this.path === '' ? name : `${this.path}.${name}`;
      found.set(
        name,
        new Field(this.source, path, (value ?? null) as Node | null, key as Node, this.#depth + 1),
      );
    }
    return found;
  }

  /**
   * The members of a mapping with a fixed set of names; any other name is a mistake.
   * @param advice what to write instead of a name that is none, where it is known better than by likeness
   */
  fields<const K extends string>(
    names: readonly K[],
    advice?: (name: string) => string | undefined,
  ): Partial<Record<K, Field>> | undefined {
    const members = this.members();
    if (!members) return undefined;
    const known: Partial<Record<K, Field>> = {};
    for (const [name, field] of members) {
      if ((names as readonly string[]).includes(name)) known[name as K] = field;
      else {
        const near = advice?.(name) ?? didYouMean(name, names, this.source.synonyms);
        field.mistake(`is not a key here${near}`, 'key');
      }
    }
    return known;
  }

  /** The items of a list. */
  items(): Field[] | undefined {
    if (!isSeq(this.node)) return this.mistake(`must be a list, found ${this.found()}`);
    return this.node.items.map(
      (item, i) => new Field(this.source, `${this.path}[${i}]`, item as Node, null, this.#depth + 1),
    );
  }

  /** Non-empty text. */
  text(): string | undefined {
    const written = this.written;
    return written === undefined || written === ''
      ? this.mistake(`must be text, found ${this.found()}`)
      : written;
  }

  integer(range: { min: number; max: number }): number | undefined {
    const value = this.scalar;
    if (typeof value === 'number' && Number.isInteger(value) && value >= range.min && value <= range.max)
      return value;
    return this.mistake(`must be a whole number from ${range.min} to ${range.max}, found ${this.found()}`);
  }

  flag(): boolean | undefined {
    const value = this.scalar;
    return typeof value === 'boolean' ? value : this.mistake(`must be true or false, found ${this.found()}`);
  }

  /** Milliseconds. */
  duration(range: { min?: number; max: number; says: string }): number | undefined {
    const ms = parseDuration(this.written ?? '');
    if (ms === undefined) {
      const number = typeof this.scalar === 'number' ? `; did you mean ${this.scalar}s?` : '';
      return this.mistake(`must be a duration such as 500ms, 10s or 2m, found ${this.found()}${number}`);
    }
    if (ms > range.max || ms < (range.min ?? 0))
      return this.mistake(`must be ${range.says}, found ${this.found()}`);
    return ms;
  }

  choice<const T extends string>(choices: readonly T[]): T | undefined {
    const value = this.written ?? '';
    const chosen = choices.find((choice) => choice === value);
    if (chosen !== undefined) return chosen;
    return this.mistake(
      `must be one of ${choices.join(', ')}, found ${this.found()}${didYouMean(value, choices, this.source.synonyms)}`,
    );
  }
}

/** `; did you mean "x"?`, or the words that there are, or nothing where there are too many to list. */
export function didYouMean(
  typed: string,
  words: readonly string[],
  synonyms?: Readonly<Record<string, string>>,
): string {
  const near = nearest(typed, words, synonyms);
  if (near !== undefined) return `; did you mean \`${near}\`?`;
  return words.length <= 24 ? `; the keys are ${words.join(', ')}` : '';
}

/** `source` is the text of a plain scalar before YAML made a number or a boolean of it. */
function scalarText(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}
