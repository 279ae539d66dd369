// checkov on infra/terraform: what it finds is mended, or stands in .checkov.yaml with its reason.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
const skip = missingTools('checkov on infra/terraform', ['checkov']) || !asked;
const CONFIG = 'infra/terraform/.checkov.yaml';

it('every check that is passed over has its reason', () => {
  const lines = readFileSync(join(root, CONFIG), 'utf8').split('skip-check:\n')[1]?.trim().split('\n') ?? [];
  expect(lines.length).toBeGreaterThan(20);
  expect(lines[0]).toMatch(/^ *# \w/);
  for (const line of lines) expect(line).toMatch(/^ *(# [A-Z].*\.|- CKV2?_AWS_\d+)$/);
});

describe.skipIf(skip)('checkov', () => {
  it('finds nothing else in production, nor in any module that it uses', () => {
    const args = ['--config-file', CONFIG, '-d', 'infra/terraform/environments/production', '-o', 'cli'];
    const { status, stdout, stderr } = spawnSync('checkov', args, { cwd: root, encoding: 'utf8' });
    expect(status, `${stdout}${stderr}`).toBe(0);
  }, 600_000);
});
