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
  /** CallerReference; default is the bucket's name. */
  readonly reference?: string | undefined;
  readonly originPath?: string | undefined;
  readonly functions?: FunctionAssociation[];
  readonly errorPages?: CustomErrorResponse[];
  readonly aliases?: readonly string[] | undefined;
  /** ARN of the certificate that is for the aliases. */
  readonly certificate?: string | undefined;
  /** Paths that another host answers for. */
  readonly behaviors?: ReadonlyArray<{ readonly path: string; readonly host: string }> | undefined;
}): DistributionConfig;
/** A bucket policy, as JSON. */
export function cdnReads(bucket: string, ...distributions: readonly string[]): string;
