import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import {
  activeRevisions,
  changesOf,
  createBucket,
  createOn,
  deployBackend,
  pushApp,
  readJson,
  type TestService,
} from './backend.ts';
import type { Row } from './backend-table.ts';
import { type FaultRequest, startCloud, type TestCloud } from './cloud.ts';
import type { ActionRun } from './run-action.ts';
import { until } from './until.ts';

export interface FaultStage {
  readonly cloud: TestCloud;
  /** Images of version 1, which runs, and of version 2. */
  readonly one: string;
  readonly two: string;
  /** Folder that actions run in. */
  readonly workspace: string;
}

export async function faultStage(speed: number): Promise<FaultStage> {
  const cloud = await startCloud({ speed });
  const workspace = mkdtempSync(join(tmpdir(), 'wwhd-backend-'));
  const [one, two] = [await pushApp(cloud, { version: '1' }), await pushApp(cloud, { version: '2' })];
  return { cloud, one, two, workspace };
}

/** Clears the faults whose resource contains the name, those of one kind where it is given: other tests run beside. */
export async function pauseFault(cloud: TestCloud, name: string, kind?: string): Promise<void> {
  const faults = await cloud.faults();
  const mine = faults.filter(
    (one) => String(one['resource'] ?? '').includes(name) && (!kind || one.kind === kind),
  );
  for (const fault of mine) await fetch(`${cloud.endpoint}/_cloud/faults/${fault.id}`, { method: 'DELETE' });
}

/** Faults of a moment: here that of success, which the verdict has to cope with. */
const MOMENTS: ReadonlySet<string> = new Set(['scale-out', 'spot-stop']);

/** Plays a row and holds its end against the cloud's own state. `index` keeps the names of services apart. */
export async function playRow(stage: FaultStage, row: Row, index: number): Promise<void> {
  const { cloud, one } = stage;
  const name = nameOf(row, index);
  const image = row.app
    ? await pushApp(cloud, { version: name, ...row.app }, 'api', name)
    : (row.image?.(stage) ?? stage.two);
  const service = await (row.create?.(stage, name) ?? createOn[row.target](cloud, name, one));
  await row.before?.(stage, service);
  const bucket = row.recorded ? await createBucket(cloud, `releases-${name}`) : '';
  const before = await changesOf(cloud, name);
  const family = await activeRevisions(cloud, name);
  const place = (fault: FaultRequest) => {
    if (fault.kind === 'missing-image') return image;
    return MOMENTS.has(fault.kind) ? `${name} at SUCCESSFUL` : name;
  };
  for (const fault of row.faults) await cloud.fault({ ...fault, resource: place(fault) });
  const inputs = {
    service: service.arn,
    image,
    // Bounds for a machine that does ten things at once: what ends a row is what happened, not how long it took.
    'wait-timeout': '10m',
    'max-error-rate': '50%',
    ...(bucket ? { 'release-bucket': bucket, 'release-id': 'r1' } : {}),
    ...inputsOf(stage, row, service),
  };
  let meanwhile: Promise<unknown> | undefined;
  const run = await deployBackend(cloud, inputs, {
    cwd: stage.workspace,
    onStart: (child) => {
      meanwhile = row.during?.(stage, service, child);
      meanwhile?.catch(() => {});
    },
  });
  // App Runner cannot be told to stop: its operation has to end before the post step can do anything.
  if (row.target === 'apprunner' || !row.post) await pauseFault(cloud, name);
  if (row.app) await pauseFault(cloud, image);
  await meanwhile;
  judgeRun(row, run);
  if (row.post) {
    const post = await deployBackend(cloud, inputs, { post: run.state });
    expect(logText(post.log), run.log).toMatch(row.post);
    await pauseFault(cloud, name);
  }
  const changes = (await changesOf(cloud, name)).slice(before.length).filter((o) => !o.includes('Object'));
  if (row.untouched) expect(changes, run.log).toEqual([]);
  // What was registered for an update that is refused is taken back.
  if (row.outcome === 'refused' && !row.leaves)
    expect(await activeRevisions(cloud, name), run.log).toEqual(family);
  const updates = changes.filter((operation) => operation === service.update);
  if (row.updates !== 'any') expect(updates, run.log).toHaveLength(row.updates);
  await judgeService(stage, row, service, image, name, run.log);
  if (row.recorded) await judgeLedger(cloud, bucket, row, run.log);
}

