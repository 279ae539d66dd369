import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ImageStore, type Repository } from '../../../local-cloud/services/registry/store.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'image-store-'));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const repository = (name: string): Repository => ({
  name,
  region: 'us-west-2',
  createdAt: 0,
  mutability: 'MUTABLE',
  exclusions: [],
  scanOnPush: false,
  encryption: { encryptionType: 'AES256' },
  resourceTags: {},
  manifests: {},
  tags: {},
  blobs: {},
  scans: {},
});

it('a manifest is whole at any moment, while another repository pushes the same one', async () => {
  const store = new ImageStore(dir);
  const digest = `sha256:${'a'.repeat(64)}`;
  const bytes = Buffer.alloc(65_536, 'm');
  const push = (name: string) =>
    store.putManifest(repository(name), { digest, mediaType: 'x', size: 1 }, bytes, 'v1', 1);
  await push('first');
  const lengths = new Set<number>();
  let pushing = true;
  const reading = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (pushing) lengths.add((await store.readBlob(digest)).length);
    }),
  );
  for (let i = 0; i < 200; i++) await push(`other-${i}`);
  pushing = false;
  await reading;
  expect([...lengths]).toEqual([bytes.length]);
});
