import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, readlink, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import ignore from '@balena/dockerignore';
import pMap from 'p-map';

/** Files that are read at once. */
const AT_ONCE = 16;

/** What an engine is sent of a folder. */
export interface ContextDigest {
  /** SHA-256 over paths, kinds, the executable bit and contents. */
  readonly digest: string;
  readonly files: number;
}

/**
 * Hashes the files of a build context that its `.dockerignore` lets through: the one beside the Dockerfile
 * (`Dockerfile.dockerignore`), else the context's own. `.git` is left out: it differs from clone to clone.
 * Times and owners do not count. @throws the system's error for a file that cannot be read.
 */
export async function contextDigest(context: string, dockerfile: string): Promise<ContextDigest> {
  const passes = await ignoredBy(context, dockerfile);
  const paths = (await walk(context, '')).filter(({ path }) => passes(path));
  paths.sort((a, b) => (a.path < b.path ? -1 : 1));
  const lines = await pMap(paths, ({ path, link }) => describe(context, path, link), {
    concurrency: AT_ONCE,
  });
  return { digest: createHash('sha256').update(lines.join('\n')).digest('hex'), files: lines.length };
}

interface Entry {
  /** With `/`, from the context. */
  readonly path: string;
  readonly link: boolean;
}

async function walk(root: string, below: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const entry of await readdir(join(root, below), { withFileTypes: true })) {
    const path = below ? `${below}/${entry.name}` : entry.name;
    if (entry.isDirectory() && path !== '.git') found.push(...(await walk(root, path)));
    else if (entry.isFile() || entry.isSymbolicLink()) found.push({ path, link: entry.isSymbolicLink() });
  }
  return found;
}

async function describe(root: string, path: string, link: boolean): Promise<string> {
  const full = join(root, path);
  if (link) return JSON.stringify([path, 'link', await readlink(full)]);
  const hash = createHash('sha256');
  await pipeline(createReadStream(full), hash);
  const executable = ((await stat(full)).mode & 0o111) !== 0;
  return JSON.stringify([path, executable ? 'program' : 'file', hash.digest('hex')]);
}

/**
 * Which paths are sent. Podman and buildah prefer a `.containerignore`, docker does not know it: where there is one, all
 * files count, for a file too many makes another image, and one too few would pass off the first as the second.
 */
async function ignoredBy(context: string, dockerfile: string): Promise<(path: string) => boolean> {
  if ((await read(join(context, '.containerignore'))) !== undefined) return () => true;
  const rules = (await read(`${dockerfile}.dockerignore`)) ?? (await read(join(context, '.dockerignore')));
  if (rules === undefined) return () => true;
  return ignore.default().add(rules).createFilter();
}

async function read(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}
