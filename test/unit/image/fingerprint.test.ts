import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { contextDigest } from '../../../src/image/context-digest.ts';
import { fingerprintOf, type Ingredients } from '../../../src/image/fingerprint.ts';

const base: Ingredients = {
  dockerfile: 'd',
  target: '',
  platform: 'linux/amd64',
  buildArgs: [['API', 'https://staging.example']],
  context: 'c',
  buildContexts: [],
  secrets: ['npm'],
};

describe('the fingerprint of an image', () => {
  it('is the same for the same', () => {
    expect(fingerprintOf({ ...base })).toBe(fingerprintOf(base));
    expect(fingerprintOf(base)).toMatch(/^[0-9a-f]{64}$/);
  });
  const others: Array<[string, Partial<Ingredients>]> = [
    ['Dockerfile', { dockerfile: 'e' }],
    ['stage', { target: 'worker' }],
    ['platform', { platform: 'linux/arm64' }],
    ['value of an argument', { buildArgs: [['API', 'https://production.example']] }],
    ['name of an argument', { buildArgs: [['URL', 'https://staging.example']] }],
    ['no argument', { buildArgs: [] }],
    ['files', { context: 'other' }],
    ['further context', { buildContexts: [['base', 'docker-image://alpine']] }],
    ['secret', { secrets: [] }],
  ];
  it.each(others)('is another one for another %s', (_name, change) => {
    expect(fingerprintOf({ ...base, ...change })).not.toBe(fingerprintOf(base));
  });
});

describe('the digest of a build context', () => {
  let dir: string;
  const digest = async () => (await contextDigest(dir, join(dir, 'Dockerfile'))).digest;
  const write = (path: string, text: string) => {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'wwhd-context-'));
    write('Dockerfile', 'FROM scratch\n');
    write('src/app.js', 'one');
    write('node_modules/a/index.js', 'a');
    write('.git/HEAD', 'ref');
    write('.dockerignore', 'node_modules\n*.log\n!keep.log\n');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  const same: Array<[string, () => void]> = [
    ['a time', () => utimesSync(join(dir, 'src/app.js'), 1, 1)],
    ['an ignored folder', () => write('node_modules/b/index.js', 'b')],
    ['an ignored file', () => write('debug.log', 'x')],
    ['git', () => write('.git/HEAD', 'other')],
  ];
  it.each(same)('does not count %s', async (_name, change) => {
    const before = await digest();
    change();
    expect(await digest()).toBe(before);
  });

  const other: Array<[string, () => void]> = [
    ['contents', () => write('src/app.js', 'two')],
    ['a new file', () => write('src/new.js', '')],
    ['a file that an exception takes back', () => write('keep.log', 'x')],
    ['the executable bit', () => chmodSync(join(dir, 'src/app.js'), 0o755)],
    ['a link', () => symlinkSync('app.js', join(dir, 'src/link.js'))],
    [
      'an ignored file, where the Dockerfile has rules of its own',
      () => {
        write('Dockerfile.dockerignore', 'src\n');
      },
    ],
    ['all files, where podman and buildah have rules of their own', () => write('.containerignore', '*')],
  ];
  it.each(other)('counts %s', async (_name, change) => {
    const before = await digest();
    change();
    expect(await digest()).not.toBe(before);
  });
});
