import type { CloudContext, CloudFault, CloudRequest } from '../../core/service.ts';
import type { ImageStore, Repository } from '../registry/store.ts';

/** What the operations of this folder share. */
export interface Ecr {
  readonly context: CloudContext;
  readonly images: ImageStore;
  /** @throws RepositoryNotFoundException */
  find(name: string, request: CloudRequest): Repository;
  arn(repository: Repository): string;
  byArn(arn: string): Repository;
  refuse(code: string, message: string): CloudFault;
}
