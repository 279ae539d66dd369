import * as zlib from 'node:zlib';

/** A running checksum of 4 or 8 bytes, big-endian. */
export interface Crc {
  update(bytes: Uint8Array): void;
  digest(): Buffer;
}

function table32(polynomial: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, n) => {
    let crc = n;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ polynomial : crc >>> 1;
    return crc >>> 0;
  });
}

class Crc32 implements Crc {
  readonly #table: Uint32Array;
  #crc = 0xffffffff;

  constructor(table: Uint32Array) {
    this.#table = table;
  }

  update(bytes: Uint8Array): void {
    const table = this.#table;
    let crc = this.#crc;
    for (let i = 0; i < bytes.length; i++)
      crc = (crc >>> 8) ^ (table[(crc ^ (bytes[i] as number)) & 255] as number);
    this.#crc = crc;
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE((this.#crc ^ 0xffffffff) >>> 0);
    return out;
  }
}

/** Node's own where it has one (20.15, 22.2): ten times as fast. */
const nativeCrc32 = (zlib as { crc32?: (bytes: Uint8Array, crc?: number) => number }).crc32;

class NativeCrc32 implements Crc {
  #crc = 0;

  update(bytes: Uint8Array): void {
    this.#crc = nativeCrc32?.(bytes, this.#crc) ?? 0;
  }

  digest(): Buffer {
    const out = Buffer.alloc(4);
    out.writeUInt32BE(this.#crc >>> 0);
    return out;
  }
}

let ieee: Uint32Array | undefined;
let castagnoli: Uint32Array | undefined;

export function crc32(): Crc {
  if (nativeCrc32) return new NativeCrc32();
  ieee ??= table32(0xedb88320);
  return new Crc32(ieee);
}

export function crc32c(): Crc {
  castagnoli ??= table32(0x82f63b78);
  return new Crc32(castagnoli);
}

/** High and low halves of the 256 entries of CRC-64/NVME (reflected polynomial 9a6c9329ac4bc9b5). */
function table64(): { high: Uint32Array; low: Uint32Array } {
  const [high, low] = [new Uint32Array(256), new Uint32Array(256)];
  for (let n = 0; n < 256; n++) {
    let crc = BigInt(n);
    for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
    high[n] = Number(crc >> 32n);
    low[n] = Number(crc & 0xffffffffn);
  }
  return { high, low };
}

let nvme: ReturnType<typeof table64> | undefined;

class Crc64 implements Crc {
  readonly #table: ReturnType<typeof table64>;
  #high = 0xffffffff;
  #low = 0xffffffff;

  constructor(table: ReturnType<typeof table64>) {
    this.#table = table;
  }

  update(bytes: Uint8Array): void {
    const { high: tableHigh, low: tableLow } = this.#table;
    let [high, low] = [this.#high, this.#low];
    for (let i = 0; i < bytes.length; i++) {
      const at = (low ^ (bytes[i] as number)) & 255;
      low = ((low >>> 8) | (high << 24)) ^ (tableLow[at] as number);
      high = (high >>> 8) ^ (tableHigh[at] as number);
    }
    this.#high = high;
    this.#low = low;
  }

  digest(): Buffer {
    const out = Buffer.alloc(8);
    out.writeUInt32BE(~this.#high >>> 0, 0);
    out.writeUInt32BE(~this.#low >>> 0, 4);
    return out;
  }
}

export function crc64nvme(): Crc {
  nvme ??= table64();
  return new Crc64(nvme);
}
