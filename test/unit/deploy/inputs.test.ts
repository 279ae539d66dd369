import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { readDeploy, readVariables } from '../../../src/actions/deploy/inputs.ts';
import { action } from '../../../src/actions/deploy/interface.ts';
import type { Job } from '../../../src/runtime/action.ts';
import { type ActionInterface, Inputs } from '../../../src/runtime/inputs.ts';
import { silentLog } from '../../../src/runtime/log.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const IMAGE = `111122223333.dkr.ecr.us-west-2.amazonaws.com/api@${DIGEST}`;
const FILE = `version: 1
release-bucket: \${BUCKET}
wait-timeout: 5m
checks: checks.yml
parts:
  api:
    service: arn:aws:apprunner:us-west-2:111122223333:service/api/1
    image: { repository: api }
  worker:
    service: arn:aws:apprunner:us-west-2:111122223333:service/worker/2
    image: { from: api }
  sidecar:
    service: arn:aws:ecs:us-west-2:111122223333:service/main/sidecar
    image: ${IMAGE.replace('/api@', '/proxy@')}
  web:
    bucket: my-site
    build: { directory: frontend, output: out }
`;

const folder = mkdtempSync(join(tmpdir(), 'wwhd-deploy-inputs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function read(given: Readonly<Record<string, string>>, file = FILE) {
  writeFileSync(join(folder, 'wwhd-deploy.yml'), file);
  const texts: Record<string, string> = {
    variables: '{"BUCKET":"my-backup"}',
    images: `api=${IMAGE}`,
    ...given,
  };
  const job = {
    inputs: new Inputs(action, (name) => texts[name] ?? ''),
    log: silentLog,
    run: { workspace: folder },
    env: {},
  } as unknown as Job<typeof action>;
  return readDeploy(job);
}

const textOf = (
  config: Awaited<ReturnType<typeof read>>,
  part: string,
  input: 'image' | 'source' | 'wait-timeout',
) => {
  const found = config.parts.find(({ name }) => name === part);
  if (!found) throw new Error(`there is no part ${part}`);
  return (found.inputs as Inputs<ActionInterface>).text(input);
};

describe('the inputs of deploy, and the file behind them', () => {
  it('reads the release and its parts from the file', async () => {
    const config = await read({});
    expect(config).toMatchObject({
      environment: 'production',
      releaseBucket: 'my-backup',
      waitTimeout: 300_000,
      lockTimeout: 600_000,
      rollbackOnFailure: true,
      smokeChecks: 'checks.yml',
    });
    expect(config.parts.map(({ name, kind }) => `${name}: ${kind}`)).toEqual([
      'api: service',
      'worker: service',
      'sidecar: service',
      'web: site',
    ]);
    expect(textOf(config, 'web', 'source')).toBe('frontend/out');
  });

  it('gives each service its image: what was built, the same digest for `from`, a reference as it stands', async () => {
    const config = await read({});
    expect(textOf(config, 'api', 'image')).toBe(IMAGE);
    expect(textOf(config, 'worker', 'image')).toBe(IMAGE);
    expect(textOf(config, 'sidecar', 'image')).toBe(IMAGE.replace('/api@', '/proxy@'));
  });

  it('lets an input win over the file, for the release and for its parts', async () => {
    const config = await read({ 'wait-timeout': '90s', 'release-bucket': 's3://other/', sites: 'web=dist' });
    expect(config).toMatchObject({ waitTimeout: 90_000, releaseBucket: 'other' });
    expect(textOf(config, 'api', 'wait-timeout')).toBe('90s');
    expect(textOf(config, 'web', 'source')).toBe('dist');
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['an image that nobody has built', { images: '' }, /`images`: the image of part api is built before/],
    ['an image for a part that is none', { images: 'apl=x' }, /`images`: has a line that names no part/],
    ['an image for a site', { images: 'web=x' }, /names are api, worker, sidecar/],
    [
      'a folder for a service',
      { sites: 'api=x' },
      /`sites`: has a line that names no part[\s\S]*names are web/,
    ],
    ['variables that are no JSON', { variables: 'secret' }, /`variables`: is neither a JSON object/],
    ['a variable that is not set', { variables: '{}' }, /BUCKET/],
    ['a duration that is none', { 'wait-timeout': 'long' }, /`wait-timeout`: is not a duration/],
  ])('refuses %s', async (_name, given, says) => {
    await expect(read(given)).rejects.toThrow(says);
  });

  it('refuses what it cannot do yet, and says what to do instead', async () => {
    const roles = FILE.replace(
      'bucket: my-site',
      'bucket: my-site\n    role-to-assume: arn:aws:iam::111122223333:role/web',
    );
    await expect(read({}, roles)).rejects.toThrow(/part web has a role-to-assume of its own/);
    const two = FILE.replace(
      'image: { repository: api }',
      `containers: { app: { repository: api }, proxy: ${IMAGE} }`,
    );
    await expect(read({}, two)).rejects.toThrow(/needs `container`|takes one/);
  });

  it('takes variables as lines too', async () => {
    expect(readVariables('A=1\nB=x=y\n')).toEqual({ A: '1', B: 'x=y' });
    expect((await read({ variables: 'BUCKET=by-line' })).releaseBucket).toBe('by-line');
  });

  it('shows no variable that it refuses', () => {
    expect(() => readVariables('A hush')).toThrow(/line 1(?![\s\S]*hush)/);
    expect(() => readVariables('{"TOKEN": 5, "A": "hush"}')).toThrow(/"TOKEN"/);
    expect(() => readVariables('{"A": "hush"')).toThrow(/^(?![\s\S]*hush)/);
  });
});
