// infra/terraform by Terraform itself: formatted, valid against the AWS provider's schema, and planned for each target.
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import { type FakeProvider, type ProviderSchema, startProvider } from '../support/terraform-provider.ts';
import { missingTools } from '../support/tools.ts';

const skip = missingTools('Terraform on its own configuration', ['terraform']);

describe.skipIf(skip)('infra/terraform, by Terraform itself', () => {
  let provider: FakeProvider;
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-terraform-'));
  const terraform = (...args: string[]) =>
    new Promise<{ code: number | null; said: string }>((resolve) => {
      // Its settings and its cache are nobody's on this machine.
      const env = { PATH: process.env['PATH'], HOME: dir, NO_COLOR: '1', ...provider.env };
      const child = spawn('terraform', args, { cwd: join(dir, 'terraform'), env });
      let said = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
      child.on('close', (code) => resolve({ code, said }));
    });

  beforeAll(async () => {
    const schema = readFileSync(join(root, 'test/contract/terraform-schema.json'), 'utf8');
    provider = await startProvider(JSON.parse(schema) as ProviderSchema);
    cpSync(join(root, 'infra/terraform'), join(dir, 'terraform'), { recursive: true });
    const { code, said } = await terraform('init', '-backend=false', '-input=false');
    expect(code, said).toBe(0);
  });
  afterAll(async () => {
    await provider?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('is formatted', async () => {
    const { code, said } = await terraform('fmt', '-check', '-recursive', '-diff');
    expect(code, said).toBe(0);
  });

  it('is valid: every argument, block, reference and type', async () => {
    const { code, said } = await terraform('validate');
    expect(code, said).toBe(0);
  });

  it('plans every target, as its tests say', async () => {
    const { code, said } = await terraform('test');
    expect(code, said).toBe(0);
    expect(said).toMatch(/\d+ passed, 0 failed/);
  });
});
