import pMap from 'p-map';
import { pageEnds } from '../aws/bulk-store.ts';
import { awsProblem } from '../aws/errors.ts';
import type { StoredObject } from '../aws/object-store.ts';
import { refused } from '../runtime/errors.ts';
import type { SiteKeys } from './keys.ts';
import type { SiteFile, SitePorts } from './types.ts';

/** Blobs that are asked for one by one; more are found by listing all. Either is no more than one request each. */
const ONE_BY_ONE = 16;

/** Which contents the release bucket really has. */
export class BlobProof {
  readonly #ports: SitePorts;
  readonly #keys: SiteKeys;
  /** Bytes by key, of what was asked for; `undefined` where it is not there. */
  readonly #sizes = new Map<string, number | undefined>();

  constructor(ports: SitePorts, keys: SiteKeys) {
    this.#ports = ports;
    this.#keys = keys;
  }

  /** Asks for the contents of these files, as far as that has not been done. */
  async ask(files: readonly SiteFile[]): Promise<void> {
    const keys = new Set(files.map((file) => this.#keys.blob(file.sha256)));
    const expected = [...keys].filter((key) => !this.#sizes.has(key)).sort();
    const found = await this.#list(expected);
    for (const key of expected) this.#sizes.set(key, undefined);
    for (const { key, size } of found) this.#sizes.set(key, size);
  }

  /** @throws ActionError `refused` that names what is missing */
  async prove(files: readonly SiteFile[]): Promise<void> {
    await this.ask(files);
    const missing = new Map<string, SiteFile>();
    for (const file of files) {
      const key = this.#keys.blob(file.sha256);
      if (this.#sizes.get(key) !== file.size) missing.set(key, file);
    }
    if (missing.size === 0) return;
    throw refused({
      input: 'to',
      what: `${missing.size} of the files of that release are no longer in the release bucket`,
      details: [...missing]
        .slice(0, 5)
        .map(([key, file]) => `${file.path}: s3://${this.#ports.release.bucket}/${key}`),
      fix: 'choose another release; raise `keep-releases` of deploy-frontend to be able to go further back',
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
