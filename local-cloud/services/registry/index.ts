import {
  type CloudContext,
  CloudFault,
  type CloudRequest,
  type CloudResponse,
  type Service,
} from '../../core/service.ts';
import type { EcrService } from '../ecr/index.ts';
import {
  beginUpload,
  cancelUpload,
  finishUpload,
  getBlob,
  headBlob,
  patchUpload,
  uploadStatus,
} from './blobs.ts';
import { type Call, json } from './call.ts';
import { getManifest, listTags, putManifest, referrers } from './manifests.ts';
import type { ImageStore } from './store.ts';
import { checkToken } from './token.ts';

interface Endpoint {
  readonly method: string;
  readonly path: RegExp;
  readonly operation: string;
  readonly iam: readonly string[];
  readonly mutating?: true;
  readonly run: (call: Call) => Promise<CloudResponse>;
}

const NAME = '((?:[a-z0-9]+(?:[._-]+[a-z0-9]+)*/)*[a-z0-9]+(?:[._-]+[a-z0-9]+)*)';
const at = (rest: string) => new RegExp(`^/v2/${NAME}/${rest}$`);

/**
 * The OCI distribution protocol (github.com/opencontainers/distribution-spec 1.1) as ECR answers it: basic
 * authentication with ECR's token, repositories that must exist, no deletion by this way.
 */
const ENDPOINTS: readonly Endpoint[] = [
  {
    method: 'HEAD',
    path: at('blobs/(sha256:[^/]+)'),
    operation: 'BlobHead',
    iam: ['ecr:BatchCheckLayerAvailability'],
    run: headBlob,
  },
  {
    method: 'GET',
    path: at('blobs/(sha256:[^/]+)'),
    operation: 'BlobGet',
    iam: ['ecr:GetDownloadUrlForLayer'],
    run: getBlob,
  },
  {
    method: 'POST',
    path: at('blobs/uploads/?()'),
    operation: 'BlobUploadBegin',
    iam: ['ecr:InitiateLayerUpload'],
    mutating: true,
    run: beginUpload,
  },
  {
    method: 'GET',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadStatus',
    iam: ['ecr:InitiateLayerUpload'],
    run: uploadStatus,
  },
  {
    method: 'PATCH',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadPart',
    iam: ['ecr:UploadLayerPart'],
    mutating: true,
    run: patchUpload,
  },
  {
    method: 'PUT',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadFinish',
    iam: ['ecr:CompleteLayerUpload'],
    mutating: true,
    run: finishUpload,
  },
  {
    method: 'DELETE',
    path: at('blobs/uploads/([^/]+)'),
    operation: 'BlobUploadCancel',
    iam: [],
    mutating: true,
    run: cancelUpload,
  },
  {
    method: 'HEAD',
    path: at('manifests/([^/]+)'),
    operation: 'ManifestHead',
    iam: ['ecr:BatchGetImage'],
    run: getManifest,
  },
  {
    method: 'GET',
    path: at('manifests/([^/]+)'),
    operation: 'ManifestGet',
    iam: ['ecr:BatchGetImage'],
    run: getManifest,
  },
  {
    method: 'PUT',
    path: at('manifests/([^/]+)'),
    operation: 'ManifestPut',
    iam: ['ecr:PutImage'],
    mutating: true,
    run: putManifest,
  },
  { method: 'GET', path: at('tags/list()'), operation: 'TagsList', iam: ['ecr:ListImages'], run: listTags },
  {
    method: 'GET',
    path: at('referrers/([^/]+)'),
    operation: 'Referrers',
    iam: ['ecr:BatchGetImage'],
    run: referrers,
  },
];

export function registryService(context: CloudContext): Service {
  const store = () => context.service<EcrService>('ecr').images;
  return {
    name: 'registry',
    async handle(request) {
      const path = decodeURIComponent(request.rawPath);
      const endpoint = ENDPOINTS.find((e) => e.method === request.method && e.path.test(path));
      const match = endpoint?.path.exec(path);
      const name = match?.[1] ?? '';
      await request.enter({
        operation: endpoint?.operation ?? (path === '/v2/_catalog' ? 'Catalog' : 'ApiVersion'),
        resource: name ? `${name}${match?.[2] ? `/${match[2]}` : ''}` : '',
        mutating: endpoint?.mutating ?? false,
        iam: endpoint?.iam ?? [],
      });
      const region = authenticate(context, request);
      if (!endpoint || !match) return general(store(), region, path, request);
      const repository = store().repository(region, name);
      if (!repository)
        throw new CloudFault(
          'NAME_UNKNOWN',
          `The repository with name '${name}' does not exist in the registry with id '${context.account}'`,
          404,
        );
      return endpoint.run({
        request,
        repository,
        images: store(),
        reference: match[2] ?? '',
        now: context.now(),
        changed: () => context.changed('ecr'),
      });
    },
    fault: (error) => ({
      status: error.status,
      headers: {
        'content-type': 'application/json',
        'docker-distribution-api-version': 'registry/2.0',
        ...error.headers,
      },
      body: JSON.stringify({ errors: [{ code: error.code, message: error.message }] }),
    }),
    wireFault: (kind) =>
      kind === 'throttle'
        ? new CloudFault('TOOMANYREQUESTS', 'Rate exceeded', 429)
        : kind === 'denied'
          ? new CloudFault('DENIED', 'User is not authorized to perform this action', 403)
          : expired(),
  };
}

const expired = () =>
  new CloudFault('DENIED', 'Your authorization token has expired. Reauthenticate and try again.', 403);

function authenticate(context: CloudContext, request: CloudRequest): string {
  // A URL of GetDownloadUrlForLayer carries the token by itself, as AWS's are signed.
  const given = request.query.get('token');
  const basic = given ? `Basic ${Buffer.from(`AWS:${given}`).toString('base64')}` : undefined;
  const token = checkToken(context.keys, basic ?? request.headers['authorization'], context.now());
  if (token.ok) return token.region;
  if (token.why === 'expired') throw expired();
  throw new CloudFault(
    'UNAUTHORIZED',
    'authentication required',
    401,
    {},
    {
      'www-authenticate': `Basic realm="${context.endpoint()}/",service="ecr.amazonaws.com"`,
    },
  );
}

function general(images: ImageStore, region: string, path: string, request: CloudRequest): CloudResponse {
  if (/^\/v2\/?$/.test(path) && ['GET', 'HEAD'].includes(request.method)) return json(200, {});
  if (path === '/v2/_catalog' && request.method === 'GET')
    return json(200, { repositories: images.repositories(region).map((r) => r.name) });
  const known = ENDPOINTS.some((e) => e.path.test(path));
  if (known) throw new CloudFault('UNSUPPORTED', `${request.method} is not supported here by ECR`, 405);
  throw new CloudFault('NAME_INVALID', `There is nothing at ${path}`, 404);
}
