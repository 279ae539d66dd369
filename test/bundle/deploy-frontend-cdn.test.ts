import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CloudFrontClient, ListInvalidationsCommand } from '@aws-sdk/client-cloudfront';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Pointer } from '../../src/release/record.ts';
import { silentLog } from '../../src/runtime/log.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { useCloud } from '../support/cloud-env.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';
import { labConfig, labDeploy } from '../support/site-lab.ts';

/** AWS takes 20 s for an invalidation; here it is 0.2 s: long enough to be under way when it is asked for. */
let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  useCloud(cloud);
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await cloud?.stop();
  removeFolders();
});

const client = () =>
  new CloudFrontClient({
    endpoint: cloud.endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

async function invalidations(site: TestSite) {
  const list = new ListInvalidationsCommand({ DistributionId: site.distribution });
  const answer = await client().send(list);
  return answer.InvalidationList?.Items ?? [];
}

const WAIT = { 'wait-for-invalidation': 'true' };
const text = (log: string) => log.replaceAll('%0A', '\n');

describe('deploy-frontend waits for its invalidation', () => {
  it('until it is completed, and the pages of before are gone from the edge', async () => {
    const site = await makeSite(cloud, 'waited-site');
    const first = await site.deploy(makeFolder(smallSite('one')), { ...WAIT, 'release-id': 'one' });
    expect(first.outputs['outcome'], first.log).toBe('deployed');
    // Nothing was there before, and nothing is invalidated.
    expect(await invalidations(site)).toEqual([]);
    for (const path of ['/', '/about.html', '/docs/index.html']) await site.get(path);
    await cloud.clearRequests();
    const second = await site.deploy(makeFolder(smallSite('two')), { ...WAIT, 'release-id': 'two' });
    expect(second.outputs['outcome'], second.log).toBe('deployed');
    const [made, ...others] = await invalidations(site);
    expect(others).toEqual([]);
    expect(made).toMatchObject({ Status: 'Completed', Id: second.outputs['invalidation-id'] });
    const operations = (await cloud.requests()).filter(({ service }) => service === 'cloudfront');
    // It was under way when it was asked for, and was looked at until it was not; at a humane pace.
    const looks = operations.filter(({ operation }) => operation === 'GetInvalidation');
    expect(looks.length).toBeGreaterThanOrEqual(1);
    expect(looks.length).toBeLessThanOrEqual(6);
    expect((await site.get('/')).body).toBe(smallSite('two')['index.html']);
  });

  it('and before that for room, while too many are under way', async () => {
    const site = await makeSite(cloud, 'crowded-site');
    await site.deploy(makeFolder(smallSite('one')), { 'release-id': 'one' });
    // As CloudFront answers while somebody else's 15 wildcards are under way.
    await cloud.fault({
      kind: 'error',
      service: 'cloudfront',
      operation: 'CreateInvalidation',
      status: 400,
      code: 'TooManyInvalidationsInProgress',
      count: 1,
    });
    const run = await site.deploy(makeFolder(smallSite('two')), {
      ...WAIT,
      'max-invalidation-paths': '1',
      'release-id': 'two',
    });
    expect(run.outputs, run.log).toMatchObject({ outcome: 'deployed', 'invalidated-paths': '/*' });
    expect(run.log).toContain('CloudFront has too many invalidations under way');
    expect((await invalidations(site)).map(({ Status }) => Status)).toEqual(['Completed']);
    const asked = (await cloud.requests()).filter(
      ({ operation, resource }) => operation === 'CreateInvalidation' && resource.includes(site.distribution),
    );
    expect(asked.map(({ status }) => status)).toEqual([400, 201]);
  });

  it.each([
    { name: 'stuck', fault: { kind: 'stuck' }, says: 'to complete the invalidation I' },
    {
      name: 'refused',
      fault: { kind: 'error', status: 400, code: 'TooManyInvalidationsInProgress' },
      says: 'to take another invalidation of ',
    },
  ])('says plainly that its time was over, and goes back: $name', async ({ name, fault, says }) => {
    const site = await makeSite(cloud, `late-${name}`);
    const one = smallSite('one');
    await labDeploy(site, makeFolder(one), 'one');
    const options = { ...labConfig(site, '', '').options, waitForInvalidation: true, waitTimeout: 1000 };
    // The deployment's own, asked for once or twice; going back may ask.
    const count = fault.kind === 'stuck' ? 1 : 2;
    await cloud.fault({ service: 'cloudfront', operation: 'CreateInvalidation', count, ...fault });
    const told: string[] = [];
    const log = { ...silentLog, warning: (message: string) => void told.push(message) };
    const result = await labDeploy(site, makeFolder(smallSite('two')), 'two', {
      config: { options },
      ports: { log },
    });
    await cloud.clearFaults();
    expect(result.outcome, result.undoProblem ?? result.cause?.message).toBe('rolled-back');
    expect(result.cause?.message).toMatch(
      new RegExp(`^timed out after 1(\\.\\d)?s waiting for CloudFront ${says}`),
    );
    expect(result.cause?.message).toMatch(/next: .*`wait-timeout`/);
    expect((await site.get('/')).body).toBe(one['index.html']);
    expect((await site.json<Pointer>('production/current.json'))?.parts['frontend']).toBe('one');
  });

  it('goes back all the same where CloudFront takes its time with that, and reads the pages back', async () => {
    const site = await makeSite(cloud, 'slow-back');
    const one = smallSite('one');
    await labDeploy(site, makeFolder(one), 'one');
    const options = { ...labConfig(site, '', '').options, waitForInvalidation: true, waitTimeout: 400 };
    const told: string[] = [];
    const log = { ...silentLog, warning: (message: string) => void told.push(message) };
    await cloud.fault({ kind: 'stuck', service: 'cloudfront', operation: 'CreateInvalidation' });
    const result = await labDeploy(site, makeFolder(smallSite('two')), 'two', {
      config: { options },
      ports: { log },
    });
    await cloud.clearFaults();
    expect(result.outcome, result.undoProblem ?? result.cause?.message).toBe('rolled-back');
    expect(told.at(-1)).toMatch(/^timed out after .* to complete the invalidation .*: it is under way, and/);
    expect((await site.get('/')).body).toBe(one['index.html']);
  });
});

describe('a distribution that answers for missing files', () => {
  /** A single-page app as tutorials set it up: 403 and 404 are /index.html with 200. */
  const app = { 'index.html': '<!doctype html><title>app</title><div id="root"></div>' };

  it('is refused before anything is changed, and the person is told what to set', async () => {
    const site = await makeSite(cloud, 'app-site', { spa: true });
    await cloud.clearRequests();
    // The bucket is empty: no answer would tell, the settings do.
    const first = await site.deploy(makeFolder(app));
    expect(first.outputs['outcome'], first.log).toBe('refused');
    expect(text(first.log)).toContain(
      `found: the custom error responses of ${site.distribution} turn 403 and 404 into /index.html with HTTP 200`,
    );
    expect(text(first.log)).toContain('next: set `verify: pages` to deploy with the distribution as it is');
    expect(await cloud.changes()).toEqual([]);

    const second = await site.deploy(makeFolder(app), { verify: 'pages', 'release-id': 'app' });
    expect(second.outputs['outcome'], second.log).toBe('deployed');
    expect((await site.get('/settings/profile')).body).toBe(app['index.html']);
    // The same again, as the next push does.
    const next = { 'index.html': app['index.html'].replace('app', 'next') };
    const third = await site.deploy(makeFolder(next), { verify: 'pages' });
    expect(third.outputs['outcome'], third.log).toBe('deployed');
  });

  it('is found out by asking, where its settings do not say so', async () => {
    const site = await makeSite(cloud, 'function-site');
    await site.s3.send(new PutObjectCommand({ Bucket: site.bucket, Key: 'index.html', Body: 'x' }));
    const page = createServer((_request, answer) => answer.setHeader('content-type', 'text/html').end('x'));
    await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
    const { port } = page.address() as AddressInfo;
    await cloud.clearRequests();
    const run = await site.deploy(makeFolder(app), { 'site-url': `http://127.0.0.1:${port}` });
    page.close();
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(text(run.log)).toMatch(
      /found: http:\/\/127\.0\.0\.1:\d+\/wwhd-missing-[\w-]+\.js: HTTP 200, text\/html/,
    );
    expect(await cloud.changes()).toEqual([]);
  });
});
