// A dry run, a refused run and a run that only looks write nothing at all: no record, no lock, no index, no page, nothing
// at GitHub. Every changing request that the cloud carried out is counted, without an exception.
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRunner, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { root } from '../support/dist.ts';
import { type FakeGitHub, startGitHub } from '../support/github.ts';
import { writeLayout } from '../support/image.ts';
import { commitOf, makePair, type TestPair } from '../support/pair.ts';
import { type ActionRun, type RunOptions, runAction } from '../support/run-action.ts';
import { makeFolder, removeFolders, smallSite } from '../support/site.ts';

let cloud: TestCloud;
let github: FakeGitHub;
let pair: TestPair;
let layout: string;
let other: string;
/** Both parts of the pair; what differs from run to run comes by inputs. */
const RELEASE_FILE = `version: 1
release-bucket: \${RELEASE_BUCKET}
parts:
  backend: { service: "\${SERVICE}", image: { repository: still } }
  frontend: { bucket: "\${SITE_BUCKET}", distribution: "\${DISTRIBUTION}", source: out }
environments: { production: {} }
`;
const GONE = `sha256:${'0'.repeat(64)}`;

beforeAll(async () => {
  [cloud, github] = await Promise.all([startCloud({ speed: 500 }), startGitHub()]);
  pair = await makePair(cloud, 'still');
  for (const version of ['v1', 'v2', 'v3']) await pair.release(version);
  layout = makeFolder({ file: '' });
  writeLayout(join(layout, 'image'));
  writeFileSync(join(layout, 'wwhd-deploy.yml'), RELEASE_FILE);
  other = (await createRunner(cloud, 'other-service', await pushApp(cloud, { version: '1' }, 'other')))
    .ServiceArn;
  await pair.site.deploy(makeFolder(smallSite('preview')), {
    prefix: 'previews/pr-7',
    environment: 'preview-pr-7',
    verify: 'false',
  });
  // The next run that reads the ledger finds no index.
  const Key = 'production/index.json.gz';
  await pair.site.s3.send(new DeleteObjectCommand({ Bucket: pair.site.releaseBucket, Key }));
});
afterAll(async () => {
  await Promise.all([cloud?.stop(), github?.stop()]);
  removeFolders();
});

type Inputs = Readonly<Record<string, string>>;

/** Runs it, and its post step, as GitHub's runner does. @returns the run, and what it has changed */
async function still(name: string, inputs: Inputs, more: RunOptions = {}) {
  await cloud.clearRequests();
  github.requests.length = 0;
  const env = { ...cloud.env, GITHUB_API_URL: github.url };
  const options = { runNumber: 80, commit: commitOf('v8'), ...more, env };
  const given = 'github-token' in inputs ? inputs : { ...inputs, ...(TOKENS.has(name) ? token() : {}) };
  const run = await runAction(name, given, options);
  await runAction(name, given, { ...options, post: run.state });
  const changed = (await cloud.changes()).map(({ operation, resource }) => `${operation} ${resource}`);
  return { run, changed: [...changed, ...github.requests.filter((request) => !request.startsWith('GET '))] };
}

const token = () => ({ 'github-token': github.token });
const TOKENS = new Set([
  'deploy',
  'deploy-backend',
  'deploy-frontend',
  'rollback',
  'drift',
  'preview-remove',
]);

const site = () => ({
  bucket: pair.site.bucket,
  distribution: pair.site.distribution,
  'release-bucket': pair.site.releaseBucket,
});
const folder = () => makeFolder(smallSite('v9'));
const backend = async () => ({
  service: pair.service,
  image: await pair.image('v1'),
  'release-bucket': pair.site.releaseBucket,
  'history-page': 'true',
});
const whole = async (image?: string) => ({
  variables: JSON.stringify({
    RELEASE_BUCKET: pair.site.releaseBucket,
    SERVICE: pair.service,
    SITE_BUCKET: pair.site.bucket,
    DISTRIBUTION: pair.site.distribution,
  }),
  images: `backend=${image ?? (await pair.image('v1'))}`,
  sites: `frontend=${folder()}`,
  'history-page': 'true',
});
const ledger = () => ({ 'release-bucket': pair.site.releaseBucket });

type Case = [action: string, what: string, inputs: () => Inputs | Promise<Inputs>, more?: RunOptions];

const PLANNED: readonly Case[] = [
  ['deploy-frontend', 'another release', () => ({ ...site(), source: folder(), 'history-page': 'true' })],
  [
    'deploy-frontend',
    'a first release of an environment',
    () => ({ ...site(), source: folder(), environment: 'fresh', prefix: 'fresh', verify: 'false' }),
  ],
  ['deploy-backend', 'another release', backend],
  ['deploy', 'another release of both parts', whole],
  ['rollback', 'back to the latest good release', () => ({ ...ledger(), 'history-page': 'true' })],
  ['rollback', 'back to a release by name', () => ({ ...ledger(), to: 'v1' })],
  ['push-image', 'a new image', () => ({ repository: 'still', 'oci-layout': 'image' })],
  [
    'preview-remove',
    'a preview that is there',
    () => ({ ...site(), number: '7', 'site-url': 'http://pr-{0}.test/' }),
  ],
];

