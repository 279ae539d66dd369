/**
 * Shapes of an operation's input, checked as AWS checks them: a wrong JSON type is a serialization error at once; broken
 * constraints are collected, so that one answer names them all.
 */

export interface Violation {
  readonly path: string;
  readonly value: unknown;
  readonly constraint: string;
}

/** Thrown where a value has a type that its shape cannot take. */
export class WrongType extends Error {}

/** How values came: JSON and CBOR have types, the Query protocol has only texts. */
export interface Reading {
  readonly texts: boolean;
  readonly violations: Violation[];
}

export interface Shape<T> {
  read(value: unknown, path: string, reading: Reading): T;
}

/** A member that must be there. */
export interface Required<T> {
  readonly required: Shape<T>;
}

export const required = <T>(shape: Shape<T>): Required<T> => ({ required: shape });

type Members = Readonly<Record<string, Shape<unknown> | Required<unknown>>>;
type RequiredNames<M> = { [K in keyof M]: M[K] extends Required<unknown> ? K : never }[keyof M];
type ShapeOf<X> = X extends Required<infer T> ? T : X extends Shape<infer T> ? T : never;
/** The TypeScript type of a struct's members. */
export type Struct<M> = { readonly [K in RequiredNames<M>]: ShapeOf<M[K]> } & {
  readonly [K in Exclude<keyof M, RequiredNames<M>>]?: ShapeOf<M[K]> | undefined;
};
/** The TypeScript type that a shape reads. */
export type Read<S> = S extends Shape<infer T> ? T : never;

function nameOf(value: unknown): string {
  if (Array.isArray(value)) return 'START_ARRAY';
  if (value === null) return 'NULL_VALUE';
  return typeof value === 'object' ? 'START_OBJECT' : `${(typeof value).toUpperCase()}_VALUE`;
}

const wrong = (value: unknown, wanted: string, path: string) =>
  new WrongType(`${nameOf(value)} can not be converted to ${wanted}${path ? ` at '${path}'` : ''}`);

export interface StringRules {
  readonly min?: number;
  readonly max?: number;
  readonly pattern?: RegExp;
  readonly values?: readonly string[];
}

export function str(rules: StringRules = {}): Shape<string> {
  return {
    read(value, path, reading) {
      if (typeof value !== 'string') throw wrong(value, 'a String', path);
      const broken = brokenRule(value, rules);
      if (broken) reading.violations.push({ path, value, constraint: broken });
      return value;
    },
  };
}

/** One of these values. */
export function oneOf<const V extends string>(...values: readonly V[]): Shape<V> {
  return str({ values }) as Shape<V>;
}

function brokenRule(value: string, rules: StringRules): string | undefined {
  if (rules.min !== undefined && value.length < rules.min)
    return `Member must have length greater than or equal to ${rules.min}`;
  if (rules.max !== undefined && value.length > rules.max)
    return `Member must have length less than or equal to ${rules.max}`;
  if (rules.values && !rules.values.includes(value))
    return `Member must satisfy enum value set: [${rules.values.join(', ')}]`;
  if (rules.pattern && !rules.pattern.test(value))
    return `Member must satisfy regular expression pattern: ${rules.pattern.source}`;
  return undefined;
}

export interface NumberRules {
  readonly min?: number;
  readonly max?: number;
}

function number(rules: NumberRules, whole: boolean): Shape<number> {
  return {
    read(value, path, reading) {
      const n = reading.texts && typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
      if (typeof n !== 'number' || Number.isNaN(n) || (whole && !Number.isInteger(n)))
        throw wrong(value, whole ? 'an Integer' : 'a Double', path);
      if (rules.min !== undefined && n < rules.min)
        reading.violations.push({
          path,
          value,
          constraint: `Member must have value greater than or equal to ${rules.min}`,
        });
      if (rules.max !== undefined && n > rules.max)
        reading.violations.push({
          path,
          value,
          constraint: `Member must have value less than or equal to ${rules.max}`,
        });
      return n;
    },
  };
}

