import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Pointer, ReleaseRecord } from '../../src/release/record.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { type RunOptions, runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import { until } from '../support/until.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const adopt = (site: TestSite, options: RunOptions = {}, inputs: Record<string, string> = {}) =>
  runAction(
    'history',
    {
      'release-bucket': site.releaseBucket,
      environment: 'production',
      'adopt-environment': 'live',
      ...inputs,
    },
    { ...options, env: { ...cloud.env, ...options.env } },
  );

/** Two releases of the environment `live`. */
async function released(name: string): Promise<TestSite> {
  const site = await makeSite(cloud, name);
  for (const id of ['one', 'two']) {
    const run = await site.deploy(makeFolder(smallSite(id)), { environment: 'live', 'release-id': id });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
  }
  return site;
}

const deployed = (site: TestSite, environment: string, id: string) =>
  site.deploy(makeFolder(smallSite(id)), { environment, 'release-id': id }, { runNumber: 7 });

async function expectServed(site: TestSite, version: string): Promise<void> {
  await site.dropped();
  expect((await site.get('/index.html')).body).toBe(smallSite(version)['index.html']);
}

describe('an environment that was renamed', () => {
  it('is refused with the command, goes on after it, and can be gone back beyond it', async () => {
    const site = await released('renamed');
    const refused = await deployed(site, 'production', 'three');
    expect(refused.outputs['outcome'], refused.log).toBe('refused');
    expect(refused.log).toContain(
      `wwhd-deploy history --release-bucket ${site.releaseBucket} --environment production --adopt-environment live`,
    );
    const run = await adopt(site);
    expect(run.outputs, run.log).toMatchObject({ outcome: 'unchanged', adopted: '2', current: 'two' });
    expect(JSON.parse(run.outputs['releases'] ?? '').map(({ id }: ReleaseRecord) => id)).toEqual([
      'two',
      'one',
    ]);
    await expectServed(site, 'two');

    // Under the old name nothing is deployed any more, and its releases are still told.
    await cloud.clearRequests();
    const old = await deployed(site, 'live', 'stray');
    expect(old.outputs['outcome'], old.log).toBe('refused');
    expect(old.log).toContain('the environment live is called production now');
    expect(await cloud.changes()).toEqual([]);
    const told = await runAction(
      'history',
      { 'release-bucket': site.releaseBucket, environment: 'live' },
      { env: cloud.env },
    );
    expect(told.outputs, told.log).toMatchObject({ outcome: 'unchanged', current: 'two' });
    expect(told.log).toContain('live is called production now');

    const three = await deployed(site, 'production', 'three');
    expect(three.outputs['outcome'], three.log).toBe('deployed');
    const record = await site.json<ReleaseRecord>('production/releases/three.json');
    expect(record).toMatchObject({ replaces: 'two', composition: { frontend: 'three' } });
    const back = await runAction(
      'rollback',
      { 'release-bucket': site.releaseBucket, environment: 'production', to: 'one', 'github-token': '' },
      { env: cloud.env, runNumber: 9 },
    );
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    await expectServed(site, 'one');

    await cloud.clearRequests();
    const again = await adopt(site);
    expect(again.outputs, again.log).toMatchObject({ outcome: 'unchanged', adopted: '0' });
    expect(await cloud.changes()).toEqual([]);
  });

  it.each(['production/releases/one.json', 'production/current.json', 'site.json'])(
    'is whole under its old name where the command is killed at %s, and is carried over by the next',
    async (at) => {
      const site = await released(`killed-${at.replaceAll(/[/.]/g, '-')}`);
      const fault = { kind: 'hold', operation: 'PutObject', resource: `${site.releaseBucket}/` };
      const resource = at === 'site.json' ? `${fault.resource}sites/` : `${fault.resource}${at}`;
      await cloud.fault({ ...fault, resource });
      const dead = await adopt(site, {
        onStart: (child) =>
          void until(async () => (await cloud.faults()).some(({ hits }) => hits > 0), 'the write').then(() =>
            child.kill('SIGKILL'),
          ),
      });
      expect(dead.signal, dead.log).toBe('SIGKILL');
      await cloud.clearFaults();
      expect(await site.json<Pointer>('live/current.json')).toMatchObject({ release: 'two' });
      expect((await site.json<Pointer>('live/current.json'))?.movedTo).toBeUndefined();
      // A later attempt of the same run: it need not wait for the lock of the dead one.
      const next = await adopt(site, { env: { GITHUB_RUN_ATTEMPT: '2' } });
      expect(next.outputs, next.log).toMatchObject({ outcome: 'unchanged', adopted: '2', current: 'two' });
      const three = await deployed(site, 'production', 'three');
      expect(three.outputs['outcome'], three.log).toBe('deployed');
      await expectServed(site, 'three');
    },
  );

  it('is not carried over to a name that has a ledger, nor where there is none, and nothing is written', async () => {
    const site = await released('refused-adoptions');
    const other = await makeSite(cloud, 'refused-other');
    const deployedOther = await other.deploy(makeFolder(smallSite('one')), {
      environment: 'staging',
      'release-bucket': site.releaseBucket,
      'release-id': 'other',
    });
    expect(deployedOther.outputs['outcome'], deployedOther.log).toBe('deployed');
    await cloud.clearRequests();
    for (const [inputs, says] of [
      [{ environment: 'staging' }, 'staging has a ledger of its own already'],
      [{ 'adopt-environment': 'nowhere' }, 'there is no ledger of nowhere'],
      [{ 'adopt-environment': 'production' }, 'is the name that the environment has now'],
      [{ 'adopt-environment': '../x' }, 'is not a name of an environment'],
    ] as const) {
      const run = await adopt(site, {}, inputs);
      expect(run.outputs['outcome'], run.log).toBe('refused');
      expect(run.log).toContain(says);
    }
    expect(await cloud.changes()).toEqual([]);
  });
});
