import type { BatchGetImageResponse, GetDownloadUrlForLayerResponse } from '@aws-sdk/client-ecr';
import { answerWithin } from '../runtime/network.ts';
import { networkFetch } from '../runtime/network-fetch.ts';
import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

/** Manifests that containers are made of: Docker's and OCI's, single and for several platforms. */
const MANIFEST_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

export interface RegistryImage {
  /** What the tag or digest names: of the index, where it is one. */
  readonly digest: string;
  /** The manifest's JSON text. */
  readonly manifest: string;
}

/** What is read of an ECR registry. All methods reject with the SDK's error, after its retries. */
export interface EcrApi {
  /** `undefined` where the repository is there and the image is not. */
  image(repository: string, id: { tag?: string; digest?: string }): Promise<RegistryImage | undefined>;
  /** A small blob, such as an image's configuration. */
  blob(repository: string, digest: string): Promise<string>;
}

/** @param account ECR registry to ask, where it is not the caller's own. */
export function ecrApi(settings: AwsSettings, account: string | undefined): EcrApi {
  const call = jsonClient(SERVICES.ecr, settings);
  const registry = account ? { registryId: account } : {};
  return {
    async image(repository, { tag, digest }) {
      const answer = await call<BatchGetImageResponse>('BatchGetImage', {
        ...registry,
        repositoryName: repository,
        imageIds: [digest ? { imageDigest: digest } : { imageTag: tag ?? 'latest' }],
        acceptedMediaTypes: MANIFEST_TYPES,
      });
      const image = answer.images?.[0];
      if (!image?.imageId?.imageDigest || !image.imageManifest) return undefined;
      return { digest: image.imageId.imageDigest, manifest: image.imageManifest };
    },
    async blob(repository, digest) {
      const { downloadUrl } = await call<GetDownloadUrlForLayerResponse>('GetDownloadUrlForLayer', {
        ...registry,
        repositoryName: repository,
        layerDigest: digest,
      });
      const answer = await networkFetch(downloadUrl ?? '', { signal: AbortSignal.timeout(answerWithin()) });
      if (!answer.ok) throw new Error(`reading ${digest} of ${repository} answered HTTP ${answer.status}`);
      return answer.text();
    },
  };
}