const nameOf = (row: Row, index: number): string =>
  `t${index + 10}-${row.target}-${row.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
    .slice(0, 34)
    .replace(/-$/, '');

function judgeRun(row: Row, run: ActionRun): void {
  if (row.outcome === 'killed') expect(run.signal).toBe('SIGKILL');
  else expect(run.outputs['outcome'], run.log).toBe(row.outcome);
  if (row.says) expect(logText(run.log)).toMatch(row.says);
  expect(run.log).not.toContain('bug in wwhd-deploy');
  expect(run.exitCode === 0).toBe(['deployed', 'unchanged'].includes(row.outcome));
}

async function judgeService(
  { one }: FaultStage,
  row: Row,
  service: TestService,
  image: string,
  name: string,
  log: string,
): Promise<void> {
  if (row.runs === 'any' || row.runs === 'nothing') return;
  expect(await service.images(), log).toEqual([(row.runs === 'old' ? one : image).split('@')[1]]);
  expect(await versionAt(service), log).toBe(row.runs === 'old' ? '1' : row.app ? name : '2');
}

/** The record says how it ended, the pointer names what is live, and nobody is left in the lock. */
async function judgeLedger(cloud: TestCloud, bucket: string, row: Row, log: string): Promise<void> {
  const result = { parts: { backend: { result: row.recorded } } };
  expect(await readJson(cloud, bucket, 'production/releases/r1.json'), log).toMatchObject(result);
  const live = ['deployed', 'unchanged'].includes(row.recorded ?? '') ? 'r1' : 'r1.adopted';
  expect(await readJson(cloud, bucket, 'production/current.json'), log).toMatchObject({
    parts: { backend: live },
  });
  expect(await readJson(cloud, bucket, 'production/lock.json'), log).toMatchObject({ holders: [] });
}

function inputsOf(stage: FaultStage, row: Row, service: TestService): Record<string, string> {
  const given = { ...row.inputs };
  if (row.target === 'ecs') given['probe-url'] ??= `${service.url}/health`;
  if (given['smoke-checks']) {
    const file = `smoke-${service.name}.yml`;
    const checks = `version: 1\nbase-url: ${service.url}\nchecks:\n  - name: it is version 1\n    get: /\n    retry: { budget: 0s }\n    expect: { json: { $.version: "1" } }\n`;
    writeFileSync(join(stage.workspace, file), checks);
    given['smoke-checks'] = file;
  }
  const filled = (value: string) => value.replace('SERVICE', service.url).replaceAll('NAME', service.name);
  return Object.fromEntries(Object.entries(given).map(([key, value]) => [key, filled(value)]));
}

/** The log with the line ends of workflow commands undone. */
export const logText = (log: string): string =>
  decodeURIComponent(log.replaceAll(/%(?![0-9A-F]{2})/g, '%25'));

export async function versionAt(service: Pick<TestService, 'url'>): Promise<string> {
  return ((await (await fetch(`${service.url}/`)).json()) as { version: string }).version;
}

/** Resolves when the service has been updated once more. */
export async function updated(
  cloud: TestCloud,
  service: Pick<TestService, 'name' | 'update'>,
): Promise<boolean> {
  const count = async () =>
    (await cloud.changes({ operation: service.update, resource: service.name })).length;
  const before = await count();
  return until(async () => (await count()) > before, `an update of ${service.name}`);
}
