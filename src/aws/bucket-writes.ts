import { GetBucketEncryptionCommand, type S3Client, type ServerSideEncryption } from '@aws-sdk/client-s3';
import { homeOf } from './bucket-region.ts';
import { readAwsError } from './errors.ts';
import type { Encryption, WriteHeaders } from './write-headers.ts';

/**
 * What every write to one bucket carries besides its own headers. A policy may deny what does not name its encryption
 * (https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingServerSideEncryption.html): a write that is denied is sent
 * again with the encryption that the bucket has by default, or that an object has which was read from it; from then on all
 * are. Nothing is asked for before a write is denied.
 */
export class BucketWrites {
  readonly #client: S3Client;
  readonly #bucket: string;
  #headers: WriteHeaders = {};
  #seen: Encryption | undefined;
  #default: Promise<Encryption | undefined> | undefined;

  constructor(client: S3Client, bucket: string) {
    this.#client = client;
    this.#bucket = bucket;
  }

  /** From now on every write carries these. */
  carry(headers: WriteHeaders): void {
    this.#headers = { ...this.#headers, ...headers };
  }

  /** What an object that was read is encrypted with. */
  saw(algorithm: string | undefined, key: string | undefined): void {
    if (isAlgorithm(algorithm)) this.#seen = { algorithm, key };
  }

  /** @throws what the first attempt throws, where another encryption does not help */
  async write<T>(send: (headers: WriteHeaders) => Promise<T>): Promise<T> {
    const headers = this.#headers;
    try {
      return await send(headers);
    } catch (error) {
      if (readAwsError(error).code !== 'AccessDenied' || headers.encryption) throw error;
      this.#default ??= this.#readDefault();
      const encryption = (await this.#default) ?? this.#seen;
      if (!encryption) throw error;
      let answer: T;
      try {
        answer = await send({ ...headers, encryption });
      } catch (second) {
        // That it was denied is what the person is told, unless it is something else now.
        throw readAwsError(second).code === 'AccessDenied' ? error : second;
      }
      this.#headers = { ...this.#headers, encryption };
      return answer;
    }
  }

  /** `undefined` where it may not be read (s3:GetEncryptionConfiguration), or the server does not know it. */
  async #readDefault(): Promise<Encryption | undefined> {
    try {
      const command = new GetBucketEncryptionCommand({ Bucket: this.#bucket });
      const { ServerSideEncryptionConfiguration: found } = await homeOf(this.#client, this.#bucket).send(
        (at) => at.send(command),
      );
      const rule = found?.Rules?.[0]?.ApplyServerSideEncryptionByDefault;
      const algorithm = rule?.SSEAlgorithm;
      return isAlgorithm(algorithm) ? { algorithm, key: rule?.KMSMasterKeyID } : undefined;
    } catch {
      return undefined;
    }
  }
}

const ALGORITHMS: ReadonlySet<string> = new Set(['AES256', 'aws:kms', 'aws:kms:dsse']);
const isAlgorithm = (text: string | ServerSideEncryption | undefined): text is Encryption['algorithm'] =>
  text !== undefined && ALGORITHMS.has(text);

const known = new WeakMap<S3Client, Map<string, BucketWrites>>();

/** One for each client and bucket, whatever stores are opened on them. */
export function writesOf(client: S3Client, bucket: string): BucketWrites {
  const ofClient = known.get(client) ?? new Map<string, BucketWrites>();
  known.set(client, ofClient);
  const writes = ofClient.get(bucket) ?? new BucketWrites(client, bucket);
  ofClient.set(bucket, writes);
  return writes;
}
