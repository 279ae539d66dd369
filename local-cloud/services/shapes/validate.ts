import {
  blob,
  isObject,
  type Reading,
  type Shape,
  time,
  type Violation,
  WrongType,
} from '../../core/shape.ts';

/** One shape of a service's model: a structure, list, map, or scalar with its limits. */
export interface Modelled {
  readonly t: 'struct' | 'list' | 'map' | 'str' | 'int' | 'num' | 'bool' | 'time' | 'blob';
  /** Members of a structure by name, and which are required. */
  readonly m?: Readonly<Record<string, string>>;
  readonly r?: readonly string[];
  readonly of?: string;
  /** Name of a list's elements in XML. */
  readonly x?: string;
  readonly k?: string;
  readonly v?: string;
  readonly e?: readonly string[];
  readonly p?: string;
  readonly min?: number;
  readonly max?: number;
}

/** Input shape of every operation that is offered, and the shapes they reach. */
export interface Model {
  readonly operations: ReadonlyMap<string, string>;
  readonly shapes: ReadonlyMap<string, Modelled>;
}

/** Reads a table of this folder: the operations on the first line, then `Name {shape}` a line. */
export function readModel(text: string): Model {
  const [operations = '{}', ...lines] = text.split('\n');
  return {
    operations: new Map(Object.entries(JSON.parse(operations) as Record<string, string>)),
    shapes: new Map(
      lines.map((line) => {
        const gap = line.indexOf(' ');
        return [line.slice(0, gap), JSON.parse(line.slice(gap)) as Modelled];
      }),
    ),
  };
}

/**
 * The shape of an operation's input by the model: types, required members, enumerations, lengths, ranges, patterns.
 * Members that the model does not know are dropped, as AWS ignores them; times become epoch seconds.
 * @param skip shapes whose pattern does not count here (an image of the local registry is no `*.dkr.ecr.*` one)
 */
export function inputShape(model: Model, operation: string, skip: readonly string[] = []): Shape<unknown> {
  const name = model.operations.get(operation);
  if (name === undefined) throw new Error(`the model has no operation ${operation}`);
  return {
    read: (value, path, reading) =>
      name ? read({ model, skip, reading, violations: reading.violations }, name, value, path) : {},
  };
}

/** Where broken limits are noted, and the shapes whose pattern does not count. */
interface Limits {
  readonly violations: Violation[];
  readonly skip?: readonly string[];
}

interface Walk extends Limits {
  readonly model: Model;
  readonly reading: Reading;
}

export const lowerFirst = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);

function read(walk: Walk, name: string, value: unknown, path: string): unknown {
  const shape = walk.model.shapes.get(name);
  if (!shape) return value;
  switch (shape.t) {
    case 'struct':
      return readStruct(walk, shape, value, path);
    case 'list':
      return readList(walk, name, shape, value, path);
    case 'map':
      return readMap(walk, name, shape, value, path);
    case 'time':
      return time().read(value, path, walk.reading).getTime() / 1000;
    case 'blob':
      return limited(walk, name, shape, blob().read(value, path, walk.reading), path);
    default:
      return limited(walk, name, shape, scalar(walk, shape, value, path), path);
  }
}

function wrong(value: unknown, wanted: string, path: string): WrongType {
  const is = Array.isArray(value) ? 'START_ARRAY' : value === null ? 'NULL_VALUE' : typeof value;
  return new WrongType(`${is} can not be converted to ${wanted}${path ? ` at '${path}'` : ''}`);
}

function scalar(walk: Walk, shape: Modelled, value: unknown, path: string): unknown {
  const text = walk.reading.texts && typeof value === 'string';
  if (shape.t === 'str') {
    if (typeof value !== 'string') throw wrong(value, 'a String', path);
    return value;
  }
  if (shape.t === 'bool') {
    const flag = text && /^(true|false)$/.test(value) ? value === 'true' : value;
    if (typeof flag !== 'boolean') throw wrong(value, 'a Boolean', path);
    return flag;
  }
  const number = text && value.trim() !== '' ? Number(value) : value;
  if (typeof number !== 'number' || Number.isNaN(number) || (shape.t === 'int' && !Number.isInteger(number)))
    throw wrong(value, shape.t === 'int' ? 'an Integer' : 'a Double', path);
  return number;
}