export const int = (rules: NumberRules = {}): Shape<number> => number(rules, true);
export const num = (rules: NumberRules = {}): Shape<number> => number(rules, false);

export const bool = (): Shape<boolean> => ({
  read(value, path, reading) {
    const b = reading.texts && (value === 'true' || value === 'false') ? value === 'true' : value;
    if (typeof b !== 'boolean') throw wrong(value, 'a Boolean', path);
    return b;
  },
});

/** A time: epoch seconds (JSON), a date (CBOR), or ISO 8601 (Query; JSON tolerates it). */
export const time = (): Shape<Date> => ({
  read(value, path) {
    const date =
      value instanceof Date
        ? value
        : typeof value === 'number'
          ? new Date(value * 1000)
          : new Date(typeof value === 'string' ? value : Number.NaN);
    if (Number.isNaN(date.getTime())) throw wrong(value, 'a Timestamp', path);
    return date;
  },
});

export const blob = (): Shape<Uint8Array> => ({
  read(value, path) {
    if (value instanceof Uint8Array) return value;
    if (typeof value !== 'string') throw wrong(value, 'a Blob', path);
    return Buffer.from(value, 'base64');
  },
});

/** Taken as it is. */
export const any = (): Shape<unknown> => ({ read: (value) => value });

export function list<T>(of: Shape<T>, rules: NumberRules = {}): Shape<T[]> {
  return {
    read(value, path, reading) {
      const items = reading.texts && value === '' ? [] : value;
      if (!Array.isArray(items)) throw wrong(value, 'a List', path);
      const size = rules.min !== undefined && items.length < rules.min ? 'greater' : 'less';
      if (items.length < (rules.min ?? 0) || items.length > (rules.max ?? Number.POSITIVE_INFINITY))
        reading.violations.push({
          path,
          value: `[${items.length} members]`,
          constraint: `Member must have length ${size} than or equal to ${size === 'greater' ? rules.min : rules.max}`,
        });
      return items.map((item, i) => of.read(item, `${path}.${i + 1}.member`, reading));
    },
  };
}

export function map<T>(of: Shape<T>): Shape<Record<string, T>> {
  return {
    read(value, path, reading) {
      if (!isObject(value)) throw wrong(value, 'a Map', path);
      return Object.fromEntries(
        Object.entries(value).map(([key, item]) => [key, of.read(item, `${path}.${key}`, reading)]),
      );
    },
  };
}

/** Members that are not named are ignored, as AWS does; `null` is as if it were left out. */
export function struct<const M extends Members>(members: M): Shape<Struct<M>> {
  return {
    read(value, path, reading) {
      if (!isObject(value)) throw wrong(value, 'an Object', path);
      const result: Record<string, unknown> = {};
      for (const [name, member] of Object.entries(members)) {
        const at = path ? `${path}.${lowerFirst(name)}` : lowerFirst(name);
        const item = value[name];
        if (item !== undefined && item !== null) {
          result[name] = ('required' in member ? member.required : member).read(item, at, reading);
        } else if ('required' in member) {
          reading.violations.push({ path: at, value: null, constraint: 'Member must not be null' });
        }
      }
      return result as Struct<M>;
    },
  };
}

const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * AWS's sentence for all that is wrong with an input.
 * @param untold members whose values it does not tell
 */
export function violationText(violations: readonly Violation[], untold: readonly string[] = []): string {
  const all = violations.map(({ path, value, constraint }) => {
    const text = value === null ? 'null' : `'${typeof value === 'string' ? value : JSON.stringify(value)}'`;
    const told = untold.includes(path) ? '' : ` ${text}`;
    return `Value${told} at '${path}' failed to satisfy constraint: ${constraint}`;
  });
  return `${all.length} validation error${all.length === 1 ? '' : 's'} detected: ${all.join('; ')}`;
}
