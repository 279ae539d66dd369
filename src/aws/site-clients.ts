import { S3Client } from '@aws-sdk/client-s3';
import type { Clock } from '../runtime/clock.ts';
import { type BulkStore, Usage } from './bulk-store.ts';
import { type Cdn, cloudFront, cloudFrontEndpoint } from './cloudfront.ts';
import { clientConfig } from './config.ts';
import { countRequests } from './request-count.ts';
import { bulkStore } from './s3-bulk.ts';

/** Clients of one site: its bucket, the release bucket, its distributions, and the count of what they sent. */
export interface SiteClients {
  readonly live: BulkStore;
  readonly release: BulkStore;
  /** The distributions in front of it, in the order in which they were named. */
  readonly cdns: readonly Cdn[];
  readonly usage: Usage;
  close(): void;
}

export interface SiteClientOptions {
  readonly bucket: string;
  readonly releaseBucket: string;
  /** Ids. */
  readonly distributions?: readonly string[] | undefined;
  /** Connections to each bucket. */
  readonly connections: number;
  readonly clock: Clock;
  /** Asked for at each of the many requests. */
  signal?(): AbortSignal | undefined;
  readonly region?: string | undefined;
  /** One of `siteClient`, where the caller has it already, and lets go of it; else one of its own. */
  readonly client?: S3Client | undefined;
}

/** What finds the endpoint and the credentials for a site, and carries what is rare. */
export const siteClient = (region?: string): S3Client =>
  new S3Client({
    ...clientConfig({ region }),
    // S3 verifies the SHA-256 that signs each body: a second checksum would only be more work.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });

/** Connects; sends nothing yet. */
export async function siteClients(options: SiteClientOptions): Promise<SiteClients> {
  const usage = new Usage();
  const client = options.client ?? siteClient(options.region);
  countRequests(client, usage);
  const { clock, connections } = options;
  const signal = () => options.signal?.();
  const open = (bucket: string) => bulkStore(client, bucket, { clock, usage, connections, signal });
  const [live, release] = await Promise.all([open(options.bucket), open(options.releaseBucket)]);
  const openCdn = async (id: string) => {
    const { region, useFipsEndpoint, useDualstackEndpoint } = client.config;
    const wish = {
      region: await region(),
      fips: await useFipsEndpoint(),
      dualStack: await useDualstackEndpoint(),
    };
    const endpoint = cloudFrontEndpoint(process.env, wish);
    return cloudFront(id, { client, usage, clock, endpoint, region: wish.region, signal });
  };
  return {
    live,
    release,
    cdns: await Promise.all((options.distributions ?? []).map(openCdn)),
    usage,
    close: () => {
      live.close();
      release.close();
      if (!options.client) client.destroy();
    },
  };
}
