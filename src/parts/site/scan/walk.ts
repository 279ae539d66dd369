import { type Dirent, realpathSync } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { refused } from '../../../runtime/errors.ts';

export interface WalkOptions {
  /** True for a path (relative, with `/`) that is left out. */
  excluded(path: string): boolean;
  /** Take names that start with a dot too; `.well-known` is taken in any case. */
  readonly dotfiles: boolean;
}

export interface Walked {
  /** Paths of files relative to the folder, with `/`, in no order. */
  readonly paths: string[];
  /** Dotfiles that were left out: worth a word. */
  readonly skipped: string[];
}

/** Names of a path, at most: a key of 1,024 bytes has no room for more. */
const DEEPEST = 512;

/**
 * All files of a folder. Symbolic links are followed inside the folder; one that leads out of it is refused, for what
 * it points at is not what was built.
 */
export async function walk(root: string, options: WalkOptions): Promise<Walked> {
  const real = realpathSync(root);
  const found: Walked = { paths: [], skipped: [] };
  const visit = async (dir: string, prefix: string, depth: number): Promise<void> => {
    if (depth > DEEPEST)
      throw refused({
        input: 'source',
        what: `folders are nested more than ${DEEPEST} deep`,
        found: prefix,
        fix: 'look for a symbolic link that leads to a folder above itself',
      });
    const below: Promise<void>[] = [];
    for (const entry of await readdir(dir, { withFileTypes: true })) {
      const path = prefix + entry.name;
      if (options.excluded(path)) continue;
      if (entry.name.startsWith('.') && entry.name !== '.well-known' && !options.dotfiles) {
        found.skipped.push(path);
        continue;
      }
      const kind = entry.isSymbolicLink()
        ? await followLink(real, join(dir, entry.name), path)
        : kindOf(entry);
      if (kind === 'folder') below.push(visit(join(dir, entry.name), `${path}/`, depth + 1));
      else if (kind === 'file') found.paths.push(path);
    }
    await Promise.all(below);
  };
  await visit(root, '', 0);
  return found;
}

const kindOf = (entry: Dirent) => (entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other');

async function followLink(real: string, full: string, path: string): Promise<'folder' | 'file' | 'other'> {
  const target = await realpath(full).catch(() => undefined);
  const wrong = (what: string, found: string) =>
    refused({
      input: 'source',
      what: `the symbolic link ${path} ${what}`,
      found,
      fix: 'put the file itself there, or name the link in `exclude`',
    });
  if (target === undefined) throw wrong('leads nowhere', 'there is no such file');
  const inside = relative(real, target);
  const loop = relative(target, join(real, path));
  if (!loop.startsWith('..') && target !== join(real, path))
    throw wrong('leads to a folder above itself', target);
  if (inside === '..' || inside.startsWith(`..${sep}`)) throw wrong('leads out of the folder', target);
  const found = await stat(target);
  return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : 'other';
}
