import type { CloudRequest } from '../../core/service.ts';
import { isDigest, isIndex, parseManifest } from '../registry/manifest.ts';
import type { Repository } from '../registry/store.ts';
import type { ImageIdentifier as ImageId, Inputs } from '../shapes/inputs/ecr.ts';
import { page } from '../shapes/page.ts';
import type { Ecr } from './call.ts';

interface Failure {
  readonly failureCode: string;
  readonly failureReason: string;
}

const named = (input: { readonly repositoryName: string }) => input.repositoryName;
const about = (input: { readonly repositoryName: string; readonly imageIds?: ImageId[] | undefined }) =>
  `${input.repositoryName}/${input.imageIds?.[0]?.imageTag ?? input.imageIds?.[0]?.imageDigest ?? ''}`;

/** The operations on images that are there. */
export function imageOperations(ecr: Ecr) {
  const { images, context, find } = ecr;
  return {
    ListImages: {
      resource: named,
      run: (input: Inputs['ListImages'], request: CloudRequest) => {
        const repository = find(input, request);
        const ids = listed(ecr, repository, input.filter?.tagStatus);
        const { items, next } = page(ids, input.nextToken, input.maxResults ?? 100);
        return { imageIds: items, nextToken: next };
      },
    },
    DescribeImages: {
      resource: about,
      run: (input: Inputs['DescribeImages'], request: CloudRequest) =>
        describeImages(ecr, input, find(input, request)),
    },
    BatchGetImage: {
      resource: about,
      run: async (input: Inputs['BatchGetImage'], request: CloudRequest) => {
        const repository = find(input, request);
        const found = [];
        const failures = [];
        for (const imageId of input.imageIds) {
          const digest = lookUp(ecr, repository, imageId);
          if (typeof digest !== 'string') failures.push({ imageId, ...digest });
          else
            found.push({
              registryId: context.account,
              repositoryName: repository.name,
              imageId: { imageDigest: digest, ...(imageId.imageTag ? { imageTag: imageId.imageTag } : {}) },
              imageManifest: (await images.readBlob(digest)).toString('utf8'),
              imageManifestMediaType: repository.manifests[digest]?.mediaType,
            });
        }
        return { images: found, failures };
      },
    },
    BatchDeleteImage: {
      resource: about,
      run: async (input: Inputs['BatchDeleteImage'], request: CloudRequest) => {
        const repository = find(input, request);
        const imageIds: ImageId[] = [];
        const failures = [];
        for (const imageId of input.imageIds) {
          const removed = await remove(ecr, repository, imageId);
          if (Array.isArray(removed)) imageIds.push(...removed);
          else failures.push({ imageId, ...removed });
        }
        return { imageIds, failures };
      },
    },
    ...scanOperations(ecr),
  };
}

function listed({ images }: Ecr, repository: Repository, status: string | undefined): ImageId[] {
  return Object.keys(repository.manifests).flatMap((imageDigest): ImageId[] => {
    const tags = images.tagsOf(repository, imageDigest);
    if (tags.length === 0) return status === 'TAGGED' ? [] : [{ imageDigest }];
    return status === 'UNTAGGED' ? [] : tags.map((imageTag) => ({ imageDigest, imageTag }));
  });
}

/** A digest, or why there is none. */
function lookUp({ images }: Ecr, repository: Repository, id: ImageId): string | Failure {
  if (id.imageDigest === undefined && id.imageTag === undefined)
    return {
      failureCode: 'MissingDigestAndTag',
      failureReason: 'Invalid request parameters: both tag and digest cannot be null',
    };
  if (id.imageDigest !== undefined && !isDigest(id.imageDigest))
    return {
      failureCode: 'InvalidImageDigest',
      failureReason: 'Invalid request parameters: image digest should satisfy the regex',
    };
  const digest = images.resolve(repository, id.imageDigest ?? id.imageTag ?? '');
  if (digest === undefined)
    return { failureCode: 'ImageNotFound', failureReason: 'Requested image not found' };
  if (id.imageDigest !== undefined && id.imageTag !== undefined && repository.tags[id.imageTag] !== digest)
    return { failureCode: 'ImageTagDoesNotMatchDigest', failureReason: 'The tag names another image' };
  return digest;
}

/** @throws ImageNotFoundException */
function must(ecr: Ecr, repository: Repository, id: ImageId): string {
  const digest = lookUp(ecr, repository, id);
  if (typeof digest === 'string') return digest;
  if (digest.failureCode !== 'ImageNotFound' && digest.failureCode !== 'ImageTagDoesNotMatchDigest')
    throw ecr.refuse('InvalidParameterException', digest.failureReason);
  const shown = `{imageDigest:'${id.imageDigest ?? 'null'}', imageTag:'${id.imageTag ?? 'null'}'}`;
  throw ecr.refuse(
    'ImageNotFoundException',
    `The image with imageId ${shown} does not exist within the repository with name '${repository.name}' in the registry with id '${ecr.context.account}'`,
  );
}

