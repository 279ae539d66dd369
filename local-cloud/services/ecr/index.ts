import { join } from 'node:path';
import { rpcService } from '../../core/rpc.ts';
import { type CloudContext, CloudFault, type CloudRequest, type Service } from '../../core/service.ts';
import { ImageStore, type Repository } from '../registry/store.ts';
import { issueToken } from '../registry/token.ts';
import { model } from '../shapes/ecr.ts';
import type { Inputs } from '../shapes/inputs/ecr.ts';
import { modelled } from '../shapes/modelled.ts';
import { page } from '../shapes/page.ts';
import type { Ecr } from './call.ts';
import { imageOperations } from './images.ts';
import { layerOperations } from './layers.ts';
import { policyOperations } from './policies.ts';

/** ECR's API; the registry beside it speaks the distribution protocol over the same store. */
export interface EcrService extends Service {
  readonly images: ImageStore;
  /** `127.0.0.1:4566/name`, as an image reference begins. */
  uriOf(repository: string): string;
}

export function ecrService(context: CloudContext): EcrService {
  const images = new ImageStore(join(context.dataDir, 'ecr'));
  const ecr = ecrOf(context, images);
  const rpc = rpcService({
    name: 'ecr',
    target: 'AmazonEC2ContainerRegistry_V20150921',
    jsonVersion: '1.1',
    invalidCode: 'InvalidParameterException',
    operations: modelled<Inputs>(
      model,
      { invalid: 'InvalidTagParameterException', tooMany: 'TooManyTagsException' },
      {
        ...repositoryOperations(ecr),
        ...imageOperations(ecr),
        ...layerOperations(ecr),
        ...policyOperations(ecr),
      },
    ),
  });
  return {
    ...rpc,
    images,
    uriOf: (repository) => `${new URL(context.endpoint()).host}/${repository}`,
    save: () => images.save(),
    load: (state) => images.load(state),
  };
}

function ecrOf(context: CloudContext, images: ImageStore): Ecr {
  const refuse = (code: string, message: string) => new CloudFault(code, message);
  const missing = (name: string, registry = context.account) =>
    refuse(
      'RepositoryNotFoundException',
      `The repository with name '${name}' does not exist in the registry with id '${registry}'`,
    );
  return {
    context,
    images,
    refuse,
    find({ repositoryName: name, registryId: registry = context.account }, request) {
      const repository = images.repository(request.region, name);
      if (!repository || registry !== context.account) throw missing(name, registry);
      return repository;
    },
    arn: (repository) => `arn:aws:ecr:${repository.region}:${context.account}:repository/${repository.name}`,
    byArn(arn) {
      const match = /^arn:aws:ecr:([^:]+):\d{12}:repository\/(.+)$/.exec(arn);
      if (!match) throw refuse('InvalidParameterException', `Invalid parameter at 'resourceArn': '${arn}'`);
      const repository = images.repository(match[1] ?? '', match[2] ?? '');
      if (!repository) throw missing(match[2] ?? '');
      return repository;
    },
  };
}

const named = (input: { readonly repositoryName: string }) => input.repositoryName;

function describe(ecr: Ecr, repository: Repository) {
  return {
    repositoryArn: ecr.arn(repository),
    registryId: ecr.context.account,
    repositoryName: repository.name,
    repositoryUri: `${new URL(ecr.context.endpoint()).host}/${repository.name}`,
    createdAt: new Date(repository.createdAt),
    imageTagMutability: repository.mutability,
    ...exclusions(repository),
    imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
    encryptionConfiguration: repository.encryption,
  };
}

function exclusions(repository: Repository) {
  if (repository.exclusions.length === 0) return {};
  return {
    imageTagMutabilityExclusionFilters: repository.exclusions.map((filter) => ({
      filterType: 'WILDCARD',
      filter,
    })),
  };
}

