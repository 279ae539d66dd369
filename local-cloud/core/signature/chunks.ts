import { createHash, type Hash, type KeyObject } from 'node:crypto';
import { CloudFault } from '../fault.ts';
import { type Scope, scopeText, sha256, sign } from './canonical.ts';

const EMPTY = sha256('');

/**
 * The signatures of an `aws-chunked` body, each of which signs a chunk and the signature before it:
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and …/sigv4-streaming-trailers.html
 */
export class ChunkSignatures {
  readonly #key: KeyObject;
  readonly #scope: string;
  readonly #time: string;
  /** A trailer with a signature of its own must come. */
  readonly trailer: boolean;
  #previous: string;
  #hash: Hash = createHash('sha256');

  constructor(key: KeyObject, scope: Scope, time: string, seed: string, trailer: boolean) {
    this.#key = key;
    this.#scope = scopeText(scope);
    this.#time = time;
    this.#previous = seed;
    this.trailer = trailer;
  }

  /** @param payload the word for the body's hash; `undefined` for a body whose chunks are not signed */
  static of(
    payload: string,
    key: KeyObject,
    claim: Scope & { readonly time: string; readonly signature: string },
  ): ChunkSignatures | undefined {
    if (!payload.startsWith('STREAMING-AWS4-HMAC-SHA256-PAYLOAD')) return undefined;
    return new ChunkSignatures(key, claim, claim.time, claim.signature, payload.endsWith('-TRAILER'));
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  /** Ends a chunk, the empty last one too. @throws CloudFault SignatureDoesNotMatch */
  chunk(signature: string | undefined): void {
    const hash = this.#hash.digest('hex');
    this.#hash = createHash('sha256');
    this.#check('AWS4-HMAC-SHA256-PAYLOAD', [EMPTY, hash], signature);
  }

  /** @param trailers as they came, without their signature; names in lower case */
  end(trailers: Readonly<Record<string, string>>, signature: string | undefined): void {
    const lines = Object.keys(trailers)
      .sort()
      .map((name) => `${name}:${trailers[name]}\n`);
    this.#check('AWS4-HMAC-SHA256-TRAILER', [sha256(lines.join(''))], signature);
  }

  #check(algorithm: string, hashes: readonly string[], signature: string | undefined): void {
    const text = [algorithm, this.#time, this.#scope, this.#previous, ...hashes].join('\n');
    const wanted = sign(this.#key, text);
    if (wanted !== signature) {
      throw new CloudFault(
        'SignatureDoesNotMatch',
        'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
        403,
        { StringToSign: text, SignatureProvided: signature ?? '' },
      );
    }
    this.#previous = wanted;
  }
}