function readStruct(walk: Walk, shape: Modelled, value: unknown, path: string): unknown {
  if (!isObject(value)) throw wrong(value, 'an Object', path);
  const result: Record<string, unknown> = {};
  for (const [member, of] of Object.entries(shape.m ?? {})) {
    const at = path ? `${path}.${lowerFirst(member)}` : lowerFirst(member);
    const item = value[member];
    if (item !== undefined && item !== null) result[member] = read(walk, of, item, at);
    else if (shape.r?.includes(member))
      walk.reading.violations.push({ path: at, value: null, constraint: 'Member must not be null' });
  }
  return result;
}

function readList(walk: Walk, name: string, shape: Modelled, value: unknown, path: string): unknown {
  const items = walk.reading.texts && value === '' ? [] : value;
  if (!Array.isArray(items)) throw wrong(value, 'a List', path);
  limited(walk, name, shape, items, path);
  return items.map((item, i) => read(walk, shape.of ?? '', item, `${path}.${i + 1}.member`));
}

function readMap(walk: Walk, name: string, shape: Modelled, value: unknown, path: string): unknown {
  if (!isObject(value)) throw wrong(value, 'a Map', path);
  limited(walk, name, shape, value, path);
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => {
      read(walk, shape.k ?? '', key, `${path}.${key}.key`);
      return [key, read(walk, shape.v ?? '', item, `${path}.${key}.value`)];
    }),
  );
}

/** Notes every limit that the value breaks, and gives it back. */
export function limited(walk: Limits, name: string, shape: Modelled, value: unknown, path: string): unknown {
  const bad = (constraint: string) => walk.violations.push({ path, value, constraint });
  const size = typeof value === 'number' ? value : sizeOf(value);
  const what = typeof value === 'number' ? 'value' : 'length';
  if (shape.min !== undefined && size < shape.min)
    bad(`Member must have ${what} greater than or equal to ${shape.min}`);
  if (shape.max !== undefined && size > shape.max)
    bad(`Member must have ${what} less than or equal to ${shape.max}`);
  if (shape.e && !shape.e.includes(value as string))
    bad(`Member must satisfy enum value set: [${shape.e.join(', ')}]`);
  if (shape.p && !walk.skip?.includes(name) && !matches(shape.p, value as string))
    bad(`Member must satisfy regular expression pattern: ${shape.p}`);
  return value;
}

function sizeOf(value: unknown): number {
  if (typeof value === 'string' || Array.isArray(value)) return value.length;
  if (value instanceof Uint8Array) return value.byteLength;
  return isObject(value) ? Object.keys(value).length : 0;
}

const compiled = new Map<string, RegExp>();

/** Java's POSIX classes, as ranges for the inside of a bracket. */
const JAVA_CLASSES: Readonly<Record<string, string>> = {
  '\\p{Alnum}': 'a-zA-Z0-9',
  '\\p{Punct}': '!-\\/:-@\\[-`\\{-~',
  '\\p{Print}': '\\x20-\\x7e',
  '\\p{Graph}': '\\x21-\\x7e',
};

function javaClasses(text: string, wrap: (ranges: string) => string): string {
  return Object.entries(JAVA_CLASSES).reduce(
    (now, [name, ranges]) => now.replaceAll(name, () => wrap(ranges)),
    text,
  );
}

/** The models' patterns are Java's and must match the whole value. */
function matches(pattern: string, value: string): boolean {
  let regex = compiled.get(pattern);
  if (!regex) {
    const plain = pattern
      .replace(/\[(?:[^\]\\]|\\.)*\]/g, (group) => javaClasses(group, (ranges) => ranges))
      .replace(/\\p\{\w+\}/g, (name) => javaClasses(name, (ranges) => `[${ranges}]`));
    regex = compile(plain);
    compiled.set(pattern, regex);
  }
  return regex.test(value);
}

function compile(pattern: string): RegExp {
  for (const flags of ['u', '']) {
    try {
      return new RegExp(`^(?:${pattern})$`, flags);
    } catch {
      // Java allows escapes that `u` refuses; without it they mean the same.
    }
  }
  return /^/;
}