function describeImages(ecr: Ecr, input: Inputs['DescribeImages'], repository: Repository) {
  const { images, context } = ecr;
  const wanted = input.imageIds;
  const digests = wanted
    ? [...new Set(wanted.map((id) => must(ecr, repository, id)))]
    : [...new Set(listed(ecr, repository, input.filter?.tagStatus).map((id) => id.imageDigest ?? ''))];
  const { items, next } = page(digests, input.nextToken, input.maxResults ?? 100);
  const details = items.map((digest) => {
    const stored = repository.manifests[digest];
    const tags = images.tagsOf(repository, digest);
    const scanned = repository.scans[digest];
    return {
      registryId: context.account,
      repositoryName: repository.name,
      imageDigest: digest,
      ...(tags.length > 0 ? { imageTags: tags } : {}),
      imageSizeInBytes: stored?.size ?? 0,
      imagePushedAt: new Date(stored?.pushedAt ?? 0),
      ...(scanned
        ? { imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' } }
        : {}),
      imageManifestMediaType: stored?.mediaType,
      artifactMediaType: stored?.artifactMediaType,
      ...(stored?.lastPulledAt ? { lastRecordedPullTime: new Date(stored.lastPulledAt) } : {}),
      ...(stored?.subject ? { subjectManifestDigest: stored.subject } : {}),
      imageStatus: 'ACTIVE',
    };
  });
  return { imageDetails: details, nextToken: next };
}

/** A tag alone is untagged, and the image goes with its last tag; a digest goes with all of its tags. */
async function remove(ecr: Ecr, repository: Repository, id: ImageId): Promise<ImageId[] | Failure> {
  const { images } = ecr;
  const digest = lookUp(ecr, repository, id);
  if (typeof digest !== 'string') return digest;
  const tags = images.tagsOf(repository, digest);
  if (id.imageTag !== undefined && id.imageDigest === undefined && tags.length > 1) {
    delete repository.tags[id.imageTag];
    return [{ imageDigest: digest, imageTag: id.imageTag }];
  }
  if (await referenced(ecr, repository, digest))
    return {
      failureCode: 'ImageReferencedByManifestList',
      failureReason: `Requested image referenced by manifest list: [${digest}]`,
    };
  images.removeManifest(repository, digest);
  return tags.length > 0
    ? tags.map((imageTag) => ({ imageDigest: digest, imageTag }))
    : [{ imageDigest: digest }];
}

async function referenced({ images }: Ecr, repository: Repository, digest: string): Promise<boolean> {
  for (const stored of Object.values(repository.manifests)) {
    if (!isIndex(stored.mediaType)) continue;
    const index = parseManifest(await images.readBlob(stored.digest), stored.mediaType);
    if (index.manifests.some((m) => m.digest === digest)) return true;
  }
  return false;
}

/** A scan is over at once and finds nothing, unless the fault `scan-findings` says what (`severities`). */
function scanOperations(ecr: Ecr) {
  const { context, find } = ecr;
  const answer = (repository: Repository, digest: string, id: ImageId) => ({
    registryId: context.account,
    repositoryName: repository.name,
    imageId: { imageDigest: digest, ...(id.imageTag ? { imageTag: id.imageTag } : {}) },
  });
  return {
    StartImageScan: {
      resource: named,
      run: (input: Inputs['StartImageScan'], request: CloudRequest) => {
        const repository = find(input, request);
        const digest = must(ecr, repository, input.imageId);
        repository.scans[digest] = context.now();
        return { ...answer(repository, digest, input.imageId), imageScanStatus: { status: 'IN_PROGRESS' } };
      },
    },
    DescribeImageScanFindings: {
      resource: named,
      run: (input: Inputs['DescribeImageScanFindings'], request: CloudRequest) => {
        const repository = find(input, request);
        const digest = must(ecr, repository, input.imageId);
        const stored = repository.manifests[digest];
        const at = repository.scans[digest] ?? (repository.scanOnPush ? stored?.pushedAt : undefined);
        if (at === undefined)
          throw ecr.refuse(
            'ScanNotFoundException',
            `Image scan does not exist for the image with '${digest}' in the repository with name '${repository.name}' in the registry with id '${context.account}'`,
          );
        const stuck = context.fault(
          'ecr',
          'stuck',
          `${repository.name}/${digest}`,
          'DescribeImageScanFindings',
        );
        if (stuck)
          return { ...answer(repository, digest, input.imageId), imageScanStatus: { status: 'IN_PROGRESS' } };
        const counts = (context.fault('ecr', 'scan-findings', `${repository.name}/${digest}`)?.[
          'severities'
        ] ?? {}) as Record<string, number>;
        return {
          ...answer(repository, digest, input.imageId),
          imageScanStatus: { status: 'COMPLETE', description: 'The scan was completed successfully.' },
          imageScanFindings: {
            imageScanCompletedAt: new Date(at),
            vulnerabilitySourceUpdatedAt: new Date(at),
            findingSeverityCounts: counts,
            findings: findings(counts),
          },
        };
      },
    },
  };
}

function findings(counts: Readonly<Record<string, number>>) {
  return Object.entries(counts).flatMap(([severity, count]) =>
    Array.from({ length: count }, (_, i) => ({
      name: `CVE-2026-${10000 + i}`,
      description: `A ${severity.toLowerCase()} finding that was asked for`,
      uri: `https://example.com/CVE-2026-${10000 + i}`,
      severity,
      attributes: [{ key: 'package_name', value: 'example' }],
    })),
  );
}
