/**
 * CBOR (RFC 8949) as Smithy's RPC v2 protocol uses it: text keys, definite and indefinite lengths, tag 1 for times.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */

/** Thrown where bytes are not CBOR. */
export class CborError extends Error {}

export function decodeCbor(bytes: Uint8Array): unknown {
  const decoder = new Decoder(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  try {
    const value = decoder.value(0);
    if (!decoder.atEnd) throw new CborError('bytes after the value');
    return value;
  } catch (error) {
    if (error instanceof CborError) throw error;
    throw new CborError('the bytes end before the value does');
  }
}

const BREAK = Symbol('break');
const MAX_DEPTH = 64;

class Decoder {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get atEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  value(depth: number): unknown {
    const item = this.#item(depth);
    if (item === BREAK) throw new CborError('a break where a value belongs');
    return item;
  }

  #item(depth: number): unknown {
    if (depth > MAX_DEPTH) throw new CborError('nested too deep');
    const head = this.#bytes.readUInt8(this.#at++);
    const [major, info] = [head >> 5, head & 31];
    if (major === 7) return this.#simple(info);
    const length = this.#length(info);
    switch (major) {
      case 0:
        return this.#whole(length);
      case 1:
        return -1 - this.#whole(length);
      case 2:
        return this.#chunks(length, 2);
      case 3:
        return this.#chunks(length, 3).toString('utf8');
      case 4:
        return this.#list(length, depth);
      case 5:
        return this.#map(length, depth);
      default:
        return this.#tagged(length, depth);
    }
  }

  #whole(length: number | undefined): number {
    if (length === undefined) throw new CborError('an integer of no length');
    return length;
  }

  /** `undefined`: indefinite. */
  #length(info: number): number | undefined {
    if (info < 24) return info;
    if (info === 24) return this.#bytes.readUInt8(this.#skip(1));
    if (info === 25) return this.#bytes.readUInt16BE(this.#skip(2));
    if (info === 26) return this.#bytes.readUInt32BE(this.#skip(4));
    if (info === 27) return Number(this.#bytes.readBigUInt64BE(this.#skip(8)));
    if (info === 31) return undefined;
    throw new CborError('a reserved length');
  }

  /** @returns where the skipped bytes are */
  #skip(count: number): number {
    const at = this.#at;
    this.#at += count;
    return at;
  }

  #simple(info: number): unknown {
    if (info === 20 || info === 21) return info === 21;
    if (info === 22 || info === 23) return info === 22 ? null : undefined;
    if (info === 25) return halfFloat(this.#bytes.readUInt16BE(this.#skip(2)));
    if (info === 26) return this.#bytes.readFloatBE(this.#skip(4));
    if (info === 27) return this.#bytes.readDoubleBE(this.#skip(8));
    if (info === 31) return BREAK;
    throw new CborError('an unknown simple value');
  }

  #chunks(length: number | undefined, major: number): Buffer {
    if (length !== undefined) {
      if (this.#at + length > this.#bytes.length) throw new CborError('the bytes end inside a string');
      const chunk = this.#bytes.subarray(this.#at, this.#at + length);
      this.#at += length;
      return chunk;
    }
    const parts: Buffer[] = [];
    while (this.#bytes.readUInt8(this.#at) !== 0xff) {
      const head = this.#bytes.readUInt8(this.#at++);
      if (head >> 5 !== major) throw new CborError('a chunk of another type');
      parts.push(this.#chunks(this.#whole(this.#length(head & 31)), major));
    }
    this.#at++;
    return Buffer.concat(parts);
  }

  #list(length: number | undefined, depth: number): unknown[] {
    const items: unknown[] = [];
    while (length === undefined || items.length < length) {
      const item = this.#item(depth + 1);
      if (item === BREAK) {
        if (length === undefined) break;
        throw new CborError('a break in a list of known length');
      }
      items.push(item);
    }
    return items;
  }

  #map(length: number | undefined, depth: number): Record<string, unknown> {
    const members: Record<string, unknown> = {};
    for (let n = 0; length === undefined || n < length; n++) {
      const key = this.#item(depth + 1);
      if (key === BREAK && length === undefined) break;
      if (typeof key !== 'string') throw new CborError('a key that is not a text');
      members[key] = this.value(depth + 1);
    }
    return members;
  }

  #tagged(tag: number | undefined, depth: number): unknown {
    const value = this.value(depth + 1);
    return tag === 1 && typeof value === 'number' ? new Date(Math.round(value * 1000)) : value;
  }
}

function halfFloat(half: number): number {
  const [sign, exponent, fraction] = [half & 0x8000 ? -1 : 1, (half >> 10) & 31, half & 1023];
  if (exponent === 0) return sign * 2 ** -14 * (fraction / 1024);
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * 2 ** (exponent - 15) * (1 + fraction / 1024);
}

/** Members that are `undefined` are left out. Whole numbers are integers, others doubles; dates are tag 1. */
export function encodeCbor(value: unknown): Buffer {
  const parts: Uint8Array[] = [];
  encode(value, parts);
  return Buffer.concat(parts);
}

function head(major: number, length: number): Buffer {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 0x100) return Buffer.from([(major << 5) | 24, length]);
  if (length < 0x10000) return Buffer.from([(major << 5) | 25, length >> 8, length & 255]);
  if (length < 0x100000000) {
    const bytes = Buffer.alloc(5);
    bytes[0] = (major << 5) | 26;
    bytes.writeUInt32BE(length, 1);
    return bytes;
  }
  const bytes = Buffer.alloc(9);
  bytes[0] = (major << 5) | 27;
  bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

function double(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function encode(value: unknown, parts: Uint8Array[]): void {
  if (value === null || value === undefined) parts.push(Buffer.from([0xf6]));
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xf5 : 0xf4]));
  else if (typeof value === 'number') parts.push(encodeNumber(value));
  else if (typeof value === 'string') {
    const text = Buffer.from(value, 'utf8');
    parts.push(head(3, text.length), text);
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), value);
  else if (value instanceof Date) parts.push(head(6, 1), double(value.getTime() / 1000));
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) encode(item, parts);
  } else {
    const members = Object.entries(value as object).filter(([, item]) => item !== undefined);
    parts.push(head(5, members.length));
    for (const [key, item] of members) {
      encode(key, parts);
      encode(item, parts);
    }
  }
}

function encodeNumber(value: number): Buffer {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return double(value);
  return value >= 0 ? head(0, value) : head(1, -1 - value);
}
