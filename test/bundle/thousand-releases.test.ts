import pMap from 'p-map';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { VERSION } from '../../src/release/record.ts';
import { encodeIndex } from '../../src/release/release-index.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { releaseRecord } from '../support/release.ts';
import { runAction } from '../support/run-action.ts';
import { signedFetch } from '../support/signed.ts';

const idOf = (i: number) => `r${String(i).padStart(4, '0')}`;
const RELEASES = 1001;

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud();
  const put = async (key: string, body: string | Uint8Array<ArrayBuffer>) => {
    const answer = await signedFetch(cloud, { service: 's3', method: 'PUT', path: `/ledger${key}`, body });
    if (!answer.ok) throw new Error(await answer.text());
    return (answer.headers.get('etag') ?? '').replaceAll('"', '');
  };
  await put(
    '',
    '<CreateBucketConfiguration><LocationConstraint>us-west-2</LocationConstraint></CreateBucketConfiguration>',
  );
  const entries = await pMap(
    Array.from({ length: RELEASES }, (_, i) => releaseRecord(idOf(i), i / 2)),
    async (record) => {
      const etag = await put(`/production/releases/${record.id}.json`, JSON.stringify(record));
      return [record.id, { etag, record }] as const;
    },
    { concurrency: 48 },
  );
  const index = {
    version: VERSION,
    environment: 'production',
    entries: Object.fromEntries(entries),
  } as const;
  await put('/production/index.json.gz', new Uint8Array(encodeIndex(index)));
  const [release, environment] = [idOf(RELEASES - 1), 'production'];
  const parts = { backend: release, frontend: release };
  const pointer = { version: VERSION, environment, release, parts };
  await put('/production/current.json', JSON.stringify(pointer));
});
afterAll(() => cloud?.stop());

/** Requests that an action makes of the ledger. */
async function asked(name: string, inputs: Readonly<Record<string, string>>) {
  await cloud.clearRequests();
  const run = await runAction(name, { 'release-bucket': 'ledger', ...inputs }, { env: cloud.env });
  const requests = (await cloud.requests()).filter((r) => r.resource.startsWith('ledger'));
  return { run, requests: requests.map(({ operation, resource }) => `${operation} ${resource}`) };
}

// How long they take is for bench/history.mjs to say.
it('a thousand releases are a handful of requests', async () => {
  const { run, requests } = await asked('history', { limit: '10' });
  expect(run.outputs['latest-good'], run.log).toBe(idOf(RELEASES - 2));
  expect(requests.sort()).toEqual([
    'GetObject ledger/production/current.json',
    'GetObject ledger/production/index.json.gz',
    'GetObject ledger/production/lock.json',
    'ListObjectsV2 ledger',
    'ListObjectsV2 ledger',
  ]);

  // The service is nobody's: the rollback has chosen when it finds that out.
  const rollback = await asked('rollback', { 'dry-run': 'true', scope: 'backend' });
  expect(rollback.run.outputs['outcome'], rollback.run.log).toBe('refused');
  // It chooses once more when it plans.
  expect(rollback.requests.length, rollback.requests.join('\n')).toBeLessThanOrEqual(8);
});
