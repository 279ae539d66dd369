import { createReadStream, createWriteStream } from 'node:fs';
import { chmod, link, lstat, mkdir, readdir, readlink, rm, symlink } from 'node:fs/promises';
import { join, normalize, posix } from 'node:path';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { extract, type Header } from 'tar-stream';

/** A layer that may not be unpacked: a path that leads out of the image, or a compression that is not known. */
export class LayerError extends Error {}

/**
 * Unpacks one layer over what is there (OCI image specification 1.1, "Image Layer Filesystem Changeset"): entries
 * replace, `.wh.name` removes, `.wh..wh..opq` empties its folder of what lower layers put there. Nothing is written
 * outside of `root`, whatever its names and links say. Owners and devices are left out: it runs as one user.
 * @param mediaType decides the compression: `+gzip`/`.gzip`, `+zstd`, or none
 */
export async function unpackLayer(file: string, mediaType: string, root: string): Promise<void> {
  const tar = extract();
  const own = new Set<string>();
  const decompress = decompressor(mediaType);
  const source = createReadStream(file);
  const fed = decompress ? pipeline(source, decompress, tar) : pipeline(source, tar);
  const unpacked = (async () => {
    for await (const entry of tar) {
      await apply(root, entry.header, own, (path) =>
        pipeline(entry, createWriteStream(path, { mode: (entry.header.mode ?? 0o644) | 0o600 })),
      );
      entry.resume();
    }
  })();
  await Promise.all([fed, unpacked]);
}

function decompressor(mediaType: string): Duplex | undefined {
  if (/[.+]gzip$/.test(mediaType)) return zlib.createGunzip();
  if (/\+zstd$/.test(mediaType)) {
    const create = (zlib as { createZstdDecompress?: () => Duplex }).createZstdDecompress;
    if (!create) throw new LayerError('a zstd layer needs Node 22.15 or newer to be unpacked');
    return create();
  }
  return undefined;
}

async function apply(
  root: string,
  header: Header,
  own: Set<string>,
  content: (path: string) => Promise<void>,
): Promise<void> {
  const name = safeName(header.name);
  if (name === '') return;
  const base = posix.basename(name);
  const parent = await realParent(root, posix.dirname(name));
  const whiteout = whiteoutOf(base);
  if (whiteout === 'opaque') return emptyFolder(parent, root, own);
  if (whiteout === 'metadata') return;
  if (whiteout) return rm(join(parent, whiteout.removes), { recursive: true, force: true });
  const path = join(parent, base);
  own.add(path);
  if (header.type === 'directory') return folder(path, header.mode);
  if (!['file', 'contiguous-file', 'link', 'symlink'].includes(header.type ?? 'file')) return;
  await rm(path, { recursive: true, force: true });
  if (header.type === 'symlink') return symlink(header.linkname ?? '', path);
  if (header.type === 'link') {
    const target = safeName(header.linkname ?? '');
    return link(join(await realParent(root, posix.dirname(target)), posix.basename(target)), path);
  }
  await content(path);
  if (header.mode !== undefined) await chmod(path, (header.mode & 0o777) | 0o600);
}

/**
 * What a name of the archive takes away, if it is a whiteout; metadata of AUFS (`.wh..wh.plnk`), which old images have,
 * takes nothing.
 * @throws LayerError for one of no name in its folder: `.wh.`, `.wh..` (the folder itself), `.wh...` (the one above)
 */
export function whiteoutOf(base: string): 'opaque' | 'metadata' | { readonly removes: string } | undefined {
  if (!base.startsWith('.wh.')) return undefined;
  if (base === '.wh..wh..opq') return 'opaque';
  const removes = base.slice('.wh.'.length);
  if (removes.startsWith('.wh.')) return 'metadata';
  if (removes === '' || removes === '.' || removes === '..')
    throw new LayerError(`"${base}" is a whiteout of no name`);
  return { removes };
}

/**
 * A name of the archive as a relative path without `.` and `..`; empty for the root.
 * @throws LayerError where it leads out
 */
export function safeName(name: string): string {
  const clean = posix.normalize(name.replace(/^\/+/, '')).replace(/\/+$/, '');
  if (clean === '..' || clean.startsWith('../')) throw new LayerError(`"${name}" leads out of the image`);
  if (name.includes('\0')) throw new LayerError('a name with a NUL byte');
  return clean === '.' ? '' : clean;
}

/**
 * The folder that a name's parent is, made where it is missing. A link on the way (`/bin` → `usr/bin`) is followed
 * inside of the image: an absolute one starts at the image's root, and `..` ends there.
 */
async function realParent(root: string, path: string): Promise<string> {
  const real = await resolveInside(root, path);
  await mkdir(real, { recursive: true });
  return real;
}

/** Where a path of the image is on disk, its links followed as the image's own root would follow them. */
export async function resolveInside(root: string, path: string): Promise<string> {
  let parts = posix.normalize(`/${path}`).split('/').filter(Boolean);
  const done: string[] = [];
  for (let links = 0; parts.length > 0; ) {
    const [part = '', ...rest] = parts;
    const target = await linkAt(join(root, ...done, part));
    if (target === undefined) {
      done.push(part);
      parts = rest;
      continue;
    }
    if (++links > 40) throw new LayerError(`"${path}" has too many links`);
    const whole = target.startsWith('/') ? target : posix.join('/', ...done, target);
    done.length = 0;
    parts = [
      ...posix
        .normalize(whole)
        .split('/')
        .filter((p) => p && p !== '..'),
      ...rest,
    ];
  }
  return normalize(join(root, ...done));
}

async function linkAt(path: string): Promise<string | undefined> {
  try {
    return (await lstat(path)).isSymbolicLink() ? await readlink(path) : undefined;
  } catch {
    return undefined;
  }
}

async function folder(path: string, mode: number | undefined): Promise<void> {
  const there = await lstat(path).catch(() => undefined);
  if (there && !there.isDirectory()) await rm(path, { force: true });
  await mkdir(path, { recursive: true });
  if (mode !== undefined) await chmod(path, (mode & 0o777) | 0o700);
}

/** Removes what lower layers left in a folder; what this layer itself put there stays. */
async function emptyFolder(path: string, root: string, own: ReadonlySet<string>): Promise<void> {
  if (!path.startsWith(root)) return;
  for (const name of await readdir(path)) {
    const child = join(path, name);
    const kept = [...own].some((mine) => mine === child || mine.startsWith(`${child}/`));
    if (!kept) await rm(child, { recursive: true, force: true });
  }
}
