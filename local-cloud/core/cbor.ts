import { decode, encode, Token, Type } from 'cborg';

/**
 * CBOR (RFC 8949) as Smithy's RPC v2 protocol uses it: text keys, lists and maps of definite and indefinite length, tag 1
 * for times. A text or bytes in chunks, which no AWS client sends, are refused.
 * https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html
 */

/** Thrown where bytes are not CBOR, or hold what the protocol does not have (integers beyond 2^53, other tags). */
export class CborError extends Error {}

const TIME = 1;

export function decodeCbor(bytes: Uint8Array): unknown {
  try {
    return decode(bytes, {
      allowBigInt: false,
      tags: {
        [TIME]: (content) => {
          const seconds = content();
          return typeof seconds === 'number' ? new Date(Math.round(seconds * 1000)) : seconds;
        },
      },
    });
  } catch (error) {
    throw new CborError((error as Error).message);
  }
}

/** Members that are `undefined` are left out. Whole numbers are integers, others doubles; dates are tag 1. */
export function encodeCbor(value: unknown): Buffer {
  const bytes = encode(value, {
    float64: true,
    ignoreUndefinedProperties: true,
    typeEncoders: {
      Date: (date: Date) => [new Token(Type.tag, TIME), new Token(Type.float, date.getTime() / 1000)],
    },
  });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
