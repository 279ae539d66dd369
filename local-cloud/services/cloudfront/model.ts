import { randomBytes } from 'node:crypto';
import { CloudFault, type CloudRequest } from '../../core/service.ts';
import type { XmlNode } from '../../core/xml.ts';
import type { Edge } from './cdn/edge.ts';
import type { DistributionConfig } from './config.ts';

export const NAMESPACE = 'http://cloudfront.amazonaws.com/doc/2020-05-31/';

export interface Invalidation {
  readonly id: string;
  readonly reference: string;
  readonly paths: readonly string[];
  readonly created: number;
  /** When it completes; never, where a fault made it stuck. */
  readonly ends: number;
  status: 'InProgress' | 'Completed';
}

export interface Distribution {
  readonly id: string;
  readonly arn: string;
  etag: string;
  modified: number;
  /** When what was last changed is said to be deployed. */
  deployed: number;
  document: XmlNode;
  config: DistributionConfig;
  tags: Record<string, string>;
  /** Newest first. */
  readonly invalidations: Invalidation[];
  /** The CDN listens here; kept over a restart where the port is free. */
  port: number;
  readonly edge: Edge;
}

export const domainOf = (distribution: Distribution): string => `127.0.0.1:${distribution.port}`;

export interface AccessControl {
  readonly id: string;
  etag: string;
  document: XmlNode;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';

/** `E` and 13 letters and digits, as ids and entity tags look; invalidations begin with `I`. */
export function newId(first: 'E' | 'I' = 'E'): string {
  return first + [...randomBytes(13)].map((byte) => LETTERS[byte % LETTERS.length]).join('');
}

/** @throws CloudFault InvalidIfMatchVersion, PreconditionFailed */
export function checkVersion(request: CloudRequest, etag: string): void {
  const match = request.headers['if-match']?.replaceAll('"', '');
  if (match === undefined || match === '') {
    throw new CloudFault(
      'InvalidIfMatchVersion',
      'The If-Match version is missing or not valid for the resource.',
      400,
    );
  }
  if (match !== etag) {
    throw new CloudFault(
      'PreconditionFailed',
      "The request failed because it didn't meet the preconditions in one or more request-header fields.",
      412,
    );
  }
}
