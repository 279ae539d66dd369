import pMap from 'p-map';
import { awsProblem } from '../../../aws/errors.ts';
import type { StoredObject } from '../../../aws/object-store.ts';
import { refused } from '../../../runtime/errors.ts';
import type { SiteFile, SitePorts } from '../types.ts';
import { blobIsWhole } from './blob-bytes.ts';
import { listBlobs } from './blob-listing.ts';
import type { SiteKeys } from './keys.ts';

type Ports = Pick<SitePorts, 'release'>;

/** Blobs that are asked for one by one; more are found by listing all. Either is no more than one request each. */
const ONE_BY_ONE = 16;

const RAISE_KEEP =
  'choose another release; raise `keep-releases` of deploy-frontend to be able to go further back';
const FIND_WRITER =
  'choose another release, or deploy that commit from a build; find out what else writes to the release bucket';

/**
 * Proves that the release bucket really has the contents of these files, byte for byte.
 * @throws ActionError `refused` that names what is missing, or is not what its name says
 */
export async function proveBlobs(ports: Ports, keys: SiteKeys, files: readonly SiteFile[]): Promise<void> {
  const wanted = new Map(files.map((file) => [keys.blob(file.sha256), file]));
  const found = new Map((await find(ports, keys, [...wanted.keys()])).map((object) => [object.key, object]));
  const missing = [...wanted].filter(([key, file]) => found.get(key)?.size !== file.size);
  if (missing.length > 0) {
    throw cannotGoBack(ports, missing, 'are no longer in the release bucket', RAISE_KEEP);
  }
  const whole = await pMap(
    wanted,
    ([key, file]) => blobIsWhole(ports.release, key, file, found.get(key)?.etag ?? ''),
    { concurrency: ONE_BY_ONE },
  );
  const damaged = [...wanted].filter((_entry, i) => !whole[i]);
  if (damaged.length > 0) {
    throw cannotGoBack(ports, damaged, 'are damaged: their bytes are not what their names say', FIND_WRITER);
  }
}

async function find(ports: Ports, keys: SiteKeys, wanted: readonly string[]): Promise<StoredObject[]> {
  try {
    if (wanted.length > ONE_BY_ONE) return await listBlobs(ports, keys, wanted.length);
    return (await Promise.all(wanted.map((key) => ports.release.listAll(key)))).flat();
  } catch (error) {
    throw awsProblem(error, {
      operation: 's3:ListBucket',
      resource: `s3://${ports.release.bucket}/${keys.blobs}`,
      input: 'release-bucket',
    });
  }
}

function cannotGoBack(
  { release }: Ports,
  blobs: readonly (readonly [string, SiteFile])[],
  are: string,
  fix: string,
) {
  return refused({
    input: 'to',
    what: `${blobs.length} of the files of that release ${are}`,
    details: blobs.slice(0, 5).map(([key, file]) => `${file.path}: s3://${release.bucket}/${key}`),
    fix,
  });
}
