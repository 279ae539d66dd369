import { failed } from '../runtime/errors.ts';
import type { Distribution } from './distribution.ts';
import { blobPath, type LayoutImage } from './oci.ts';
import type { ImagePorts, ImageRepository } from './ports.ts';
import type { TagState } from './variant.ts';

/**
 * Sends an image of a layout: the blobs that are not there yet, and then the manifest, which a registry takes only
 * once all that it names is there.
 * @returns the digest that the registry computed for the manifest
 */
export async function pushLayout(
  { dir, image }: { readonly dir: string; readonly image: LayoutImage },
  tag: string,
  registry: Distribution,
  { files, log }: ImagePorts,
): Promise<string> {
  return log.group(`pushing ${image.blobs.length} blobs and the manifest`, async () => {
    for (const blob of image.blobs) {
      const there = await registry.hasBlob(blob.digest);
      log.info(`${blob.digest} ${blob.size} bytes: ${there ? 'there already' : 'sending'}`);
      if (!there) await registry.putBlob(blob, () => files.open(blobPath(dir, blob.digest)));
    }
    return registry.putManifest(tag, image.bytes, image.manifest.mediaType);
  });
}

/**
 * The digest that the registry has under the tag: what every later step names the image by. It must be the one that
 * was pushed; another one means that somebody else pushed this tag at the same moment.
 */
export async function verifyDigest(
  repository: ImageRepository,
  tag: string,
  said: string | undefined,
  { log }: Pick<ImagePorts, 'log'>,
): Promise<string> {
  const found = await repository.digestOf(tag);
  if (found === undefined) {
    throw failed({
      what: `the registry does not have ${tag} after the push`,
      fix: "look at the engine's output above; a lifecycle rule of the repository may have removed it at once",
    });
  }
  if (said !== undefined && said !== found) {
    throw failed({
      what: `${tag} is not the image that was pushed`,
      found: `pushed ${said}, and the registry has ${found}`,
      fix: 'two runs of the same commit pushed at once: run it again, and it takes what is there; make the tags of the repository immutable',
    });
  }
  log.info(`${repository.host}/${repository.name}@${found}${said ? ', as pushed' : ''}`);
  return found;
}

/** Puts more tags onto an image by its very manifest, so that they can name nothing else. @returns true if any moved */
export async function retag(
  tags: readonly TagState[],
  digest: string,
  registry: Distribution,
  { log }: Pick<ImagePorts, 'log'>,
): Promise<boolean> {
  const wanted = tags.filter((t) => t.digest !== digest);
  if (wanted.length === 0) return false;
  const manifest = await registry.manifest(digest);
  if (!manifest) throw failed({ what: `the manifest ${digest} is no longer in the registry` });
  for (const { tag } of wanted) {
    await registry.putManifest(tag, manifest.bytes, manifest.mediaType);
    log.info(`tag ${tag} → ${digest}`);
  }
  return true;
}