function repositoryOperations(ecr: Ecr) {
  const { images, context, refuse, find } = ecr;
  return {
    GetAuthorizationToken: {
      run: (_: Inputs['GetAuthorizationToken'], request: CloudRequest) => {
        const token = issueToken(context.keys, request.region, context.now());
        return {
          authorizationData: [
            {
              authorizationToken: Buffer.from(`AWS:${token.password}`).toString('base64'),
              expiresAt: new Date(token.expiresAt),
              proxyEndpoint: context.endpoint(),
            },
          ],
        };
      },
    },
    CreateRepository: {
      resource: named,
      run: (input: Inputs['CreateRepository'], request: CloudRequest) => {
        if (images.repository(request.region, input.repositoryName))
          throw refuse(
            'RepositoryAlreadyExistsException',
            `The repository with name '${input.repositoryName}' already exists in the registry with id '${context.account}'`,
          );
        const repository: Repository = {
          name: input.repositoryName,
          region: request.region,
          createdAt: context.now(),
          mutability: input.imageTagMutability ?? 'MUTABLE',
          exclusions: filters(input),
          scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
          encryption: input.encryptionConfiguration ?? { encryptionType: 'AES256' },
          resourceTags: tagMap(input.tags ?? []),
          manifests: {},
          tags: {},
          blobs: {},
          scans: {},
        };
        checkExclusions(ecr, repository);
        images.add(repository);
        return { repository: describe(ecr, repository) };
      },
    },
    DescribeRepositories: {
      resource: (input: Inputs['DescribeRepositories']) => input.repositoryNames?.join(','),
      run: (input: Inputs['DescribeRepositories'], request: CloudRequest) => {
        const all = input.repositoryNames
          ? input.repositoryNames.map((repositoryName) => find({ ...input, repositoryName }, request))
          : images.repositories(request.region);
        const { items, next } = page<Repository>(all, input.nextToken, input.maxResults ?? 100);
        return { repositories: items.map((r) => describe(ecr, r)), nextToken: next };
      },
    },
    DeleteRepository: {
      resource: named,
      run: (input: Inputs['DeleteRepository'], request: CloudRequest) => {
        const repository = find(input, request);
        if (!input.force && Object.keys(repository.manifests).length > 0)
          throw refuse(
            'RepositoryNotEmptyException',
            `The repository with name '${repository.name}' in registry with id '${context.account}' cannot be deleted because it still contains images`,
          );
        images.remove(repository);
        return { repository: describe(ecr, repository) };
      },
    },
    PutImageTagMutability: {
      resource: named,
      run: (input: Inputs['PutImageTagMutability'], request: CloudRequest) => {
        const repository = find(input, request);
        const wanted = { ...repository, mutability: input.imageTagMutability, exclusions: filters(input) };
        checkExclusions(ecr, wanted);
        repository.mutability = wanted.mutability;
        repository.exclusions = wanted.exclusions;
        return {
          registryId: context.account,
          repositoryName: repository.name,
          imageTagMutability: repository.mutability,
          ...exclusions(repository),
        };
      },
    },
    PutImageScanningConfiguration: {
      resource: named,
      run: (input: Inputs['PutImageScanningConfiguration'], request: CloudRequest) => {
        const repository = find(input, request);
        repository.scanOnPush = input.imageScanningConfiguration.scanOnPush ?? false;
        return {
          registryId: context.account,
          repositoryName: repository.name,
          imageScanningConfiguration: { scanOnPush: repository.scanOnPush },
        };
      },
    },
  };
}

const filters = (input: Inputs['CreateRepository']): string[] =>
  (input.imageTagMutabilityExclusionFilters ?? []).map(({ filter }) => filter);

export const tagMap = (tags: ReadonlyArray<{ Key: string; Value: string }>): Record<string, string> =>
  Object.fromEntries(tags.map((tag) => [tag.Key, tag.Value]));

function checkExclusions(ecr: Ecr, repository: Pick<Repository, 'mutability' | 'exclusions'>): void {
  if (repository.mutability.endsWith('_WITH_EXCLUSION') !== repository.exclusions.length > 0)
    throw ecr.refuse(
      'InvalidParameterException',
      "Invalid parameter at 'imageTagMutabilityExclusionFilters': filters belong to a mutability with exclusion, and to no other",
    );
}
