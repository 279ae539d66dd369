import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import type { ImageFiles } from './ports.ts';

/** The only names that an image layout has. Anything else in the archive is passed over, `../` included. */
const LAYOUT_FILE = /^(?:\.\/)?(oci-layout|index\.json|blobs\/sha256\/[0-9a-f]{64})$/;

/** A layout in a tar file, unpacked into the scratch folder. @returns the folder */
export async function unpackLayout(tar: string, files: ImageFiles): Promise<string> {
  const dir = join(files.scratch, 'layout');
  await mkdir(join(dir, 'blobs', 'sha256'), { recursive: true });
  const unpack = extract();
  const reading = pipeline(files.open(tar), unpack);
  // The loop below sees the same error; this one must not count as unhandled meanwhile.
  reading.catch(() => {});
  for await (const entry of unpack) {
    const name = LAYOUT_FILE.exec(entry.header.name)?.[1];
    if (name && entry.header.type === 'file') await pipeline(entry, createWriteStream(join(dir, name)));
    else entry.resume();
  }
  await reading;
  return dir;
}
