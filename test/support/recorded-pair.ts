import { PutObjectCommand } from '@aws-sdk/client-s3';
import type { Pointer, ReleaseRecord, ServicePart } from '../../src/release/record.ts';
import { ecs, type TestService, updateImage } from './backend.ts';
import type { TestCloud } from './cloud.ts';
import { commitOf } from './pair.ts';
import { type ActionRun, type RunOptions, runAction } from './run-action.ts';
import { makeFolder, makeSite, smallSite, type TestSite } from './site.ts';

/** A site that was deployed twice, as `v1` and `v2`, and a service whose part is written into both records by hand. */
export interface RecordedPair {
  readonly site: TestSite;
  readonly service: TestService;
  /** Replaces the part `backend` of a record. */
  record(version: 'v1' | 'v2', half: Partial<ServicePart>): Promise<void>;
  rollback(inputs?: Readonly<Record<string, string>>, options?: RunOptions): Promise<ActionRun>;
}

export async function makeRecordedPair(
  cloud: TestCloud,
  service: TestService,
  images: { readonly v1: string; readonly v2: string },
): Promise<RecordedPair> {
  const site = await makeSite(cloud, `${service.name}-site`, { distribution: false });
  const put = (key: string, value: object) =>
    site.s3.send(
      new PutObjectCommand({ Bucket: site.releaseBucket, Key: key, Body: JSON.stringify(value, null, 2) }),
    );
  for (const version of ['v1', 'v2']) {
    const options = { commit: commitOf(version), runNumber: Number(version.slice(1)) };
    const run = await site.deploy(makeFolder(smallSite(version)), { 'release-id': version }, options);
    if (run.outputs['outcome'] !== 'deployed') throw new Error(run.log);
  }
  const key = (version: string) => `production/releases/${version}.json`;
  const record: RecordedPair['record'] = async (version, half) => {
    const now = (await site.json<ReleaseRecord>(key(version))) as ReleaseRecord;
    const backend: ServicePart = {
      kind: 'service',
      target: service.target,
      service: service.arn,
      image: images[version],
      result: 'deployed',
      startedAt: now.startedAt,
      finishedAt: now.startedAt,
      ...half,
    };
    await put(key(version), {
      ...now,
      parts: { ...now.parts, backend },
      composition: { ...now.composition, backend: version },
    });
  };
  await record('v1', {});
  await record('v2', {});
  const pointer = await site.json<Pointer>('production/current.json');
  await put('production/current.json', { ...pointer, parts: { ...pointer?.parts, backend: 'v2' } });
  return {
    site,
    service,
    record,
    rollback: (inputs = {}, options = {}) =>
      runAction(
        'rollback',
        { 'release-bucket': site.releaseBucket, to: 'v1', ...inputs },
        { runNumber: 90, ...options, env: { ...cloud.env, ...options.env } },
      ),
  };
}

/** Somebody else's update that never comes to its end. */
export async function makeBusy(cloud: TestCloud, service: TestService, image: string): Promise<void> {
  await cloud.fault({ kind: 'stuck', resource: service.name });
  if (service.target === 'ecs') {
    const forced = { cluster: 'main', service: service.name, forceNewDeployment: true };
    await ecs(cloud, 'UpdateService', forced);
  } else await updateImage(cloud, service, image);
}
