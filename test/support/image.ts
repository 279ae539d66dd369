import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Environment in which buildah works as root without a kernel's overlay or user namespaces. */
export const BUILDAH_ENV = { STORAGE_DRIVER: 'vfs', BUILDAH_ISOLATION: 'chroot' };

/** A context with a Dockerfile that needs no base image and no RUN. */
export function writeContext(dir: string, text = 'hello'): string {
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'hello.txt'), text);
  writeFileSync(
    join(dir, 'Dockerfile'),
    [
      'FROM scratch AS base',
      'COPY hello.txt /hello.txt',
      'FROM base',
      'ARG COLOUR=none',
      'LABEL colour=$COLOUR',
      'CMD ["/hello"]',
      '',
    ].join('\n'),
  );
  return dir;
}

/** An image layout of one image, as small as one can be. */
export function writeLayout(
  dir: string,
  options: { platform?: string; layer?: Buffer; architecture?: string } = {},
): { dir: string; digest: string; layerDigest: string } {
  const blobs = join(dir, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(bytes).digest('hex');
    writeFileSync(join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const [os, architecture] = (options.platform ?? 'linux/amd64').split('/');
  const layer = put(options.layer ?? Buffer.alloc(1024), 'application/vnd.oci.image.layer.v1.tar');
  const config = {
    os,
    architecture: options.architecture ?? architecture,
    config: { Cmd: ['/hello'] },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  };
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const manifest = put(
    json({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: put(json(config), 'application/vnd.oci.image.config.v1+json'),
      layers: [layer],
    }),
    'application/vnd.oci.image.manifest.v1+json',
  );
  const entry = { ...manifest, platform: { os, architecture } };
  writeFileSync(join(dir, 'index.json'), json({ schemaVersion: 2, manifests: [entry] }));
  writeFileSync(join(dir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  return { dir, digest: manifest.digest, layerDigest: layer.digest };
}
