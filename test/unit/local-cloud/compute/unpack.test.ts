import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type Header, pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LayerError, resolveInside, safeName, unpackLayer } from '../../../../local-cloud/images/unpack.ts';

let dir: string;
let root: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'unpack-'));
  root = join(dir, 'root');
  mkdirSync(root);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

type Entry = [header: Partial<Header> & { name: string }, content?: string];

async function layer(entries: Entry[], mediaType = 'application/vnd.oci.image.layer.v1.tar'): Promise<void> {
  const tar = pack();
  for (const [header, content] of entries) tar.entry(header, content ?? '');
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  const file = join(dir, `layer-${entries.length}-${Math.random()}`);
  writeFileSync(file, mediaType.endsWith('gzip') ? gzipSync(bytes) : bytes);
  await unpackLayer(file, mediaType, root);
}

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('unpackLayer', () => {
  it('writes files, folders, links and modes, and makes parents that no entry names', async () => {
    await layer(
      [
        [{ name: 'bin/', type: 'directory', mode: 0o755 }],
        [{ name: 'bin/run', mode: 0o755 }, '#!/bin/sh'],
        [{ name: 'deep/er/file' }, 'x'],
        [{ name: 'link', type: 'symlink', linkname: 'bin/run' }],
        [{ name: 'hard', type: 'link', linkname: 'bin/run' }],
      ],
      'application/vnd.oci.image.layer.v1.tar+gzip',
    );
    expect(statSync(join(root, 'bin/run')).mode & 0o777).toBe(0o755);
    expect(read('deep/er/file')).toBe('x');
    expect(readlinkSync(join(root, 'link'))).toBe('bin/run');
    expect(read('hard')).toBe('#!/bin/sh');
  });

  it('removes by whiteouts, and empties an opaque folder of lower layers only', async () => {
    await layer([
      [{ name: 'a/one' }, '1'],
      [{ name: 'a/two' }, '2'],
      [{ name: 'b/low' }, 'l'],
      [{ name: 'b/sub/low' }, 'l'],
      [{ name: 'gone/x' }, 'x'],
    ]);
    await layer([
      [{ name: 'a/.wh.one' }],
      [{ name: 'b/high' }, 'h'],
      [{ name: 'b/.wh..wh..opq' }],
      [{ name: '.wh.gone' }],
    ]);
    expect(existsSync(join(root, 'a/one'))).toBe(false);
    expect(read('a/two')).toBe('2');
    expect(read('b/high')).toBe('h');
    expect(existsSync(join(root, 'b/low'))).toBe(false);
    expect(existsSync(join(root, 'b/sub'))).toBe(false);
    expect(existsSync(join(root, 'gone'))).toBe(false);
  });

  it.each(['.wh.', '.wh..', '.wh...', 'a/.wh..', 'a/.wh...'])(
    'refuses the whiteout %j, which is of no name: folder and neighbours stay',
    async (name) => {
      mkdirSync(join(dir, 'other-image'));
      await layer([[{ name: 'a/one' }, '1']]);
      await expect(layer([[{ name }]])).rejects.toThrow(LayerError);
      expect(read('a/one')).toBe('1');
      expect(existsSync(join(dir, 'other-image'))).toBe(true);
    },
  );

  it('ignores the metadata of AUFS that old images have', async () => {
    await layer([[{ name: 'a/one' }, '1'], [{ name: 'a/.wh..wh.plnk/x' }, ''], [{ name: 'a/.wh..wh.aufs' }]]);
    expect(read('a/one')).toBe('1');
    expect(existsSync(join(root, 'a/.wh..wh.aufs'))).toBe(false);
  });

  it('replaces a file by a folder, a folder by a file, and a link by a file without following it', async () => {
    writeFileSync(join(dir, 'outside'), 'untouched');
    await layer([
      [{ name: 'x' }, 'file'],
      [{ name: 'y/in' }, 'file'],
      [{ name: 'z', type: 'symlink', linkname: '../outside' }],
    ]);
    await layer([
      [{ name: 'x/', type: 'directory' }],
      [{ name: 'y' }, 'now a file'],
      [{ name: 'z' }, 'now a file'],
    ]);
    expect(statSync(join(root, 'x')).isDirectory()).toBe(true);
    expect(read('y')).toBe('now a file');
    expect(read('z')).toBe('now a file');
    expect(readFileSync(join(dir, 'outside'), 'utf8')).toBe('untouched');
  });

  it('writes nothing outside, by names or through links', async () => {
    await expect(layer([[{ name: '../escape' }, 'x']])).rejects.toThrow(LayerError);
    await layer([
      [{ name: 'up', type: 'symlink', linkname: '../..' }],
      [{ name: 'abs', type: 'symlink', linkname: '/etc' }],
      [{ name: 'up/escape' }, 'x'],
      [{ name: 'abs/escape' }, 'x'],
    ]);
    expect(existsSync(join(dir, 'escape'))).toBe(false);
    expect(existsSync('/etc/escape')).toBe(false);
    expect(read('escape')).toBe('x');
    expect(read('etc/escape')).toBe('x');
  });
});

it.each([
  ['a/b', 'a/b'],
  ['./a/', 'a'],
  ['/a', 'a'],
  ['a/../b', 'b'],
  ['./', ''],
])('safeName(%s) is %s', (name, safe) => expect(safeName(name)).toBe(safe));

it.each(['..', '../a', 'a/../../b', 'a\0b'])('safeName refuses %j', (name) =>
  expect(() => safeName(name)).toThrow(LayerError),
);

it('follows links as the image would, and gives up on a circle', async () => {
  await layer([
    [{ name: 'usr/bin/tool' }, 't'],
    [{ name: 'bin', type: 'symlink', linkname: '/usr/bin' }],
    [{ name: 'a', type: 'symlink', linkname: 'b' }],
    [{ name: 'b', type: 'symlink', linkname: 'a' }],
  ]);
  expect(await resolveInside(root, '/bin/tool')).toBe(join(root, 'usr/bin/tool'));
  await expect(resolveInside(root, 'a/x')).rejects.toThrow('too many links');
});
