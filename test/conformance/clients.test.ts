import { spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startCloud } from '../support/cloud.ts';
import { root } from '../support/dist.ts';

// A client that we did not write drives every operation of every service: clients/<service>.py holds the checks of one.
const folder = join(root, 'test/conformance/clients');
const files = readdirSync(folder).filter((name) => name.endsWith('.py') && name !== 'harness.py');

const wanted = process.env['WWHD_CONFORMANCE'] === '1';
const installed =
  wanted && spawnSync('aws', ['--version']).status === 0 && spawnSync('python3', ['--version']).status === 0;
if (!wanted) console.log('skipped: conformance with the AWS CLI runs where WWHD_CONFORMANCE=1 is set');
else if (!installed) console.log('skipped: conformance needs the AWS CLI and Python, not installed here');

interface Run {
  readonly code: number | null;
  readonly said: string;
}

function check(file: string, env: Readonly<Record<string, string>>): Promise<Run> {
  const child = spawn('python3', [join(folder, file)], {
    env: { ...process.env, ...env, PYTHONDONTWRITEBYTECODE: '1' },
  });
  const said: string[] = [];
  child.stdout.on('data', (chunk) => said.push(String(chunk)));
  child.stderr.on('data', (chunk) => said.push(String(chunk)));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said: said.join('') })));
}

describe.skipIf(!installed)('the AWS CLI against the local cloud', () => {
  const there = new Set<string>();
  const done = new Set<string>();

  // Each on a cloud of its own: one that is tried again finds nothing of what it made before.
  it.each(files)('%s', async (file) => {
    const cloud = await startCloud({ speed: 100 });
    try {
      const run = await check(file, { ...cloud.env, CLOUD: cloud.endpoint });
      console.log(`${file}\n${run.said}`);
      const requests = (await cloud.requests()).filter((r) => r.status < 400);
      for (const { service, operation } of requests) done.add(`${service} ${operation}`);
      const about = (await (await fetch(`${cloud.endpoint}/_cloud/`)).json()) as {
        operations: Record<string, string[]>;
      };
      for (const [service, names] of Object.entries(about.operations))
        for (const name of names) there.add(`${service} ${name}`);
      expect(run.said).not.toMatch(/^not ok/m);
      expect(run.code).toBe(0);
    } finally {
      await cloud.stop();
    }
  });

  it('leaves no operation out', () => {
    expect(there.size).toBeGreaterThan(100);
    expect([...there].filter((operation) => !done.has(operation))).toEqual([]);
  });
});
