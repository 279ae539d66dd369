import pMap from 'p-map';
import { pageEnds } from '../../../aws/bulk-store.ts';
import { awsProblem } from '../../../aws/errors.ts';
import type { StoredObject } from '../../../aws/object-store.ts';
import { refused } from '../../../runtime/errors.ts';
import type { SiteFile, SitePorts } from '../types.ts';
import { blobIsWhole } from './blob-bytes.ts';
import type { SiteKeys } from './keys.ts';

/** Blobs that are asked for one by one; more are found by listing all. Either is no more than one request each. */
const ONE_BY_ONE = 16;

const RAISE_KEEP =
  'choose another release; raise `keep-releases` of deploy-frontend to be able to go further back';
const FIND_WRITER =
  'choose another release, or deploy that commit from a build; find out what else writes to the release bucket';

/** Which contents the release bucket really has, byte for byte. */
export class BlobProof {
  readonly #ports: SitePorts;
  readonly #keys: SiteKeys;
  /** By key, of what was asked for; `undefined` where it is not there. */
  readonly #found = new Map<string, StoredObject | undefined>();

  constructor(ports: SitePorts, keys: SiteKeys) {
    this.#ports = ports;
    this.#keys = keys;
  }

  /** Asks for the contents of these files, as far as that has not been done. */
  async ask(files: readonly SiteFile[]): Promise<void> {
    const keys = new Set(files.map((file) => this.#keys.blob(file.sha256)));
    const expected = [...keys].filter((key) => !this.#found.has(key)).sort();
    const found = await this.#list(expected);
    for (const key of expected) this.#found.set(key, undefined);
    for (const object of found) this.#found.set(object.key, object);
  }

  /** @throws ActionError `refused` that names what is missing, or is not what its name says */
  async prove(files: readonly SiteFile[]): Promise<void> {
    await this.ask(files);
    const wanted = new Map(files.map((file) => [this.#keys.blob(file.sha256), file]));
    const missing = [...wanted].filter(([key, file]) => this.#found.get(key)?.size !== file.size);
    if (missing.length > 0) {
      throw this.#refuse(missing, 'are no longer in the release bucket', RAISE_KEEP);
    }
    const whole = await pMap(
      wanted,
      ([key, file]) => blobIsWhole(this.#ports.release, key, file, this.#found.get(key)?.etag ?? ''),
      { concurrency: ONE_BY_ONE },
    );
    const damaged = [...wanted].filter((_entry, i) => !whole[i]);
    if (damaged.length > 0) {
      throw this.#refuse(damaged, 'are damaged: their bytes are not what their names say', FIND_WRITER);
    }
  }

  #refuse(blobs: readonly (readonly [string, SiteFile])[], are: string, fix: string) {
    return refused({
      input: 'to',
      what: `${blobs.length} of the files of that release ${are}`,
      details: blobs
        .slice(0, 5)
        .map(([key, file]) => `${file.path}: s3://${this.#ports.release.bucket}/${key}`),
      fix,
    });
  }

  async #list(expected: readonly string[]): Promise<readonly StoredObject[]> {
    const { release } = this.#ports;
    try {
      if (expected.length > ONE_BY_ONE) {
        return await release.listAll(this.#keys.blobs, pageEnds(expected));
      }
      const lists = await pMap(expected, (key) => release.listAll(key), { concurrency: ONE_BY_ONE });
      return lists.flat();
    } catch (error) {
      throw awsProblem(error, {
        operation: 's3:ListBucket',
        resource: `s3://${release.bucket}/${this.#keys.blobs}`,
        input: 'release-bucket',
      });
    }
  }
}
