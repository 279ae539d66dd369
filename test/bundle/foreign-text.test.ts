// What others wrote is text: whatever it says, GitHub's runner finds no command in a line that a bundle prints.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createOn, createRunner, deployBackend, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders } from '../support/site.ts';

/** Each line is one that the runner obeys, or would if it were printed as it is. */
const HOSTILE = [
  '::add-mask::production',
  '  \t::stop-commands::forged',
  'harmless ##[error]forged',
  '####[add-mask]forged',
  '\u001b[31m::save-state name=undo::{"forged":1}',
  '\u00a0::set-env name=PATH::/forged',
  'first\r::error title=forged::forged',
  '\u009b1m\u0085::notice::forged',
].join('\n');

/** The commands that a runner would obey in a log: version 2 trims the line, version 1 looks for `##[` anywhere. */
function obeyed(log: string): string[] {
  return log.split(/\r\n|\r|\n/).filter((line) => /^[\s\u0085]*::[^:]*::/.test(line) || line.includes('##['));
}

/** Commands that a step of ours never prints, and those that only the hostile lines hold. */
const FORGED =
  /^[\s\u0085]*::(add-mask|stop-commands|save-state|set-env|set-output|error title=forged|notice::forged)|##\[/;
const forged = (log: string) => obeyed(log).filter((line) => FORGED.test(line));

let cloud: TestCloud;
let one: string;
let hostile: string;
let dir: string;

beforeAll(async () => {
  cloud = await startCloud({ speed: 100 });
  dir = mkdtempSync(join(tmpdir(), 'wwhd-foreign-'));
  one = await pushApp(cloud, { version: '1' });
  hostile = await pushApp(cloud, { version: 'hostile', says: HOSTILE, exit: 3 });
});
afterAll(async () => {
  await cloud.stop();
  removeFolders();
  rmSync(dir, { recursive: true, force: true });
});

describe("an app's log", () => {
  test.each(['apprunner', 'ecs', 'ecs-express'] as const)('of %s, when its release fails', async (target) => {
    const service = await createOn[target](cloud, `hostile-${target}`, one);
    const run = await deployBackend(cloud, { service: service.arn, image: hostile });
    expect(run.exitCode, run.log).not.toBe(0);
    expect(run.log).toContain('· ::add-mask::production');
    expect(forged(run.log)).toEqual([]);
    for (const bad of ['##[', '\u001b', '\r']) expect(run.summary).not.toContain(bad);
  });

  test('of a migration', async () => {
    const service = await createOn.ecs(cloud, 'hostile-migration', one);
    const script = `for (const line of ${JSON.stringify(HOSTILE)}.split('\\n')) console.log(line); process.exit(4)`;
    const run = await deployBackend(cloud, {
      service: service.arn,
      image: one,
      'environment-variables': 'NEW=1',
      'migrate-command': `node -e '${script.replaceAll("'", `'\\''`)}'`,
    });
    expect(run.outputs['outcome'], run.log).toBe('failed');
    expect(run.log).toContain('· ::add-mask::production');
    expect(forged(run.log)).toEqual([]);
  });
});

test("a build's output, and no file that steers the runner for what builds", async () => {
  const bin = join(dir, 'bin');
  mkdirSync(join(dir, 'context'), { recursive: true });
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(dir, 'context', 'Dockerfile'), 'FROM scratch\n');
  writeFileSync(join(dir, 'hostile.txt'), `${HOSTILE}\n`);
  writeFileSync(
    join(bin, 'docker'),
    `#!/bin/sh\ncase "$*" in\n*inspect*|*version*|*info*) exit 0;;\n*build*) cat ${join(dir, 'hostile.txt')}; echo "steers: \${GITHUB_ENV-none} \${GITHUB_OUTPUT-none} \${GITHUB_STATE-none}" >&2; exit 1;;\nesac\n`,
  );
  chmodSync(join(bin, 'docker'), 0o755);
  const run = await runAction(
    'push-image',
    { repository: 'app', context: 'context', engine: 'docker', push: 'false', cache: 'none' },
    { cwd: dir, env: { ...cloud.env, PATH: `${bin}${delimiter}${process.env['PATH']}` } },
  );
  expect(run.outputs['outcome'], run.log).toBe('failed');
  expect(run.log).toContain('· ::add-mask::production');
  expect(run.log).toContain('steers: none none none');
  expect(forged(run.log)).toEqual([]);
});

test('names of files', async () => {
  const site = await makeSite(cloud, 'hostile-names');
  const folder = makeFolder({
    'index.html': '<p>one</p>',
    '::add-mask::production.js': '1',
    'a##[error]b.js': '2',
    '```<img src=x>.js': '3',
  });
  const run = await site.deploy(folder, { 'dry-run': 'true' });
  expect(run.summary).toContain('add-mask::production.js');
  expect(forged(run.log)).toEqual([]);
  for (const bad of ['##[', '\u001b']) expect(run.summary).not.toContain(bad);
  for (const block of run.summary.split(/^`{3,}(?:text)?$/m).filter((_, at) => at % 2 === 0)) {
    // Within a span of code, it is shown and not obeyed.
    expect(block.replace(/(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)/g, '')).not.toContain('<img');
  }
});

describe('the state of a step', () => {
  test('that somebody else wrote is not acted on', async () => {
    const { ServiceArn: service } = await createRunner(cloud, 'forged-state', one);
    const run = await deployBackend(cloud, { service, image: one });
    expect(run.outputs['outcome'], run.log).toBe('unchanged');
    const undo = JSON.stringify({ target: 'apprunner', service, container: '', change: { image: hostile } });
    const before = (await cloud.changes()).length;
    const post = await deployBackend(cloud, { service, image: one }, { post: { ...run.state, undo } });
    expect(post.log).toContain('the state undo is not what this step saved');
    expect((await cloud.changes()).length).toBe(before);
  });

  test.each([
    ['GITHUB_STATE', 'refused', /the state of this step cannot be written[\s\S]*nothing was changed/],
    ['GITHUB_OUTPUT', '', /the outputs of this step could not be written[\s\S]*ended as (planned|deployed)/],
  ])('or its files that cannot be written: %s', async (variable, outcome, says) => {
    const site = await makeSite(cloud, `unwritable-${variable.toLowerCase().replace('_', '-')}`);
    const folder = makeFolder({ 'index.html': '<p>one</p>' });
    const run = await site.deploy(folder, {}, { env: { [variable]: join(dir, 'no-such-folder', 'file') } });
    expect(run.log).toMatch(says);
    expect(run.log).not.toContain('This is a bug');
    expect(run.exitCode).toBe(outcome === 'refused' ? 2 : 0);
  });
});

test('what the tests call hostile is so by itself', () => {
  expect(forged(HOSTILE)).toHaveLength(6);
});
