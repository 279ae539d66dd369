// push-image killed after each of its requests, then run again: the tag names the whole image, or nothing yet.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AwsAccess, callJson } from '../../demo/aws.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { writeLayout } from '../support/image.ts';
import { runAction } from '../support/run-action.ts';

let cloud: TestCloud;
let dir: string;
let access: AwsAccess;
let digest: string;

const ecr = <T>(operation: string, body: unknown): Promise<T> =>
  callJson<T>(access, 'ecr', `AmazonEC2ContainerRegistry_V20150921.${operation}`, body);

async function tagged(repositoryName: string, imageTag: string): Promise<string | undefined> {
  const { images } = await ecr<{ images: { imageId: { imageDigest: string } }[] }>('BatchGetImage', {
    repositoryName,
    imageIds: [{ imageTag }],
  });
  return images[0]?.imageId.imageDigest;
}

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  access = {
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    accessKey: 'local',
    secretKey: 'local',
  };
  dir = mkdtempSync(join(tmpdir(), 'wwhd-push-kill-'));
  digest = writeLayout(join(dir, 'layout')).digest;
});
afterAll(async () => {
  await cloud.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Kills the action once the cloud has answered `requests` of its requests; it then hangs on the next. */
async function pushAndDie(repository: string, requests: number): Promise<NodeJS.Signals | null> {
  await cloud.clearRequests();
  await cloud.fault({ kind: 'hold', after: requests });
  const run = await runAction(
    'push-image',
    { repository, 'oci-layout': 'layout' },
    {
      cwd: dir,
      env: cloud.env,
      onStart: (child) => {
        const look = setInterval(async () => {
          if ((await cloud.requests()).length >= requests) child.kill('SIGKILL');
        }, 25);
        child.on('exit', () => clearInterval(look));
      },
    },
  );
  await cloud.clearFaults();
  return run.signal;
}

describe('push-image, killed', () => {
  it.each([1, 2, 3, 4, 6, 8])('after %i requests, and run again, ends well', async (requests) => {
    const repository = `app-${requests}`;
    await ecr('CreateRepository', { repositoryName: repository });
    expect(await pushAndDie(repository, requests)).toBe('SIGKILL');
    const left = await tagged(repository, 'sha-111111111111');
    expect([undefined, digest]).toContain(left);

    const again = await runAction(
      'push-image',
      { repository, 'oci-layout': 'layout' },
      { cwd: dir, env: cloud.env },
    );
    expect(again.exitCode, again.log).toBe(0);
    expect(again.outputs['digest']).toBe(digest);
    expect(again.outputs['outcome']).toBe(left ? 'unchanged' : 'deployed');
    expect(await tagged(repository, 'sha-111111111111')).toBe(digest);
  });
});
