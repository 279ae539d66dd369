import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { CreateRepositoryCommand, DescribeRepositoriesCommand, ECRClient } from '@aws-sdk/client-ecr';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CLOUD_KEYS } from '../support/cloud.ts';
import { bundlePath } from '../support/dist.ts';

let state: string;
let running: ChildProcess[];
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'wwhd-state-'));
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map(kill));
  rmSync(state, { recursive: true, force: true });
});

const cloudFile = join(bundlePath('local-cloud'), 'index.js');

/** Starts a cloud on the folder. @param limit blocks of 512 bytes that no file may grow beyond */
async function start(limit?: number) {
  const args = [cloudFile, '--port', '0', '--state', state, '--quiet'];
  const command = limit === undefined ? 'exec "$@"' : `ulimit -f ${limit}; exec "$@"`;
  const child = spawn('sh', ['-c', command, 'sh', process.execPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const config = {
    endpoint: /http:\S+/.exec(line)?.[0] ?? '',
    region: 'us-west-2',
    credentials: CLOUD_KEYS,
    maxAttempts: 1,
  };
  return { child, s3: new S3Client({ ...config, forcePathStyle: true }), ecr: new ECRClient(config) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const makeBucket = (s3: S3Client) =>
  s3.send(
    new CreateBucketCommand({
      Bucket: 'kept',
      CreateBucketConfiguration: { LocationConstraint: 'us-west-2' },
    }),
  );

/** Everything in the bucket, key to content. */
async function contents(s3: S3Client): Promise<Map<string, string>> {
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: 'kept' }));
  const all = new Map<string, string>();
  for (const { Key = '' } of Contents) {
    const got = await s3.send(new GetObjectCommand({ Bucket: 'kept', Key }));
    all.set(Key, (await got.Body?.transformToString()) ?? '');
  }
  return all;
}

/** Writes of many clients until the cloud is gone. @returns what was acknowledged last, and what was under way */
async function churn(s3: S3Client, until: Promise<unknown>) {
  const known = new Map<string, string | undefined>();
  const unsure = new Set<string>();
  let over = false;
  const end = until.then(() => {
    over = true;
  });
  const worker = async (id: number) => {
    for (let n = 0; !over; n++) {
      const Key = `${id}/${n % 5}`;
      const Body = `${id}.${n}.`.padEnd(n % 7 === 3 ? 70_000 : 20, 'x');
      const remove = n % 4 === 3;
      unsure.add(Key);
      try {
        if (remove) await s3.send(new DeleteObjectCommand({ Bucket: 'kept', Key }));
        else await s3.send(new PutObjectCommand({ Bucket: 'kept', Key, Body }));
      } catch {
        return;
      }
      unsure.delete(Key);
      known.set(Key, remove ? undefined : Body);
    }
  };
  await Promise.all([end, ...Array.from({ length: 8 }, (_, id) => worker(id))]);
  return { known, unsure };
}

it('loses no acknowledged write when it is killed, round after round', async () => {
  let cloud = await start();
  await makeBucket(cloud.s3);
  let wanted = new Map<string, string | undefined>();
  for (let round = 0; round < 3; round++) {
    const { child } = cloud;
    const killed = new Promise((resolve) => setTimeout(resolve, 700 + round * 150)).then(() => kill(child));
    const { known, unsure } = await churn(cloud.s3, killed);
    expect(known.size).toBeGreaterThan(0);
    cloud = await start();
    const found = await contents(cloud.s3);
    wanted = new Map([...wanted, ...known]);
    for (const [key, body] of wanted)
      if (!unsure.has(key)) expect([key, found.get(key)]).toEqual([key, body]);
    wanted = new Map(found);
  }
});

it('keeps uploads with their parts, and what other services hold', async () => {
  const first = await start();
  await makeBucket(first.s3);
  const of = { Bucket: 'kept', Key: 'large' };
  const { UploadId } = await first.s3.send(new CreateMultipartUploadCommand(of));
  for (const PartNumber of [1, 2])
    await first.s3.send(new UploadPartCommand({ ...of, UploadId, PartNumber, Body: `part ${PartNumber}` }));
  await first.ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' }));
  await kill(first.child);
  const second = await start();
  const { Parts } = await second.s3.send(new ListPartsCommand({ ...of, UploadId }));
  expect(Parts?.map((part) => [part.PartNumber, part.Size])).toEqual([
    [1, 6],
    [2, 6],
  ]);
  const { repositories } = await second.ecr.send(new DescribeRepositoriesCommand({}));
  expect(repositories?.map((one) => one.repositoryName)).toEqual(['app']);
});

it('answers 503 when the disk is full, loses nothing, and goes on when there is space', async () => {
  const full = await start(64);
  await makeBucket(full.s3);
  const kept = new Map<string, string>();
  let refused: { name?: string; $metadata?: { httpStatusCode?: number } } = {};
  for (let n = 0; n < 400 && refused.name === undefined; n++) {
    const [Key, Body] = [`k${n}`, `content ${n}`];
    await full.s3.send(new PutObjectCommand({ Bucket: 'kept', Key, Body })).then(
      () => void kept.set(Key, Body),
      (error) => {
        refused = error;
      },
    );
  }
  expect([refused.name, refused.$metadata?.httpStatusCode]).toEqual(['ServiceUnavailable', 503]);
  expect(kept.size).toBeGreaterThan(10);
  // A write that is refused before it is done changes nothing, and a read is answered as ever.
  const again = full.s3.send(new PutObjectCommand({ Bucket: 'kept', Key: 'k0', Body: 'other' }));
  await expect(again).rejects.toMatchObject({ name: 'ServiceUnavailable' });
  expect((await contents(full.s3)).get('k0')).toBe('content 0');
  await kill(full.child);
  const { s3 } = await start();
  const found = await contents(s3);
  for (const [key, body] of kept) expect([key, found.get(key)]).toEqual([key, body]);
  await s3.send(new PutObjectCommand({ Bucket: 'kept', Key: 'after', Body: 'x' }));
});

it('refuses a second process on the folder, and names the first', async () => {
  const first = await start();
  const second = spawn(process.execPath, [cloudFile, '--port', '0', '--state', state], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  second.stderr.on('data', (chunk) => said.push(String(chunk)));
  const [code] = (await once(second, 'close')) as [number];
  expect([code, said.join('')]).toEqual([1, expect.stringContaining(`in use by process ${first.child.pid}`)]);
  await makeBucket(first.s3);
  expect(readFileSync(join(state, 'lock'), 'utf8')).toMatch(new RegExp(`^${first.child.pid} `));
  first.child.kill('SIGTERM');
  await once(first.child, 'exit');
  await start();
});
