import { BatchDeleteImageCommand, ECRClient } from '@aws-sdk/client-ecr';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReleaseRecord } from '../../src/release/record.ts';
import { call, createOn, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { clientSettings } from '../support/pair.ts';
import { makeBusy, makeRecordedPair, type RecordedPair } from '../support/recorded-pair.ts';
import { removeFolders } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

/** No name is part of another: they tell whose a request was. */
const NAMES = { apprunner: 'till', ecs: 'desk', 'ecs-express': 'cart' } as const;

async function changes(pair: RecordedPair): Promise<string[]> {
  const others = /index\.json\.gz|lock\.json|probe/;
  return (await cloud.changes())
    .filter(({ resource }) => resource.includes(pair.service.name) && !others.test(resource))
    .map(({ operation, resource }) => `${operation} ${resource}`);
}

async function expectRefused(
  pair: RecordedPair,
  inputs: Readonly<Record<string, string>>,
  words: RegExp,
): Promise<void> {
  const before = await changes(pair);
  const run = await pair.rollback(inputs);
  expect(run.outputs['outcome'], run.log).toBe('refused');
  expect(run.exitCode).toBe(2);
  expect(run.log.replaceAll('%0A', '\n')).toMatch(words);
  expect(await changes(pair)).toEqual(before);
}

const secret = (name: string, operation: string, input: object = {}) =>
  call<{ ARN: string }>(cloud, 'secretsmanager', `secretsmanager.${operation}`, input).then(
    ({ ARN }) => ARN ?? name,
  );

describe.concurrent('a rollback that could not be finished changes nothing', () => {
  it.each(['apprunner', 'ecs', 'ecs-express'] as const)('%s', async (target) => {
    const name = NAMES[target];
    const [v1, v2, other, arm] = await Promise.all([
      pushApp(cloud, { version: 'v1' }, name),
      pushApp(cloud, { version: 'v2' }, name),
      pushApp(cloud, { version: 'other' }, name),
      pushApp(cloud, { version: 'arm', platforms: ['linux/arm64'] }, name),
    ]);
    const service = await createOn[target](cloud, name, v2);
    const pair = await makeRecordedPair(cloud, service, { v1, v2 });
    const backend = { scope: 'backend' };

    const Name = `${name}-db`;
    const DB = await secret(Name, 'CreateSecret', { Name, SecretString: 'x' });
    await pair.record('v1', { secrets: { DB_URL: DB } });
    const planned = await pair.rollback({ 'dry-run': 'true' });
    expect(planned.outputs['outcome'], planned.log).toBe('planned');
    await secret(Name, 'DeleteSecret', { SecretId: DB });
    await expectRefused(
      pair,
      {},
      /input `secrets`: the secret .*-db-\w+, which DB_URL refers to, is scheduled/,
    );
    await pair.record('v1', { secrets: { DB_URL: DB.replace('-db-', '-none-') } });
    await expectRefused(pair, backend, /input `secrets`: [\s\S]*-none-[\s\S]*create the secret/);

    await pair.record('v1', { image: arm });
    await expectRefused(pair, {}, /the image is not made for linux\/amd64[\s\S]*linux\/arm64 in /);

    await pair.record('v1', {});
    const ecr = new ECRClient(clientSettings(cloud));
    const imageDigest = v1.split('@')[1];
    await ecr.send(new BatchDeleteImageCommand({ repositoryName: name, imageIds: [{ imageDigest }] }));
    await expectRefused(pair, backend, /input `image`: there is no digest sha256:/);

    await pair.record('v1', { image: other });
    await makeBusy(cloud, service, arm);
    await expectRefused(
      pair,
      { 'lock-timeout': '1s' },
      /input `lock-timeout`: timed out after [\d.]+s waiting for .* to be free[\s\S]*nothing has been changed by us/,
    );

    const { site } = pair;
    const key = 'production/releases/v1.json';
    const whole = (await site.json<ReleaseRecord>(key)) as ReleaseRecord;
    for (const manifest of ['production/current.json', `sites/${name}-site/manifests/../site.json`, '']) {
      const frontend = { ...whole.parts['frontend'], manifest };
      const Body = JSON.stringify({ ...whole, parts: { ...whole.parts, frontend } });
      await site.s3.send(new PutObjectCommand({ Bucket: site.releaseBucket, Key: key, Body }));
      await expectRefused(
        pair,
        { scope: 'frontend' },
        /names a manifest that is not one of its site|cannot be read/,
      );
    }
    const Body = JSON.stringify(whole);
    await site.s3.send(new PutObjectCommand({ Bucket: site.releaseBucket, Key: key, Body }));

    for (const Key of await pair.site.stored(`sites/${name}-site/blobs/`)) {
      await pair.site.s3.send(new DeleteObjectCommand({ Bucket: pair.site.releaseBucket, Key }));
    }
    const missing = /of the files of that release are no longer in the release bucket[\s\S]*index\.html/;
    await expectRefused(pair, { scope: 'frontend' }, missing);
  });
});
