// A server that accepts and never answers, or answers half: no action waits for it longer than it may, each says which
// address it was, and a person who gives up waiting is let go at once.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeLayout } from '../support/image.ts';
import { runAction } from '../support/run-action.ts';
import { startSilentServer } from '../support/silent-server.ts';
import { until } from '../support/until.ts';

const dir = mkdtempSync(join(tmpdir(), 'wwhd-silent-'));
beforeAll(() => {
  mkdirSync(join(dir, 'site'));
  writeFileSync(join(dir, 'site', 'index.html'), '<h1>one</h1>');
  writeLayout(join(dir, 'layout'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

const SERVICE = 'arn:aws:apprunner:us-west-2:000000000000:service/api/0123456789abcdef0123456789abcdef';
const IMAGE = `000000000000.dkr.ecr.us-west-2.amazonaws.com/api@sha256:${'0'.repeat(64)}`;
const LEDGER = { 'release-bucket': 'releases' };

interface Row {
  readonly action: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Seconds from its first connection: its wait or what a server is waited for where it has none, on a busy machine. */
  readonly within: number;
}
const SHORT = { 'wait-timeout': '6s' };
const ROWS: readonly Row[] = [
  { action: 'deploy-backend', inputs: { service: SERVICE, image: IMAGE, ...SHORT }, within: 30 },
  { action: 'deploy-backend', inputs: { service: SERVICE, image: IMAGE, ...LEDGER, ...SHORT }, within: 30 },
  {
    action: 'deploy-backend',
    inputs: { service: 'api', cluster: 'main', target: 'ecs', image: IMAGE, ...SHORT },
    within: 30,
  },
  { action: 'deploy-frontend', inputs: { source: 'site', bucket: 'live', ...SHORT }, within: 30 },
  {
    action: 'deploy-frontend',
    inputs: { source: 'site', bucket: 'live', ...LEDGER, distribution: 'E2QWRUHAPOMQZL', ...SHORT },
    within: 30,
  },
  { action: 'rollback', inputs: { ...LEDGER, ...SHORT }, within: 30 },
  { action: 'history', inputs: LEDGER, within: 110 },
  { action: 'drift', inputs: LEDGER, within: 110 },
  { action: 'preview-remove', inputs: { bucket: 'live', number: '7' }, within: 110 },
  { action: 'push-image', inputs: { repository: 'api', 'oci-layout': 'layout' }, within: 110 },
  { action: 'pr-comment', inputs: { body: 'text', number: '7', 'github-token': 'token' }, within: 110 },
  {
    action: 'preflight',
    inputs: { service: SERVICE, bucket: 'live', distribution: 'E2QWRUHAPOMQZL', ...LEDGER },
    within: 110,
  },
];

const environment = (url: string) => ({
  AWS_ENDPOINT_URL: url,
  AWS_REGION: 'us-west-2',
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'secret',
  GITHUB_API_URL: url,
});

const long = ({ inputs }: Row) => ('wait-timeout' in inputs ? { 'wait-timeout': '20m' } : {});

describe.each(['nothing', 'half'] as const)('a server that accepts and answers %s', (kind) => {
  test.concurrent.each(ROWS)('ends $action $inputs within $within s, with its address', async (row) => {
    const server = await startSilentServer(kind);
    const { url, host } = server;
    const run = await runAction(row.action, row.inputs, {
      cwd: dir,
      env: environment(url),
      timeout: row.within * 1000 + 60_000,
    });
    const took = (Date.now() - server.firstAt()) / 1000;
    server.stop();
    expect(run.signal, run.log).toBeNull();
    expect(took, run.log).toBeLessThan(row.within);
    expect(run.log).toContain(`http://${host}`);
    expect(run.log).not.toMatch(/bug in wwhd-deploy|^\s+at /m);
    // What could not be asked is unknown to preflight, and a comment is a courtesy: neither ends a job.
    if (row.action !== 'pr-comment' && row.action !== 'preflight') expect(run.exitCode, run.log).not.toBe(0);
  });

  // An answer is waited for 30 s here, so that what goes within a few is let go by the cancellation, on a busy machine too.
  test.concurrent.each(ROWS)('lets $action $inputs go at once when it is cancelled', async (row) => {
    const server = await startSilentServer(kind);
    let began = 0;
    const run = await runAction(
      row.action,
      { ...row.inputs, ...long(row) },
      {
        cwd: dir,
        env: environment(server.url),
        onStart: (child) => {
          void until(async () => server.connections() > 0, 'a request to the server').then(async () => {
            await new Promise((resolve) => setTimeout(resolve, 300));
            began = Date.now();
            child.kill('SIGINT');
          });
        },
      },
    );
    expect((Date.now() - began) / 1000, run.log).toBeLessThan(8);
    expect(run.exitCode, run.log).toBe(130);
    expect(run.outputs['outcome'] ?? 'interrupted').toBe('interrupted');
    expect(run.log).toContain('the job was cancelled (SIGINT)');
    server.stop();
  });
});
