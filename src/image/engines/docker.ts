import { join } from 'node:path';
import { type BuildRequest, commonArgs, type Engine } from './engine.ts';

/** Manifest media types of a single image; an index or a configuration is no image's digest. */
const IMAGE_MANIFEST =
  /^application\/vnd\.(oci\.image\.manifest\.v1\+json|docker\.distribution\.manifest\.v2\+json)$/;

const shared = {
  name: 'docker' as const,
  login: (host: string, username: string) => ['login', '--username', username, '--password-stdin', host],
  logout: (host: string) => ({ command: 'docker', args: ['logout', host] }),
};

/**
 * docker with buildx: BuildKit builds and pushes in one go. Provenance and SBOM attestations are off, for they turn the
 * image into an index of two manifests, and then the tag's digest is not the one that a service reports as running.
 */
export const buildx: Engine = {
  ...shared,
  probe: { command: 'docker', args: ['buildx', 'inspect'] },
  caches: ['gha', 'registry', 'none'],
  build: (request) => [
    {
      command: 'docker',
      args: [
        'buildx',
        'build',
        ...(request.builder ? ['--builder', request.builder] : []),
        ...commonArgs(request.spec),
        ...(request.spec.fresh ? ['--pull'] : []),
        '--provenance=false',
        '--sbom=false',
        ...cacheArgs(request),
        '--metadata-file',
        join(request.scratch, 'metadata.json'),
        '--tag',
        request.reference,
        ...(request.push ? ['--push'] : []),
        request.spec.context,
      ],
    },
  ],
  digestFile: 'metadata.json',
  readDigest(text) {
    // docker's own builder can put the configuration's digest into `containerimage.digest`; the descriptor says what
    // a digest is the digest of.
    const metadata = JSON.parse(text) as {
      'containerimage.descriptor'?: { mediaType?: string; digest?: string };
    };
    const descriptor = metadata['containerimage.descriptor'];
    return IMAGE_MANIFEST.test(descriptor?.mediaType ?? '') ? descriptor?.digest : undefined;
  },
};

/** docker without buildx: the engine's own builder, and a push after it. */
export const classicDocker: Engine = {
  ...shared,
  probe: { command: 'docker', args: ['version', '--format', '{{.Server.Version}}'] },
  caches: ['none'],
  build: (request) => [
    {
      command: 'docker',
      args: [
        'build',
        ...commonArgs(request.spec),
        ...(request.spec.fresh ? ['--pull'] : []),
        '--tag',
        request.reference,
        request.spec.context,
      ],
    },
    ...(request.push ? [{ command: 'docker', args: ['push', request.reference] }] : []),
  ],
  // It writes none; the registry alone is asked.
  digestFile: '',
  readDigest: () => undefined,
};

function cacheArgs({ cache, reference, push }: BuildRequest): string[] {
  if (cache === 'none') return [];
  if (cache === 'gha')
    return ['--cache-from', 'type=gha', ...(push ? ['--cache-to', 'type=gha,mode=max'] : [])];
  const ref = `${reference.slice(0, reference.lastIndexOf(':'))}:buildcache`;
  // ECR stores a cache only as an image manifest with OCI media types.
  // https://aws.amazon.com/blogs/containers/announcing-remote-cache-support-in-amazon-ecr-for-buildkit-clients/
  const to = `type=registry,ref=${ref},mode=max,image-manifest=true,oci-mediatypes=true`;
  return ['--cache-from', `type=registry,ref=${ref}`, ...(push ? ['--cache-to', to] : [])];
}
