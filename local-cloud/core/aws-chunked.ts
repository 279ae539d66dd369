import { Transform, type TransformCallback } from 'node:stream';
import { CloudFault } from './service.ts';
import type { ChunkSignatures } from './signature/chunks.ts';

/**
 * Decodes the `aws-chunked` content encoding: `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailers>\r\n`
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and …-trailers.html), and verifies the
 * signatures of its chunks and trailers where they have some.
 */
export class AwsChunkedDecoder extends Transform {
  /** Names in lower case; complete at the end of the stream. */
  readonly trailers: Record<string, string>;
  readonly #signatures: ChunkSignatures | undefined;
  #buffer: Buffer = Buffer.alloc(0);
  #left = 0;
  /** Of the chunk that is being read. */
  #signature: string | undefined;
  #trailerSignature: string | undefined;
  #verified = false;
  #state: 'size' | 'data' | 'data-end' | 'trailers' | 'done' = 'size';

  constructor(trailers: Record<string, string> = {}, signatures?: ChunkSignatures) {
    super();
    this.trailers = trailers;
    this.#signatures = signatures;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#buffer = this.#buffer.length === 0 ? chunk : Buffer.concat([this.#buffer, chunk]);
    try {
      while (this.#step());
      done();
    } catch (error) {
      done(error as Error);
    }
  }

  override _flush(done: TransformCallback): void {
    // A last line without its line end is tolerated, as AWS does; an unfinished chunk is not.
    if (this.#state === 'trailers' || this.#state === 'done') {
      try {
        if (this.#state === 'trailers' && this.#buffer.length > 0)
          this.#trailer(this.#buffer.toString('latin1'));
        this.#verifyTrailers();
        done();
      } catch (error) {
        done(error as Error);
      }
    } else done(incomplete());
  }

  /** Once, when all trailers are known. */
  #verifyTrailers(): void {
    if (this.#verified) return;
    this.#verified = true;
    if (this.#signatures?.trailer) this.#signatures.end(this.trailers, this.#trailerSignature);
  }

  /** @returns true where another step may be possible with what is there */
  #step(): boolean {
    switch (this.#state) {
      case 'size':
        return this.#readSize();
      case 'data':
        return this.#readData();
      case 'data-end': {
        if (this.#buffer.length < 2) return false;
        if (this.#buffer.toString('latin1', 0, 2) !== '\r\n') throw incomplete();
        this.#buffer = this.#buffer.subarray(2);
        this.#state = 'size';
        return true;
      }
      case 'trailers': {
        const line = this.#line();
        if (line === undefined) return false;
        if (line === '') {
          this.#verifyTrailers();
          this.#state = 'done';
        } else this.#trailer(line);
        return true;
      }
      case 'done':
        return false;
    }
  }

  #readSize(): boolean {
    const line = this.#line();
    if (line === undefined) return false;
    const [, size, extension] = /^([0-9a-fA-F]{1,8})(?:;(.*))?$/.exec(line) ?? [];
    if (size === undefined) throw incomplete();
    this.#signature = /^chunk-signature=([0-9a-f]+)$/.exec(extension?.trim() ?? '')?.[1];
    this.#left = Number.parseInt(size, 16);
    this.#state = this.#left === 0 ? 'trailers' : 'data';
    if (this.#left === 0) this.#signatures?.chunk(this.#signature);
    return true;
  }

  #readData(): boolean {
    if (this.#buffer.length === 0) return false;
    const bytes = this.#buffer.subarray(0, this.#left);
    this.#signatures?.update(bytes);
    this.push(bytes);
    this.#buffer = this.#buffer.subarray(bytes.length);
    this.#left -= bytes.length;
    if (this.#left === 0) {
      this.#signatures?.chunk(this.#signature);
      this.#state = 'data-end';
    }
    return true;
  }

  #line(): string | undefined {
    const end = this.#buffer.indexOf('\r\n');
    if (end < 0) {
      if (this.#buffer.length > 8192) throw incomplete();
      return undefined;
    }
    const line = this.#buffer.toString('latin1', 0, end);
    this.#buffer = this.#buffer.subarray(end + 2);
    return line;
  }

  #trailer(line: string): void {
    const colon = line.indexOf(':');
    if (colon <= 0) return;
    const [name, value] = [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    if (name === 'x-amz-trailer-signature') this.#trailerSignature = value;
    else this.trailers[name] = value;
  }
}

const incomplete = () =>
  new CloudFault(
    'IncompleteBody',
    'The request body terminated unexpectedly, or its chunks are not well formed.',
  );
