import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localFiles } from '../../../src/image/local-files.ts';
import { blobPath, readLayout } from '../../../src/image/oci.ts';
import { writeLayout } from '../../support/image.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wwhd-layout-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const read = (platform = 'linux/amd64') => readLayout(dir, platform, localFiles(dir));
const rewriteIndex = (change: (manifest: Record<string, unknown>) => unknown[]) => {
  const path = join(dir, 'index.json');
  const index = JSON.parse(readFileSync(path, 'utf8')) as { manifests: Record<string, unknown>[] };
  writeFileSync(path, JSON.stringify({ ...index, manifests: change(index.manifests[0] ?? {}) }));
};

describe('an image layout', () => {
  it('gives the manifest and what it needs', async () => {
    const { digest, layerDigest } = writeLayout(dir);
    const image = await read();
    expect(image.manifest.digest).toBe(digest);
    expect(image.blobs).toHaveLength(2);
    expect(image.blobs.map((b) => b.digest)).toContain(layerDigest);
  });

  it('takes the one image of the platform, and passes attestations over', async () => {
    const { digest } = writeLayout(dir);
    const other = { os: 'linux', architecture: 'arm64' };
    const attestation = { os: 'unknown', architecture: 'unknown' };
    rewriteIndex((m) => [{ ...m, platform: other }, { ...m, platform: attestation }, m]);
    expect((await read()).manifest.digest).toBe(digest);
    rewriteIndex((m) => [m, m]);
    await expect(read()).rejects.toThrow();
  });

  const broken: Array<[string, () => void, RegExp]> = [
    ['an empty folder', () => rmSync(join(dir, 'oci-layout')), /no file oci-layout/],
    ['no index', () => rmSync(join(dir, 'index.json')), /no file index.json/],
    ['an index that is not JSON', () => writeFileSync(join(dir, 'index.json'), '{'), /not JSON/],
    ['an empty index', () => rewriteIndex(() => []), /lists no manifest/],
    ['two images', () => rewriteIndex((m) => [m, { ...m }]), /2 images for linux\/amd64/],
    [
      'a digest that leads out of the folder',
      () => rewriteIndex((m) => [{ ...m, digest: 'sha256:../../../etc/passwd' }]),
      /no sha256 digest/,
    ],
    ['a wrong size', () => rewriteIndex((m) => [{ ...m, size: 1 }]), /should have 1/],
  ];
  it.each(broken)('refuses %s', async (_name, spoil, said) => {
    writeLayout(dir);
    spoil();
    await expect(read()).rejects.toThrow(said);
  });

  it('refuses a blob that is missing, or has other bytes', async () => {
    const { digest, layerDigest } = writeLayout(dir);
    rmSync(blobPath(dir, layerDigest));
    await expect(read()).rejects.toThrow(`${layerDigest} is missing`);
    writeLayout(dir);
    const path = blobPath(dir, digest);
    writeFileSync(path, readFileSync(path, 'utf8').replace('2', '3'));
    await expect(read()).rejects.toThrow(/has the content of/);
  });

  it('refuses an image for another platform', async () => {
    writeLayout(dir, { platform: 'linux/arm64' });
    await expect(read()).rejects.toThrow(/no image for linux\/amd64[\s\S]*linux\/arm64/);
    writeLayout(dir, { architecture: 'arm64' });
    await expect(read()).rejects.toThrow(/another platform/);
  });
});
