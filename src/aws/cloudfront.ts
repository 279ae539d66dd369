import {
  CloudFrontClient,
  CreateInvalidationCommand,
  type DistributionConfig,
  GetDistributionCommand,
  GetInvalidationCommand,
} from '@aws-sdk/client-cloudfront';
import type { Usage } from './bulk-store.ts';
import { clientConfig } from './config.ts';
import { countRequests } from './site-clients.ts';

/** What a deployment needs to know of a distribution. */
export interface Distribution {
  readonly id: string;
  /** `d111111abcdef8.cloudfront.net`. */
  readonly domain: string;
  readonly enabled: boolean;
  readonly defaultRootObject: string;
  readonly origins: ReadonlyArray<{ readonly domain: string; readonly path: string }>;
  /** Error codes that are answered with a page of their own, and the status that viewers see. */
  readonly errorPages: ReadonlyArray<{
    readonly code: number;
    readonly page: string;
    readonly answeredAs: number;
  }>;
}

export type InvalidationStatus = 'InProgress' | 'Completed' | (string & {});

/** One CloudFront distribution. All methods reject with the SDK's error, after its retries. */
export interface Cdn {
  readonly id: string;
  describe(): Promise<Distribution>;
  /** The same reference with the same paths is the same invalidation. */
  invalidate(
    reference: string,
    paths: readonly string[],
  ): Promise<{ readonly id: string; readonly status: InvalidationStatus }>;
  invalidation(id: string): Promise<InvalidationStatus>;
}

/** CloudFront is one service for the world; its API is signed for us-east-1 unless the environment says otherwise. */
export function cloudFront(distributionId: string, usage: Usage): Cdn {
  const client = new CloudFrontClient(clientConfig());
  countRequests(client.middlewareStack, usage);
  return {
    id: distributionId,
    async describe() {
      const answer = await client.send(new GetDistributionCommand({ Id: distributionId }));
      const found = answer.Distribution;
      return {
        id: distributionId,
        domain: found?.DomainName ?? '',
        ...readConfig(found?.DistributionConfig),
      };
    },
    async invalidate(reference, paths) {
      const answer = await client.send(
        new CreateInvalidationCommand({
          DistributionId: distributionId,
          InvalidationBatch: {
            CallerReference: reference,
            Paths: { Quantity: paths.length, Items: [...paths] },
          },
        }),
      );
      return { id: answer.Invalidation?.Id ?? '', status: answer.Invalidation?.Status ?? 'InProgress' };
    },
    async invalidation(id) {
      const answer = await client.send(
        new GetInvalidationCommand({ DistributionId: distributionId, Id: id }),
      );
      return answer.Invalidation?.Status ?? 'InProgress';
    },
  };
}

function readConfig(config: DistributionConfig | undefined): Omit<Distribution, 'id' | 'domain'> {
  return {
    enabled: config?.Enabled ?? true,
    defaultRootObject: config?.DefaultRootObject ?? '',
    origins: (config?.Origins?.Items ?? []).map((origin) => ({
      domain: origin.DomainName ?? '',
      path: origin.OriginPath ?? '',
    })),
    errorPages: (config?.CustomErrorResponses?.Items ?? []).map((page) => ({
      code: page.ErrorCode ?? 0,
      page: page.ResponsePagePath ?? '',
      answeredAs: Number(page.ResponseCode) || (page.ErrorCode ?? 0),
    })),
  };
}
