import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { commitsOf, HISTORY } from '../../../demo/checkout.ts';
import { root } from '../../support/dist.ts';

const app = join(root, 'examples/app');
const scratch = mkdtempSync(join(tmpdir(), 'wwhd-example-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function run(args: readonly string[], cwd: string, env: Record<string, string> = {}) {
  const { PATH } = process.env;
  return spawnSync(process.execPath, args, { cwd, env: { PATH, ...env }, encoding: 'utf8' });
}

test("the example's own tests pass", () => {
  const { status, stdout } = run(['--test'], join(app, 'backend'));
  expect(status, stdout).toBe(0);
});

test('the site builds to the same bytes twice, and every page finds what it names', () => {
  const build = (name: string) => {
    const out = join(scratch, name);
    const { status, stderr } = run(['frontend/build.js', '--out', out], app, { COMMIT: 'abc' });
    expect(status, stderr).toBe(0);
    const files = (readdirSync(out, { recursive: true }) as string[]).filter((file) => /\.\w+$/.test(file));
    return new Map(files.map((file) => [file, readFileSync(join(out, file), 'utf8')]));
  };
  const site = build('one');
  expect(build('two')).toEqual(site);
  for (const [file, text] of site)
    if (file.endsWith('.html'))
      for (const [, path = ''] of text.matchAll(/(?:href|src)="\/([^"]*)"/g))
        expect(site.has(path || 'index.html'), `${file} names /${path}`).toBe(true);
});

test("the week's commits have ids of their own, like git's", () => {
  const ids = commitsOf(HISTORY).map((commit) => commit.sha);
  expect(new Set(ids).size).toBe(HISTORY.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{40}$/);
});
