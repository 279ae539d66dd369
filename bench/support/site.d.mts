import type {
  CustomErrorResponse,
  DistributionConfig,
  FunctionAssociation,
  OriginAccessControlConfig,
} from '@aws-sdk/client-cloudfront';

export function originAccess(bucket: string): OriginAccessControlConfig;
export function siteDistribution(site: {
  readonly bucket: string;
  readonly originAccessId: string;
  readonly originPath?: string | undefined;
  readonly functions?: FunctionAssociation[];
  readonly errorPages?: CustomErrorResponse[];
}): DistributionConfig;
/** A bucket policy, as JSON. */
export function cdnReads(bucket: string, distribution: string): string;
