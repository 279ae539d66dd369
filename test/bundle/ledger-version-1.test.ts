// A release bucket as version 1 of the ledger left it (the fixture is what it wrote, with names of the cloud put in): it is
// read, gone back in, and written on as version 2.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Pointer, ReleaseRecord } from '../../src/release/record.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { root } from '../support/dist.ts';
import { makePair, type TestPair } from '../support/pair.ts';
import { runAction } from '../support/run-action.ts';
import { removeFolders } from '../support/site.ts';

let cloud: TestCloud;
let pair: TestPair;

beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
  pair = await makePair(cloud, 'shop');
  for (const version of ['v1', 'v2']) await pair.release(version);
  const names: Record<string, string> = {
    SERVICE: pair.service,
    URL: pair.apiUrl,
    V0: await pair.image('v0'),
    V1: await pair.image('v1'),
    V2: await pair.image('v2'),
  };
  const text = readFileSync(join(root, 'test/fixtures/ledger-version-1.json'), 'utf8');
  const filled = text.replaceAll(/\$\{(\w+)\}/g, (_all, name: string) => names[name] ?? '');
  const { s3, releaseBucket: Bucket, distribution, url } = pair.site;
  for (const [Key, document] of Object.entries(JSON.parse(filled) as Record<string, Json>)) {
    const { frontend } = document;
    const placed = isSite(frontend)
      ? { ...document, frontend: { ...frontend, distribution, siteUrl: url } }
      : document;
    await s3.send(new PutObjectCommand({ Bucket, Key, Body: JSON.stringify(placed, null, 2) }));
  }
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'production/index.json.gz' }));
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

type Json = Readonly<Record<string, unknown>>;
const isSite = (value: unknown): value is Json => typeof value === 'object' && value !== null;

it('is read, and shows as it is', async () => {
  const run = await runAction(
    'history',
    { 'release-bucket': pair.site.releaseBucket },
    { env: cloud.env, runNumber: 90 },
  );
  expect(run.outputs['outcome'], run.log).toBe('unchanged');
  expect(run.outputs).toMatchObject({ current: 'v2', 'latest-good': 'v1' });
  expect(JSON.parse(run.outputs['live'] ?? '{}')).toEqual({ backend: 'v2', frontend: 'v2' });
  expect(await pair.site.json('production/current.json')).toMatchObject({ version: 1, backend: 'v2' });
});

it('is gone back in, and written on as version 2', async () => {
  const run = await pair.rollback({ reason: 'test' });
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  expect(run.outputs['restored-release']).toBe('v1');
  expect(await pair.live()).toEqual({ api: 'v1', page: 'v1' });
  const id = run.outputs['release-id'] ?? '';
  const parts = { backend: id, frontend: id };
  expect(await pair.site.json<Pointer>('production/current.json')).toMatchObject({ version: 2, parts });
  expect(await pair.site.json('production/current.json')).not.toHaveProperty('backend');
  expect(await pair.site.json<ReleaseRecord>(`production/releases/${id}.json`)).toMatchObject({
    version: 2,
    composition: parts,
    restores: 'v1',
    replaces: 'v2',
  });
  // What is only read stays as it was written.
  expect(await pair.site.json('production/releases/v1.json')).toMatchObject({ version: 1, pair: {} });
  expect(await pair.site.stored('production/set-aside/')).toEqual([]);
});

it('takes the next release, which joins what is live', async () => {
  await pair.release('v3', { frontend: false, inputs: { 'allow-older-commit': 'true' } });
  const record = await pair.site.json<ReleaseRecord>('production/releases/v3.json');
  expect(record?.composition).toMatchObject({ backend: 'v3', frontend: expect.any(String) });
  const back = await pair.rollback({ to: 'v2' });
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
  expect(await pair.live()).toEqual({ api: 'v2', page: 'v2' });
});
