import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { contextDigest } from './context-digest.ts';
import type { ImageFiles } from './ports.ts';

/** The disk. `scratch` must exist, and is its maker's to remove. */
export function localFiles(scratch: string): ImageFiles {
  return {
    scratch,
    exists: (path) =>
      stat(path).then(
        () => true,
        () => false,
      ),
    readText: (path) => readFile(path, 'utf8'),
    open: (path) => createReadStream(path),
    size: async (path) => (await stat(path)).size,
    contextDigest,
  };
}
