import type { CloudContext, CloudFault, CloudRequest } from '../../core/service.ts';
import type { ImageStore, Repository } from '../registry/store.ts';

/** A repository as operations name it. */
export interface Named {
  readonly repositoryName: string;
  readonly registryId?: string | undefined;
}

/** What the operations of this folder share. */
export interface Ecr {
  readonly context: CloudContext;
  readonly images: ImageStore;
  /** @throws RepositoryNotFoundException, also for the registry of another account */
  find(input: Named, request: CloudRequest): Repository;
  arn(repository: Repository): string;
  byArn(arn: string): Repository;
  refuse(code: string, message: string): CloudFault;
}
