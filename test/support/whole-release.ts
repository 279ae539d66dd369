import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Pointer, ReleaseRecord } from '../../src/release/record.ts';
import { createEcs, createTestRunner, pushApp, type TestService } from './backend.ts';
import type { TestCloud } from './cloud.ts';
import { commitOf } from './pair.ts';
import { type ActionRun, type RunOptions, runAction } from './run-action.ts';
import { makeFolder, makeSite, smallSite, type TestSite } from './site.ts';

/** Three parts in one environment, and the release file that names them: an ECS service, an App Runner service, a site. */
export interface WholeRelease {
  readonly site: TestSite;
  readonly api: TestService;
  readonly worker: TestService;
  /** Runs the action deploy on a version. */
  deploy(
    version: string,
    inputs?: Readonly<Record<string, string>>,
    options?: RunOptions,
  ): Promise<ActionRun>;
  rollback(inputs?: Readonly<Record<string, string>>, options?: RunOptions): Promise<ActionRun>;
  /** Which version each part runs, by the cloud's own state and byte for byte. */
  live(): Promise<Record<'api' | 'worker' | 'web', string | undefined>>;
  pointer(): Promise<Pointer | undefined>;
  record(id: string): Promise<ReleaseRecord | undefined>;
  /** Who holds the lock. */
  holders(): Promise<readonly unknown[]>;
}

export interface WholeOptions {
  /** Versions that can be deployed: the services run the first one at the start. */
  readonly versions: readonly string[];
  /** Added to the part `api` of the file. */
  readonly api?: string;
  /** Added to the file. */
  readonly more?: string;
  /** Other files of the workspace, by path. */
  readonly files?: Readonly<Record<string, string>>;
}

const text = (name: string, { api = '', more = '' }: WholeOptions) => `version: 1
release-bucket: \${BUCKET}
parts:
  api:
    service: \${API}
    image: { repository: ${name} }
    probe: { max-error-rate: 100%, interval: 100ms }
${api}
  worker:
    service: \${WORKER}
    image: { from: api }
    probe: { max-error-rate: 100%, interval: 100ms }
  web:
    bucket: \${SITE}
    distribution: \${CDN}
    source: site
order: [api, worker, web]
${more}
`;

export async function makeWhole(
  cloud: TestCloud,
  name: string,
  options: WholeOptions,
): Promise<WholeRelease> {
  const images = new Map<string, string>();
  for (const version of options.versions) images.set(version, await pushApp(cloud, { version }, name));
  const first = images.get(options.versions[0] ?? '') ?? '';
  const [api, worker, site] = await Promise.all([
    createEcs(cloud, `${name}-api`, first),
    createTestRunner(cloud, `${name}-worker`, first),
    makeSite(cloud, `${name}-site`),
  ]);
  const variables = {
    BUCKET: site.releaseBucket,
    API: api.arn,
    WORKER: worker.arn,
    SITE: site.bucket,
    CDN: site.distribution,
  };
  const versionOf = async (service: TestService) => {
    const digests = new Set((await service.images()).map((image) => image.split('@')[1] ?? image));
    const found = [...digests].map((digest) =>
      [...images.keys()].find((version) => images.get(version)?.endsWith(digest)),
    );
    return found.length === 1 ? found[0] : found.join(' and ');
  };
  return {
    site,
    api,
    worker,
    deploy(version, inputs = {}, runOptions = {}) {
      const cwd = makeFolder(
        Object.fromEntries(Object.entries(smallSite(version)).map(([path, body]) => [`site/${path}`, body])),
      );
      const files = { 'wwhd-deploy.yml': text(name, options), ...options.files };
      for (const [path, body] of Object.entries(files)) writeFileSync(join(cwd, path), body);
      return runAction(
        'deploy',
        {
          variables: JSON.stringify(variables),
          images: `api=${images.get(version)}`,
          'release-id': version,
          'allow-older-commit': 'true',
          ...inputs,
        },
        {
          cwd,
          commit: commitOf(version),
          runNumber: Number(version.replaceAll(/\D/g, '')),
          ...runOptions,
          env: { ...cloud.env, ...runOptions.env },
        },
      );
    },
    rollback: (inputs = {}, runOptions = {}) =>
      runAction(
        'rollback',
        { 'release-bucket': site.releaseBucket, reason: 'test', ...inputs },
        { runNumber: 90, ...runOptions, env: { ...cloud.env, ...runOptions.env } },
      ),
    async live() {
      const files = await site.live();
      const web = options.versions.find((version) => isExactly(files, smallSite(version)));
      return {
        api: await versionOf(api),
        worker: await versionOf(worker),
        web: web ?? (files.size === 0 ? 'nothing' : undefined),
      };
    },
    pointer: () => site.json<Pointer>('production/current.json'),
    record: (id) => site.json<ReleaseRecord>(`production/releases/${id}.json`),
    async holders() {
      return (await site.json<{ holders: unknown[] }>('production/lock.json'))?.holders ?? [];
    },
  };
}

/** True where each file of the version is live with its bytes, and of the others only what stays for open tabs. */
function isExactly(live: ReadonlyMap<string, string>, wanted: Readonly<Record<string, string>>): boolean {
  const isThere = Object.entries(wanted).every(([path, body]) => live.get(path) === body);
  return isThere && [...live.keys()].every((path) => path in wanted || path.startsWith('assets/'));
}
