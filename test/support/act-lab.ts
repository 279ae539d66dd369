// A team's repository with the app and the workflows of examples/, AWS and GitHub beside it: what our workflows are run
// against by act.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AwsAccess, callAws } from '../../demo/aws.ts';
import type { Cloud } from '../../demo/cloud.ts';
import { pushFirstImage } from '../../demo/image.ts';
import { createResources, type Resources } from '../../demo/resources.ts';
import { type ActHome, type ActOptions, type ActRun, actHome } from './act.ts';
import { startCloud, type TestCloud } from './cloud.ts';
import { root } from './dist.ts';
import { type FakeGitHub, startGitHub } from './github.ts';
import { BUILDAH_ENV } from './image.ts';

/** The app of examples/, with an image that needs no base: buildah has nowhere to pull one from. */
const DOCKERFILE = [
  'FROM scratch',
  'WORKDIR /app',
  'COPY package.json server.js healthcheck.js ./',
  'COPY src ./src',
  'COPY data ./data',
  'CMD ["node","server.js"]',
  '',
].join('\n');

export interface ActLab {
  readonly access: Cloud;
  readonly cloud: TestCloud;
  readonly github: FakeGitHub;
  readonly home: ActHome;
  readonly resources: Resources;
  readonly options: Omit<ActOptions, 'workflow'>;
  /** Changes a file of the caller's repository. */
  edit(path: string, change: (text: string) => string): void;
  /** Runs a caller's workflow of `examples/workflows`, with a token that the fake GitHub knows. */
  run(event: string, workflow: string, given?: Partial<ActOptions>): Promise<ActRun>;
  /** One S3 request of somebody's, by hand. */
  s3(method: string, path: string, body?: string): Promise<string>;
  stop(): Promise<void>;
}

export async function actLab(): Promise<ActLab> {
  const cloud = await startCloud({ speed: 50 });
  const [home, github] = [actHome(), await startGitHub()];
  const access: AwsAccess = {
    endpoint: cloud.endpoint,
    region: 'us-west-2',
    accessKey: 'local',
    secretKey: 'local',
  };
  const resources = await createResources(access as Cloud, (repository) =>
    pushFirstImage(cloud.endpoint, repository, join(home.dir, 'first-image')),
  );
  const app = join(root, 'examples/app');
  for (const part of ['backend', 'frontend'])
    cpSync(join(app, part), join(home.caller, part), { recursive: true });
  cpSync(join(root, 'examples/workflows'), join(home.caller, '.github/workflows'), { recursive: true });
  writeFileSync(join(home.caller, 'backend/Dockerfile'), DOCKERFILE);
  writeFileSync(
    join(home.caller, 'checks.yml'),
    'version: 1\nchecks:\n  - name: up\n    get: /health\n    expect: { status: 200 }\n',
  );
  const role = (name: string) => `arn:aws:iam::000000000000:role/${name}`;
  const options = {
    env: {
      ...cloud.env,
      ...BUILDAH_ENV,
      GITHUB_API_URL: github.url,
      // What GitHub gives a job with `id-token: write`; the login itself is a stub.
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/',
    },
    secrets: { GITHUB_TOKEN: github.token },
    vars: {
      AWS_REGION: 'us-west-2',
      AWS_ROLE: role('deploy'),
      AWS_PLAN_ROLE: role('plan'),
      AWS_PREVIEW_ROLE: role('preview'),
      RELEASE_BUCKET: resources.releaseBucket,
      ECR_REPOSITORY: resources.repository,
      SERVICE_ARN: resources.service,
      SITE_BUCKET: resources.bucket,
      DISTRIBUTION: resources.distribution,
      // In a lab of its own the site's bucket and distribution are the previews'.
      PREVIEW_BUCKET: resources.bucket,
      PREVIEW_DISTRIBUTION: resources.distribution,
    },
  };
  // What made the resources is Terraform's, and not the deploying role's.
  await cloud.clearRequests();
  return {
    access: access as Cloud,
    cloud,
    github,
    home,
    resources,
    options,
    edit(path, change) {
      const file = join(home.caller, path);
      writeFileSync(file, change(readFileSync(file, 'utf8')));
    },
    run: (event, workflow, given = {}) =>
      home.run(event, { ...options, ...given, workflow: `.github/workflows/${workflow}` }),
    s3: (method, path, body = '') =>
      callAws(access, { service: 's3', method, path, body, headers: { 'content-type': 'text/html' } }),
    async stop() {
      await cloud.stop();
      await github.stop();
      home.clean();
    },
  };
}

/** A pull request's event, as far as our workflows read it. */
export const pullRequest = (
  number: number,
  action: string,
  head: { readonly sha: string; readonly repository?: string },
  base = head.sha,
) => ({
  action,
  number,
  pull_request: {
    number,
    head: { sha: head.sha, ref: 'change', repo: { full_name: head.repository ?? 'org/app' } },
    base: { sha: base, ref: 'main', repo: { full_name: 'org/app' } },
  },
});

/** An open pull request that the fake GitHub knows. */
export function openPullRequest(github: FakeGitHub, number: number): void {
  const about = { title: 'A change', body: '', labels: [], comments: [] };
  github.issues.set(number, { number, state: 'open', ...about });
}
