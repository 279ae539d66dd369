import { expect } from 'vitest';
import { createBucket, createOn, deployBackend, readJson, type TestService } from './backend.ts';
import { type FaultStage, versionAt } from './backend-faults.ts';
import type { Target } from './backend-table.ts';
import { dyingWire } from './dying-wire.ts';

interface Scene {
  readonly service: TestService;
  readonly bucket: string;
  readonly inputs: Readonly<Record<string, string>>;
}

async function sceneOf({ cloud, one, two }: FaultStage, target: Target, name: string): Promise<Scene> {
  const service = await createOn[target](cloud, name, one);
  const bucket = await createBucket(cloud, `releases-${name}`);
  const inputs = {
    service: service.arn,
    image: two,
    'release-bucket': bucket,
    'release-id': 'r1',
    'max-error-rate': '50%',
  };
  return { service, bucket, inputs };
}

/** All that a deployment changes, in its order: the moments at which it can be killed. */
export async function changesOfDeployment(stage: FaultStage, target: Target): Promise<readonly string[]> {
  const wire = await dyingWire(stage.cloud.endpoint, 0);
  const { inputs } = await sceneOf(stage, target, `lives-${target}`);
  const run = await deployBackend(stage.cloud, inputs, { env: { AWS_ENDPOINT_URL: wire.endpoint } });
  wire.close();
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  return wire.changes;
}

/**
 * A deployment is killed in the moment that its `n`th change is made. Users are on one whole version all the time; the
 * same run again ends well, and the ledger says so.
 * @param first `post`: GitHub runs the post step before that, which alone leaves a whole version and a free lock
 */
export async function killedAfter(
  stage: FaultStage,
  target: Target,
  n: number,
  first: 'none' | 'post',
): Promise<void> {
  const { cloud, one, two } = stage;
  const { service, bucket, inputs } = await sceneOf(stage, target, `dies-${n}-${first}-${target}`);
  const wire = await dyingWire(cloud.endpoint, n);
  const run = await deployBackend(cloud, inputs, {
    env: { AWS_ENDPOINT_URL: wire.endpoint },
    onStart: wire.watch,
  });
  wire.close();
  const at = `killed after ${wire.changes.join(', ')}\n${run.log}`;
  expect(run.signal, at).toBe('SIGKILL');
  expect(['1', '2'], at).toContain(await versionAt(service));
  if (first === 'post') {
    const post = await deployBackend(cloud, inputs, { post: run.state });
    expect(post.exitCode, `${at}\n${post.log}`).toBe(0);
    const [image, ...others] = await service.images();
    expect(others, at).toEqual([]);
    expect([one, two].map(digest), at).toContain(image);
    expect(await versionAt(service), at).toBe(image === digest(one) ? '1' : '2');
    const record = await readJson<Recorded>(cloud, bucket, 'production/releases/r1.json');
    if (record?.parts.backend?.result === 'interrupted') expect(image, at).toBe(digest(one));
    if (record?.parts.backend?.result === 'deployed') expect(image, at).toBe(digest(two));
    await expectFree(stage, bucket, at);
  }
  const again = await deployBackend(cloud, inputs, { env: { GITHUB_RUN_ATTEMPT: '2' } });
  const both = `${at}\n--- again\n${again.log}`;
  expect(['deployed', 'unchanged'], both).toContain(again.outputs['outcome']);
  expect(await service.images(), both).toEqual([digest(two)]);
  expect(await versionAt(service), both).toBe('2');
  expect(await readJson(cloud, bucket, 'production/current.json'), both).toMatchObject({
    parts: { backend: 'r1' },
  });
  expect(await readJson(cloud, bucket, 'production/releases/r1.json'), both).toMatchObject({
    parts: { backend: { result: again.outputs['outcome'], image: two } },
  });
  await expectFree(stage, bucket, both);
}

interface Recorded {
  readonly parts: { readonly backend?: { readonly result: string } };
}

const digest = (image: string): string => image.split('@')[1] ?? '';

async function expectFree({ cloud }: FaultStage, bucket: string, at: string): Promise<void> {
  const lock = await readJson<{ holders: unknown[] }>(cloud, bucket, 'production/lock.json');
  expect(lock?.holders ?? [], at).toEqual([]);
}
