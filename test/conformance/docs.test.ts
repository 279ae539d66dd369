// The pages of the local cloud, played literally: by AWS's own command line, curl and buildah.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { takePort } from '../../local-cloud/images/ports.ts';
import { bundlePath } from '../support/dist.ts';
import { blocksOf, isShell } from '../support/docs.ts';
import { BUILDAH_ENV } from '../support/image.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log("skipped: the local cloud's pages need WWHD_CONFORMANCE=1");
const skip = !asked || missingTools("the local cloud's pages", ['aws', 'buildah', 'curl', 'bash']);

/** The port that the pages name. */
const SHOWN = '4566';

describe.skipIf(skip)('what the pages of the local cloud tell a reader to type', () => {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-docs-'));
  let port: string;
  let stop: () => void;
  const shell = (script: string) => {
    const env = { PATH: process.env['PATH'], HOME: dir, ...BUILDAH_ENV, AWS_EC2_METADATA_DISABLED: 'true' };
    const { status, stdout, stderr } = spawnSync('bash', ['-euo', 'pipefail', '-c', script], {
      cwd: dir,
      stdio: ['ignore', 'pipe', 'pipe'],
      env,
      encoding: 'utf8',
    });
    return { status, said: `${stdout}${stderr}` };
  };
  const [start = '', ...local] = scriptsOf('docs/local-cloud.md');
  const compute = scriptsOf('docs/local-cloud-compute.md');
  const secrets = blocksOf('docs/the-two-days.md').flatMap((block) =>
    block.executedBy === 'test/conformance/docs.test.ts' ? [block.text] : [],
  );

  beforeAll(async () => {
    port = String(await takePort());
    mkdirSync(join(dir, 'dist'));
    writeFileSync(join(dir, 'dist/index.html'), '<!doctype html><title>a</title>');
    writeFileSync(join(dir, 'Dockerfile'), 'FROM scratch\nCOPY dist /\n');
    const built = shell('buildah build --isolation chroot --tag app .');
    expect(built.status, built.said).toBe(0);
    // `npm run local-cloud` is the bundle: what is tried is the one that is being tested.
    const [, options = ''] = /^npm run local-cloud -- (.*)/.exec(start) ?? [];
    const args = options.replace(SHOWN, port).split(' ');
    const cloud = spawn(process.execPath, [join(bundlePath('local-cloud'), 'index.js'), ...args]);
    stop = () => cloud.kill('SIGTERM');
    const said = await new Promise<string>((resolve) =>
      cloud.stdout.once('data', (chunk: Buffer) => resolve(String(chunk))),
    );
    expect(`# ${said.trim()}`.replace(port, SHOWN)).toBe(start.split('\n')[1]);
  });
  afterAll(() => {
    stop?.();
    rmSync(dir, { recursive: true, force: true });
  });

  it('works, one after the other', () => {
    // What Terraform makes empty is there before its value is set.
    const empty =
      'printf secret >openai_key.txt\naws secretsmanager create-secret --name wwhd/production/openai_key';
    const script = [...local, ...compute, empty, ...secrets].join('\n').replaceAll(SHOWN, port);
    const done = shell(script);
    expect(done.status, `${script}\n${done.said}`).toBe(0);
    expect(done.said).toContain('000000000000');
    expect(done.said).toContain('upload: dist/index.html to s3://my-site/index.html');
    expect(done.said).toContain('"kind":"throttle"');
  });
});

function scriptsOf(page: string): string[] {
  const blocks = blocksOf(page).filter(isShell);
  expect(blocks.map((block) => block.executedBy)).toEqual(blocks.map(() => 'test/conformance/docs.test.ts'));
  return blocks.map((block) => block.text);
}
