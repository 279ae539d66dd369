// A thousand releases: how long `history` takes, and what `latest-good` costs a rollback (bound of issue 5: 1 s). The
// first look builds the index, which every release keeps up from then on.
//
//   npm run bench:history -- [--releases 1000]
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import pMap from 'p-map';
import { runBundle, startLocalCloud } from './support/local-cloud.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, process.env.WWHD_DIST ?? 'dist');
const { values } = parseArgs({ options: { releases: { type: 'string', default: '1000' } } });
const count = Number(values.releases);
const cloud = await startLocalCloud(dist, 20);
const s3 = new S3Client({
  endpoint: cloud.endpoint,
  region: 'us-west-2',
  forcePathStyle: true,
  credentials: { accessKeyId: cloud.env.AWS_ACCESS_KEY_ID, secretAccessKey: cloud.env.AWS_SECRET_ACCESS_KEY },
});
const put = (Key, value) =>
  s3.send(new PutObjectCommand({ Bucket: 'ledger', Key, Body: JSON.stringify(value, null, 2) }));

function record(i) {
  const id = `r${String(i).padStart(5, '0')}`;
  const startedAt = new Date(Date.now() - (count - i) * 1_800_000).toISOString();
  const part = { result: 'deployed', startedAt, finishedAt: startedAt };
  return {
    version: 2,
    id,
    environment: 'production',
    type: 'deployment',
    commit: String(i).padStart(40, '0'),
    ref: 'refs/heads/main',
    repository: 'bench/shop',
    actor: 'bench',
    run: { url: `https://github.com/bench/shop/actions/runs/${i}/attempts/1`, number: i },
    startedAt,
    finishedAt: startedAt,
    result: 'deployed',
    parts: {
      backend: {
        kind: 'service',
        target: 'apprunner',
        service: 'arn:aws:apprunner:us-west-2:000000000000:service/none/0',
        image: `r@sha256:${'a'.repeat(64)}`,
        ...part,
      },
    },
    composition: { backend: id },
  };
}

async function measure(title, name, inputs, expected) {
  await cloud.control('requests', 'DELETE');
  const all = { 'release-bucket': 'ledger', ...inputs };
  const run = await runBundle(root, dist, name, all, { env: cloud.env, run: 1, job: name });
  if (run.outputs.outcome !== expected) throw new Error(run.log);
  const requests = await (await cloud.control('requests')).json();
  const own = (requests.at(-1).time - requests[0].time) / 1000;
  console.log(
    `${title}: ${((run.ended - run.started) / 1000).toFixed(2)} s in all, ${own.toFixed(2)} s from the first request to the last, ${requests.length} requests`,
  );
}

try {
  await s3.send(new CreateBucketCommand({ Bucket: 'ledger' }));
  const records = Array.from({ length: count }, (_, i) => record(i));
  await pMap(records, (one) => put(`production/releases/${one.id}.json`, one), { concurrency: 32 });
  const { id } = records.at(-1);
  await put('production/current.json', {
    version: 2,
    environment: 'production',
    release: id,
    parts: { backend: id },
  });
  await measure('the first look, which makes the index', 'history', {}, 'unchanged');
  await measure('history', 'history', {}, 'unchanged');
  // There is no such service: the release has been chosen when that is found out.
  await measure('latest-good', 'rollback', { 'dry-run': 'true' }, 'refused');
} finally {
  await cloud.stop();
}
