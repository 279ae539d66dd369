import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StepRun } from './model.ts';
import { type Build, ENVIRONMENT, type Stage } from './stage.ts';
import { summarizeTraffic, type TrafficSummary } from './traffic.ts';

export type Workflow = Parameters<Stage['step']>[3];

/** A run of the team's workflow `deploy.yml`. */
export function deployRun(number: number, actor: string, more: Partial<Workflow> = {}): Workflow {
  return { workflow: 'Deploy', event: 'push', attempt: 1, number, actor, ...more };
}

/** A release that went out whole. */
export interface Release {
  readonly id: string;
  readonly build: Build;
  /** By digest. */
  readonly image: string;
  readonly backend: StepRun;
  readonly frontend: StepRun;
}

/** The whole workflow: image, then backend and frontend side by side as one release, then the smoke test. */
export async function release(stage: Stage, build: Build, workflow: Workflow): Promise<Release> {
  const id = releaseId(build.commit.sha);
  const image = await pushImage(stage, build, workflow);
  const [backend, frontend] = await Promise.all([
    deployBackend(stage, build, workflow, { id, image }),
    deployFrontend(stage, build, workflow, id),
  ]);
  stage.ended(backend, 'deployed', 'green');
  stage.ended(frontend, 'deployed', 'green');
  const smoke = await stage.step(
    'smoke-test',
    { checks: 'checks.yml', 'base-url': stage.parts.resources.apiUrl },
    build,
    workflow,
  );
  stage.ended(smoke, 'passed', 'green');
  await expectLive(stage, { id, build, image });
  return { id, build, image, backend, frontend };
}

/** A backend release that must end red, with the good one still serving. */
export async function failBackend(
  stage: Stage,
  build: Build,
  workflow: Workflow,
  good: Release,
): Promise<StepRun> {
  const image = await pushImage(stage, build, workflow);
  const step = await deployBackend(stage, build, workflow, { id: releaseId(build.commit.sha), image });
  stage.ended(step, 'rolled-back', 'red');
  await expectLive(stage, good);
  return step;
}

/** @returns the image by digest */
export async function pushImage(stage: Stage, build: Build, workflow: Workflow): Promise<string> {
  const inputs = { repository: stage.parts.resources.repository, 'oci-layout': build.ociLayout };
  const step = await stage.step('push-image', inputs, build, workflow);
  stage.check('the step push-image is', 'green', step.exitCode === 0 ? 'green' : 'red');
  return step.outputs['image'] ?? '';
}

export function deployBackend(
  stage: Stage,
  build: Build,
  workflow: Workflow,
  release: { id: string; image: string },
): Promise<StepRun> {
  const { resources } = stage.parts;
  const inputs = {
    service: resources.service,
    image: release.image,
    environment: ENVIRONMENT,
    'release-bucket': resources.releaseBucket,
    'release-id': release.id,
    'env-file': '.env.production',
    'smoke-checks': 'checks.yml',
    alarms: resources.alarm,
  };
  return stage.step('deploy-backend', inputs, build, workflow);
}

export function deployFrontend(stage: Stage, build: Build, workflow: Workflow, id: string): Promise<StepRun> {
  const { resources } = stage.parts;
  const inputs = {
    source: 'frontend/out',
    bucket: resources.bucket,
    distribution: resources.distribution,
    environment: ENVIRONMENT,
    'release-id': id,
    'smoke-checks': 'checks-site.yml',
  };
  return stage.step('deploy-frontend', inputs, build, workflow);
}

/** A release's id, as `deploy.yml` gives it to both of its deploying jobs. */
export function releaseId(commit: string): string {
  return `${new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '')}-${commit.slice(0, 7)}`;
}

/** What must be so when a release is live, asked of everyone who could know: users, AWS, the ledger. */
export async function expectLive(
  stage: Stage,
  wanted: Pick<Release, 'id' | 'build' | 'image'>,
): Promise<void> {
  stage.parts.terminal.doing('looking');
  stage.check('the API answers as commit', wanted.build.commit.sha, await stage.apiCommit());
  stage.check('App Runner runs', wanted.image, await stage.runningImage());
  await expectSite(stage, wanted.build);
  const { pointer } = await stage.ledger();
  stage.check('the ledger points at', wanted.id, String(pointer['release']));
}

const PAGES = ['index.html', 'about.html', 'answers/friday.html', 'version.json'];

/** Pages of a build, read through the CDN as a visitor does and compared byte for byte. */
async function expectSite(stage: Stage, build: Build): Promise<void> {
  const asBuilt = `as built from ${build.commit.sha.slice(0, 7)}`;
  const differs: string[] = [];
  for (const page of PAGES) {
    const { text } = await stage.page(page === 'index.html' ? '/' : `/${page}`);
    if (text !== readFileSync(join(build.folder, 'frontend/out', page), 'utf8')) differs.push(page);
  }
  stage.check(
    'visitors get every page',
    asBuilt,
    differs.length === 0 ? asBuilt : `other bytes: ${differs.join(', ')}`,
  );
  stage.check('a page that is not there answers', 404, (await stage.page('/no/such/page.html')).status);
}

/** What the team's users had since `from` (milliseconds since the week began), up to the last answer still due. */
export async function usersSince(stage: Stage, from: number): Promise<TrafficSummary> {
  const to = stage.parts.now();
  await stage.traffic?.settle();
  return summarizeTraffic(stage.traffic?.samples ?? [], from, to);
}
