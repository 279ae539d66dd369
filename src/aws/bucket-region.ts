import { S3Client } from '@aws-sdk/client-s3';
import { regionNamed } from './region-named.ts';
import { countAlike } from './request-count.ts';
import { Retries } from './sdk-retries.ts';

interface SdkError {
  readonly name?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

/** The region that an error of the SDK names. */
export function regionOfError(error: unknown): string | undefined {
  const { name = '', $metadata, $response } = (error ?? {}) as SdkError;
  const header = $response?.headers?.['x-amz-bucket-region'];
  return regionNamed({ status: $metadata?.httpStatusCode, code: name, header });
}

/**
 * The client that requests to one bucket go through. It is the caller's until S3 says that the bucket is in another region;
 * from then on it is one of that region. Nothing is asked for before.
 */
export class BucketHome {
  #client: S3Client;
  readonly #first: S3Client;

  constructor(client: S3Client) {
    this.#first = client;
    this.#client = client;
  }

  get client(): S3Client {
    return this.#client;
  }

  /**
   * Takes what an answer to a request through `sentBy` said.
   * @returns true where the request should be sent again, through another client than `sentBy`
   */
  async follow(sentBy: S3Client, region: string | undefined): Promise<boolean> {
    if (region === undefined) return false;
    // A server that sends us to where we are would send us there for ever.
    if ((await sentBy.config.region()) === region) return false;
    this.#client = await clientIn(this.#first, region);
    return true;
  }

  /** @throws what `send` throws, where no other region is named */
  async send<T>(send: (client: S3Client) => Promise<T>): Promise<T> {
    const client = this.#client;
    try {
      return await send(client);
    } catch (error) {
      if (!(await this.follow(client, regionOfError(error)))) throw error;
      return send(this.#client);
    }
  }
}

const homes = new WeakMap<S3Client, Map<string, BucketHome>>();

/** One for each client and bucket, whatever stores are opened on them. */
export function homeOf(client: S3Client, bucket: string): BucketHome {
  const ofClient = homes.get(client) ?? new Map<string, BucketHome>();
  homes.set(client, ofClient);
  const home = ofClient.get(bucket) ?? new BucketHome(client);
  ofClient.set(bucket, home);
  return home;
}

const siblings = new WeakMap<S3Client, Map<string, S3Client>>();

/** As `client`, for another region: the same credentials and connections, which end with those of `client`. */
async function clientIn(client: S3Client, region: string): Promise<S3Client> {
  if ((await client.config.region()) === region) return client;
  const ofClient = siblings.get(client) ?? new Map<string, S3Client>();
  siblings.set(client, ofClient);
  const sibling = ofClient.get(region) ?? makeSibling(client, region);
  ofClient.set(region, sibling);
  return sibling;
}

function makeSibling(client: S3Client, region: string): S3Client {
  const { config } = client;
  const sibling = new S3Client({
    region,
    credentials: config.credentials,
    requestHandler: config.requestHandler,
    ...(config.isCustomEndpoint && config.endpoint ? { endpoint: config.endpoint } : {}),
    forcePathStyle: config.forcePathStyle,
    useFipsEndpoint: config.useFipsEndpoint,
    useDualstackEndpoint: config.useDualstackEndpoint,
    requestChecksumCalculation: config.requestChecksumCalculation,
    responseChecksumValidation: config.responseChecksumValidation,
    maxAttempts: config.maxAttempts,
    retryStrategy: new Retries(config.maxAttempts),
    ...(config.customUserAgent ? { customUserAgent: config.customUserAgent } : {}),
  });
  countAlike(sibling, client);
  return sibling;
}
