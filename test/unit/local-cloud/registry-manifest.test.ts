import { describe, expect, it } from 'vitest';
import { ownBlobs, parseManifest } from '../../../local-cloud/services/registry/manifest.ts';

const type = 'application/vnd.oci.image.manifest.v1+json';
const digest = (c: string) => `sha256:${c.repeat(64)}`;
const layer = (c: string, more: object = {}) => ({ mediaType: 'layer', digest: digest(c), size: 1, ...more });

describe('what a registry must hold of an image', () => {
  it.each([
    [
      [layer('a'), layer('b')],
      ['c', 'a', 'b'],
    ],
    [
      [layer('a'), layer('b', { urls: ['https://store.example.com/b'] })],
      ['c', 'a'],
    ],
    [[layer('a', { urls: [] })], ['c', 'a']],
    [[], ['c']],
  ])('%j', (layers, held) => {
    const manifest = { schemaVersion: 2, mediaType: type, config: layer('c'), layers };
    const parsed = parseManifest(Buffer.from(JSON.stringify(manifest)), type);
    expect(ownBlobs(parsed).map((one) => one.digest)).toEqual(held.map(digest));
  });
});
