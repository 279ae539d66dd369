// smoke-test beside a rollout that really happens: the old release must never pass for the new one.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SmokeReport } from '../../src/smoke/index.ts';
import { appRunner, createRunner, pushApp, type RunnerService, waitRunner } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';

let cloud: TestCloud;
let one: string;
let two: string;
const dir = mkdtempSync(join(tmpdir(), 'smoke-rollout-'));

beforeAll(async () => {
  cloud = await startCloud({ speed: 50 });
  [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
});
afterAll(async () => {
  await cloud.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The service behind one more door, where it can be seen that the checks have begun. */
async function watched(service: RunnerService, onAnswer: () => Promise<void>) {
  const server = createServer(async (request, response) => {
    const answer = await fetch(`http://${service.ServiceUrl}${request.url}`);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' });
    response.end(await answer.text());
    await onAnswer();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, host: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

/** Starts a rollout of version 2, and runs the checks for it at the same time. */
async function rolloutAndChecks(service: RunnerService, budget: string, host = service.ServiceUrl) {
  const { SourceConfiguration } = service;
  await appRunner(cloud, 'UpdateService', {
    ServiceArn: service.ServiceArn,
    SourceConfiguration: {
      ...SourceConfiguration,
      ImageRepository: { ...SourceConfiguration.ImageRepository, ImageIdentifier: two },
    },
  });
  writeFileSync(
    join(dir, 'checks.yml'),
    `version: 1
base-url: http://${host}
release:
  get: /health
  expect: { json: { $.version: "2" } }
  retry: { budget: ${budget}, consecutive: 3, interval: 50ms }
checks:
  - { get: /health, expect: { json: { $.version: "2" } }, retry: { budget: 0s, consecutive: 5, interval: 20ms } }
`,
  );
  const run = await runAction(
    'smoke-test',
    { checks: 'checks.yml', 'report-file': 'report.json' },
    { cwd: dir },
  );
  return { ...run, report: JSON.parse(readFileSync(join(dir, 'report.json'), 'utf8')) as SmokeReport };
}

test('the checks wait for the new release, and hold it to be the one that answers to the end', async () => {
  const service = await createRunner(cloud, 'switches', one);
  // The rollout goes on once the old release has been asked: it cannot be faster than the checks.
  await cloud.fault({ kind: 'stuck', resource: 'switches' });
  const { server, host } = await watched(service, () => cloud.clearFaults());
  const run = await rolloutAndChecks(service, '60s', host);
  server.close();
  expect([run.exitCode, run.outputs['outcome']], run.log).toEqual([0, 'passed']);
  expect(run.report.results[0]).toMatchObject({
    name: 'the release that answers',
    earlier: 'json $.version: expected "2", got "1"',
  });
});

test('a rollout that AWS takes back never passes: the old release answers 200 all along', async () => {
  const service = await createRunner(cloud, 'taken-back', one);
  await cloud.fault({ kind: 'unhealthy', resource: 'taken-back' });
  const run = await rolloutAndChecks(service, '2s');
  expect([run.exitCode, run.outputs['outcome']], run.log).toEqual([1, 'failed']);
  expect(run.report.results.map(({ result }) => result)).toEqual(['failed', 'skipped']);
  expect(run.log).toContain('expected "2", got "1"');
  await cloud.clearFaults();
  await waitRunner(cloud, service.ServiceArn);
});
