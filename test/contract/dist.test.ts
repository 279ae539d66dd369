// dist/ is what users run: it is exactly what the sources build to, with nothing stale beside it.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { root } from '../support/dist.ts';

test('dist/ is what the sources build to', { timeout: 180_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/build.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
});
