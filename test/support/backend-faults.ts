import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { changesOf, createOn, deployBackend, pushApp, type TestApp, type TestService } from './backend.ts';
import { type FaultRequest, startCloud, type TestCloud } from './cloud.ts';

/** One way in which a deployment over version 1 goes, and how it must end. */
export interface FaultRow {
  readonly name: string;
  readonly on: TestService['target'];
  /** What is deployed; left out, version 2, which is fine. */
  readonly app?: Omit<TestApp, 'version'>;
  readonly faults?: readonly FaultRequest[];
  /** SERVICE stands for the service's address. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly outcome: string;
  /** What runs at the end, by the cloud's own state. */
  readonly runs: 'old' | 'new' | 'any';
  /** How often the service was updated, and not one time more. */
  readonly updates: number;
  readonly says?: RegExp;
}

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

/** Clears the faults of one resource: other tests run at the same time. */
export async function clearFaults(cloud: TestCloud, resource: string): Promise<void> {
  const faults = (await (await fetch(`${cloud.endpoint}/_cloud/faults`)).json()) as {
    id: string;
    resource?: string;
  }[];
  for (const fault of faults.filter((one) => one.resource === resource))
    await fetch(`${cloud.endpoint}/_cloud/faults/${fault.id}`, { method: 'DELETE' });
}

/** Plays a row and holds its end against the cloud's own state. `index` keeps the names of services apart. */
export async function playRow(stage: FaultStage, row: FaultRow, index: number): Promise<void> {
  const { cloud, one, two } = stage;
  const name = `t${index + 10}-${row.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}`
    .slice(0, 30)
    .replace(/-$/, '');
  const image = row.app ? await pushApp(cloud, { version: name, ...row.app }, 'api', name) : two;
  const service = await createOn[row.on](cloud, name, one);
  const place = (fault: FaultRequest) => (fault.kind === 'missing-image' ? image : name);
  for (const fault of row.faults ?? []) await cloud.fault({ ...fault, resource: place(fault) });
  const run = await deployBackend(
    cloud,
    { service: service.arn, image, 'wait-timeout': '30s', ...inputsOf(stage, row, service) },
    { cwd: stage.workspace },
  );
  for (const fault of row.faults ?? []) await clearFaults(cloud, place(fault));
  expect(run.outputs['outcome'], run.log).toBe(row.outcome);
  if (row.says) expect(logText(run.log)).toMatch(row.says);
  expect(run.log).not.toContain('bug in wwhd-deploy');
  expect(run.exitCode === 0).toBe(row.outcome === 'deployed');
  const updates = (await changesOf(cloud, name)).filter((operation) => operation === service.update);
  expect(updates, run.log).toHaveLength(row.updates);
  if (row.runs === 'any') return;
  expect(await service.images(), run.log).toEqual([(row.runs === 'old' ? one : image).split('@')[1]]);
  if (row.runs === 'old') expect(await versionAt(service)).toBe('1');
}

function inputsOf(stage: FaultStage, row: FaultRow, service: TestService): Record<string, string> {
  const given = { ...row.inputs };
  // Services of ECS do not know their own address.
  if (row.on === 'ecs') given['probe-url'] ??= `${service.url}/health`;
  if (given['smoke-checks']) {
    const file = `smoke-${service.name}.yml`;
    const checks = `version: 1\nbase-url: ${service.url}\nchecks:\n  - name: it is version 1\n    get: /\n    retry: { budget: 0s }\n    expect: { json: { $.version: "1" } }\n`;
    writeFileSync(join(stage.workspace, file), checks);
    given['smoke-checks'] = file;
  }
  return Object.fromEntries(
    Object.entries(given).map(([key, value]) => [key, value.replace('SERVICE', service.url)]),
  );
}

/** The log with the line ends of workflow commands undone. */
export const logText = (log: string): string =>
  decodeURIComponent(log.replaceAll(/%(?![0-9A-F]{2})/g, '%25'));

export async function versionAt(service: Pick<TestService, 'url'>): Promise<string> {
  return ((await (await fetch(`${service.url}/`)).json()) as { version: string }).version;
}

/** Asks every 20 ms until there is an answer. */
export async function until<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  for (let i = 0; i < 1500; i++) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('waited in vain');
}

/** Resolves when the service has been updated for the `n`th time. */
export function updated(
  cloud: TestCloud,
  service: Pick<TestService, 'name' | 'update'>,
  n = 1,
): Promise<boolean> {
  return until(
    async () => (await changesOf(cloud, service.name)).filter((o) => o === service.update).length >= n,
  );
}
