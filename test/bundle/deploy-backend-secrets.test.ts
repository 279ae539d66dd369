import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  call,
  changesOf,
  createBucket,
  createOn,
  deployBackend,
  pushApp,
  readJson,
} from '../support/backend.ts';
import { TARGETS } from '../support/backend-table.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';

let cloud: TestCloud;
let one: string;
beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  one = await pushApp(cloud, { version: '1' });
});
afterAll(() => cloud.stop());

const secrets = (operation: string, input: object) =>
  call(cloud, 'secretsmanager', `secretsmanager.${operation}`, input);
const seenBy = async (url: string) =>
  ((await (await fetch(`${url}/`)).json()) as { DB_PASSWORD?: string }).DB_PASSWORD;

describe.concurrent('a secret', () => {
  test.each(TARGETS)('that was rotated is a change, with the image as it is, on %s', async (target) => {
    const name = `db-${target}`;
    await secrets('CreateSecret', { Name: name, SecretString: 'old' });
    const service = await createOn[target](cloud, `${target}-rotates`, one);
    const bucket = await createBucket(cloud, `rotates-releases-${target}`);
    const deploy = (id: string, more: Record<string, string> = {}) =>
      deployBackend(
        cloud,
        {
          service: service.arn,
          image: one,
          secrets: `DB_PASSWORD=${name}`,
          'release-bucket': bucket,
          'release-id': id,
          ...more,
        },
        { cwd: mkdtempSync(join(tmpdir(), 'wwhd-')) },
      );
    const first = await deploy('r1');
    expect(first.outputs['outcome'], first.log).toBe('deployed');
    expect(await seenBy(service.url)).toBe('old');
    const same = await deploy('r2');
    expect(same.outputs['outcome'], same.log).toBe('unchanged');

    await secrets('PutSecretValue', { SecretId: name, SecretString: 'new' });
    const before = (await changesOf(cloud, service.name)).length;
    const planned = await deploy('r3', { 'dry-run': 'true' });
    expect(planned.outputs['outcome'], planned.log).toBe('planned');
    expect(JSON.parse(planned.outputs['plan'] ?? '')).toMatchObject([
      { field: 'secrets.DB_PASSWORD', change: 'change', note: expect.stringContaining('a newer version') },
    ]);
    const kept = await deploy('r4', { restart: 'false' });
    expect(kept.outputs['outcome'], kept.log).toBe('unchanged');
    expect(kept.log).toMatch(/DB_PASSWORD: the secret has a newer version, and `restart` is false/);
    expect(await seenBy(service.url)).toBe('old');
    expect((await changesOf(cloud, service.name)).slice(before).filter((o) => !o.includes('Object'))).toEqual(
      [],
    );

    const rotated = await deploy('r5');
    expect(rotated.outputs['outcome'], rotated.log).toBe('deployed');
    expect(await seenBy(service.url)).toBe('new');
    expect(rotated.outputs['image']).toBe(one);
    const record = await readJson<object>(cloud, bucket, 'production/releases/r5.json');
    expect(record).toMatchObject({
      parts: { backend: { secretVersions: { DB_PASSWORD: expect.any(String) } } },
    });
    expect(JSON.stringify(record)).not.toMatch(/"(old|new)"/);
    const after = await deploy('r6');
    expect(after.outputs['outcome'], after.log).toBe('unchanged');
  });

  test.each(TARGETS)('without a value is refused before anything is changed, on %s', async (target) => {
    const name = `empty-${target}`;
    await secrets('CreateSecret', { Name: name });
    const service = await createOn[target](cloud, `${target}-has-empty`, one);
    const before = await changesOf(cloud, service.name);
    const run = await deployBackend(cloud, { service: service.arn, image: one, secrets: `DB=${name}` });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(run.log).toMatch(/which DB refers to, has no value yet[\s\S]*put-secret-value/);
    expect(await changesOf(cloud, service.name)).toEqual(before);
  });
});
