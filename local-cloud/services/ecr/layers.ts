import type { CloudRequest } from '../../core/service.ts';
import { ManifestInvalid } from '../registry/manifest.ts';
import { ContentMissing, storeManifest, TagTaken } from '../registry/manifests.ts';
import { DigestMismatch, type Repository } from '../registry/store.ts';
import { issueToken } from '../registry/token.ts';
import type { Inputs } from '../shapes/inputs/ecr.ts';
import type { Ecr } from './call.ts';

const named = (input: { readonly repositoryName: string }) => input.repositoryName;

/** Pushing by the API itself, as `docker push` does it by the registry. */
export function layerOperations(ecr: Ecr) {
  const { images, context, refuse, find } = ecr;
  const uploadOf = (input: { readonly uploadId: string }, repository: Repository) => {
    const upload = images.upload(repository, input.uploadId);
    if (upload) return upload;
    throw refuse('UploadNotFoundException', `Upload with id '${input.uploadId}' does not exist`);
  };
  return {
    BatchCheckLayerAvailability: {
      resource: named,
      run: async (input: Inputs['BatchCheckLayerAvailability'], request: CloudRequest) => {
        const repository = find(input, request);
        const layers = [];
        const failures = [];
        for (const digest of input.layerDigests) {
          if (!/^sha256:[0-9a-f]{64}$/.test(digest))
            failures.push({
              layerDigest: digest,
              failureCode: 'InvalidLayerDigest',
              failureReason: 'Invalid digest',
            });
          else if (images.hasBlob(repository, digest))
            layers.push({
              layerDigest: digest,
              layerAvailability: 'AVAILABLE',
              layerSize: await images.blobSize(digest),
              mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
            });
          else layers.push({ layerDigest: digest, layerAvailability: 'UNAVAILABLE' });
        }
        return { layers, failures };
      },
    },
    InitiateLayerUpload: {
      resource: named,
      run: async (input: Inputs['InitiateLayerUpload'], request: CloudRequest) => {
        const upload = await images.beginUpload(find(input, request));
        return { uploadId: upload.id, partSize: 10 * 1024 * 1024 };
      },
    },
    UploadLayerPart: {
      resource: named,
      run: async (input: Inputs['UploadLayerPart'], request: CloudRequest) => {
        const repository = find(input, request);
        const upload = uploadOf(input, repository);
        const bytes = Buffer.from(input.layerPartBlob);
        const last = input.partFirstByte + bytes.length - 1;
        if (input.partFirstByte !== upload.size || input.partLastByte !== last)
          throw refuse('InvalidLayerPartException', `The next part begins at byte ${upload.size}`);
        await images.append(upload, [bytes] as unknown as AsyncIterable<Uint8Array>);
        return {
          registryId: context.account,
          repositoryName: repository.name,
          uploadId: upload.id,
          lastByteReceived: upload.size - 1,
        };
      },
    },
    CompleteLayerUpload: {
      resource: named,
      run: async (input: Inputs['CompleteLayerUpload'], request: CloudRequest) => {
        const repository = find(input, request);
        const upload = uploadOf(input, repository);
        const [digest] = input.layerDigests;
        if (digest === undefined) throw refuse('InvalidParameterException', 'A layer digest must be given.');
        if (upload.size === 0) throw refuse('EmptyUploadException', 'The upload has no parts');
        if (images.hasBlob(repository, digest))
          throw refuse('LayerAlreadyExistsException', `Layer with digest '${digest}' already exists`);
        try {
          await images.finishUpload(upload, digest);
        } catch (error) {
          if (!(error instanceof DigestMismatch)) throw error;
          throw refuse('InvalidLayerException', 'The layer digest does not match the uploaded bytes');
        }
        const answer = { registryId: context.account, repositoryName: repository.name };
        return { ...answer, uploadId: upload.id, layerDigest: digest };
      },
    },
    GetDownloadUrlForLayer: {
      resource: named,
      run: (input: Inputs['GetDownloadUrlForLayer'], request: CloudRequest) => {
        const repository = find(input, request);
        if (!images.hasBlob(repository, input.layerDigest))
          throw refuse(
            'LayersNotFoundException',
            `The layer with digest '${input.layerDigest}' does not exist`,
          );
        const token = issueToken(context.keys, request.region, context.now()).password;
        const path = `/v2/${repository.name}/blobs/${input.layerDigest}`;
        return {
          downloadUrl: `${context.endpoint()}${path}?token=${encodeURIComponent(token)}`,
          layerDigest: input.layerDigest,
        };
      },
    },
    PutImage: {
      resource: named,
      run: (input: Inputs['PutImage'], request: CloudRequest) => putImage(ecr, input, find(input, request)),
    },
  };
}

async function putImage(ecr: Ecr, input: Inputs['PutImage'], repository: Repository) {
  const { images, context, refuse } = ecr;
  const bytes = Buffer.from(input.imageManifest, 'utf8');
  const digest = await refusals(ecr, async () => {
    const before = input.imageTag === undefined ? undefined : repository.tags[input.imageTag];
    const known = Object.keys(repository.manifests);
    const put = await storeManifest(
      { images, repository, now: context.now(), changed: () => context.changed('ecr') },
      bytes,
      input.imageTag,
      input.imageManifestMediaType,
    );
    if (input.imageDigest && input.imageDigest !== put.digest)
      throw refuse('ImageDigestDoesNotMatchException', 'The digest does not match the manifest');
    if (known.includes(put.digest) && (input.imageTag === undefined || before === put.digest))
      throw refuse(
        'ImageAlreadyExistsException',
        `Image with digest '${put.digest}' and tag '${input.imageTag ?? 'null'}' already exists in the repository with name '${repository.name}' in registry with id '${context.account}'`,
      );
    return put;
  });
  return {
    image: {
      registryId: context.account,
      repositoryName: repository.name,
      imageId: { imageDigest: digest.digest, ...(input.imageTag ? { imageTag: input.imageTag } : {}) },
      imageManifest: input.imageManifest,
      imageManifestMediaType: digest.mediaType,
    },
  };
}

async function refusals<T>({ refuse }: Ecr, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ManifestInvalid)
      throw refuse('InvalidParameterException', `Invalid parameter at 'ImageManifest': ${error.message}`);
    if (error instanceof TagTaken) throw refuse('ImageTagAlreadyExistsException', error.message);
    if (error instanceof ContentMissing)
      throw refuse(
        error.images ? 'ReferencedImagesNotFoundException' : 'LayersNotFoundException',
        error.message,
      );
    throw error;
  }
}