describe('a dry run changes nothing', () => {
  it.each<Case>([...PLANNED])('%s: %s', async (name, _what, inputs) => {
    const given = { ...(await inputs()), 'dry-run': 'true' };
    const { run, changed } = await still(name, given, { cwd: layout });
    expect(run.outputs['outcome'], run.log).toBe('planned');
    expect(changed).toEqual([]);
  });

  it('deploy-frontend lists every file, in its output and whole in a file', async () => {
    const files = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`data/${n}.json`, `{"n":${n}}`]));
    const source = makeFolder({ ...smallSite('v9'), ...files });
    const { run } = await still('deploy-frontend', { ...site(), source, 'dry-run': 'true' });
    const plan = JSON.parse(run.outputs['plan'] ?? '');
    expect(plan.changes.writes).toHaveLength(plan.writes);
    expect(plan.changes.writes).toContainEqual({ path: 'data/119.json', bytes: 9, reason: 'new' });
    expect(plan.leftOut).toEqual({ writes: 0, deletes: 0 });
    expect(JSON.parse(readFileSync(run.outputs['plan-file'] ?? '', 'utf8'))).toEqual(plan);
  });

  it('is tried of every action that has one', () => {
    const have = readdirSync(join(root, 'actions')).filter((name) =>
      /^ {2}dry-run:/m.test(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8')),
    );
    expect([...new Set(PLANNED.map(([name]) => name))].sort()).toEqual(have.sort());
  });
});

const OLDER = { runNumber: 1, commit: commitOf('v9') };
const REFUSED: readonly Case[] = [
  [
    'deploy-frontend',
    'a folder without an index.html',
    () => ({ ...site(), source: makeFolder({ a: 'b' }) }),
  ],
  ['deploy-frontend', 'an older commit', () => ({ ...site(), source: folder() }), OLDER],
  ['deploy-frontend', 'a second site', () => ({ ...site(), prefix: 'second', source: folder() })],
  ['deploy-frontend', 'another environment', () => ({ ...site(), environment: 'staging', source: folder() })],
  ['deploy', 'an image that is not there', () => whole(gone())],
  ['deploy', 'an older commit', whole, OLDER],
  [
    'deploy-backend',
    'an image that is not there',
    async () => ({ ...(await backend()), image: `${gone()}` }),
  ],
  ['deploy-backend', 'an older commit', backend, OLDER],
  ['deploy-backend', 'a second service', async () => ({ ...(await backend()), service: other })],
  ['rollback', 'an unknown release', () => ({ ...ledger(), to: 'v99' })],
  ['rollback', 'the release that is live', () => ({ ...ledger(), to: 'v3' })],
  ['rollback', 'an environment without a release', () => ({ ...ledger(), environment: 'none' })],
  ['push-image', 'a layout that is not there', () => ({ repository: 'still', 'oci-layout': 'nothing' })],
  ['push-image', 'a repository that is not there', () => ({ repository: 'gone', 'oci-layout': 'image' })],
  ['preview-remove', 'a folder that holds no previews', () => ({ ...site(), folder: '/', number: '7' })],
  ['history', 'a page that cannot be written', () => ({ ...ledger(), 'page-file': 'no/such/folder/x.html' })],
];
const gone = () => `${new URL(cloud.endpoint).host}/still@${GONE}`;

describe('a refused run changes nothing', () => {
  it.each<Case>([...REFUSED])('%s: %s', async (name, _what, inputs, more = {}) => {
    const { run, changed } = await still(name, await inputs(), { cwd: layout, ...more });
    expect(run.outputs['outcome'], run.log).toBe('refused');
    expect(changed).toEqual([]);
  });

  it('rollback: a release of which a file is gone, and one whose image is gone', async () => {
    const { s3, releaseBucket, stored } = pair.site;
    const blobs = await stored('sites/still-site/blobs/');
    for (const Key of blobs) await s3.send(new DeleteObjectCommand({ Bucket: releaseBucket, Key }));
    const files = await still('rollback', { ...ledger(), to: 'v2' });
    expect(files.run.outputs['outcome'], files.run.log).toBe('refused');
    expect(files.changed).toEqual([]);
    await cloud.fault({ kind: 'error', operation: 'BatchGetImage', code: 'ImageNotFoundException' });
    const image = await still('rollback', { ...ledger(), to: 'v2', scope: 'backend' });
    await cloud.clearFaults();
    expect(image.run.outputs['outcome'], image.run.log).toBe('refused');
    expect(image.changed).toEqual([]);
  });
});

describe('who only looks changes nothing', () => {
  it.each<readonly [string, () => Inputs, (run: ActionRun) => boolean]>([
    ['history', () => ledger(), (run) => run.outputs['current'] === 'v3'],
    ['drift', () => ({ ...ledger(), issue: 'false' }), (run) => run.outputs['drift'] !== undefined],
    ['preflight', () => ({ ...site(), service: pair.service }), (run) => run.summary !== ''],
  ])('%s', async (name, inputs, isDone) => {
    const { run, changed } = await still(name, inputs());
    expect(isDone(run), run.log).toBe(true);
    expect(changed).toEqual([]);
  });

  it('and who goes back keeps the index, for he holds the lock', async () => {
    const back = await pair.rollback({ scope: 'backend', 'dry-run': 'false' });
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect(await pair.site.stored('production/index')).toEqual(['production/index.json.gz']);
    rmSync(layout, { recursive: true, force: true });
  });
});
