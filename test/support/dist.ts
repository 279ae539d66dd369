import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

/** Folder of a bundle: dist/<name>, or that of another build (`WWHD_DIST=.build/mine/dist`). */
export function bundlePath(name: string): string {
  return join(root, process.env['WWHD_DIST'] ?? 'dist', name);
}
