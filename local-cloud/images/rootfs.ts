import { constants, existsSync, mkdirSync } from 'node:fs';
import { cp, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageStore } from '../services/registry/store.ts';
import type { PulledImage } from './pull.ts';
import { unpackLayer } from './unpack.ts';

/** Unpacked images by the digest of their manifest, and a copy for each container that runs one. */
export class RootFilesystems {
  readonly #dir: string;
  readonly #unpacking = new Map<string, Promise<string>>();

  constructor(dir: string) {
    this.#dir = dir;
    mkdirSync(join(dir, 'images'), { recursive: true });
    mkdirSync(join(dir, 'containers'), { recursive: true });
  }

  /** A folder of its own for one container: what it writes is seen by no other, and goes with it. */
  async forContainer(images: ImageStore, image: PulledImage, id: string): Promise<string> {
    const source = await this.unpacked(images, image);
    const target = join(this.#dir, 'containers', id);
    await cp(source, target, {
      recursive: true,
      verbatimSymlinks: true,
      mode: constants.COPYFILE_FICLONE,
    });
    return target;
  }

  async removeContainer(id: string): Promise<void> {
    await rm(join(this.#dir, 'containers', id), { recursive: true, force: true });
  }

  /** The image's own files, to be read and not to be written. */
  unpacked(images: ImageStore, image: PulledImage): Promise<string> {
    const target = join(this.#dir, 'images', image.manifestDigest.replace(':', '-'));
    if (existsSync(target)) return Promise.resolve(target);
    let running = this.#unpacking.get(target);
    if (!running) {
      running = unpackImage(images, image, target).finally(() => this.#unpacking.delete(target));
      this.#unpacking.set(target, running);
    }
    return running;
  }
}

/** Whole or not at all: it is unpacked beside its place and moved there. */
async function unpackImage(images: ImageStore, image: PulledImage, target: string): Promise<string> {
  const work = await mkdtemp(`${target}.`);
  try {
    for (const layer of image.layers) await unpackLayer(images.blobPath(layer.digest), layer.mediaType, work);
    await rename(work, target);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
  return target;
}
