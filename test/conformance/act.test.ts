import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsAccess } from '../../demo/aws.ts';
import { pushPlaceholder } from '../../demo/image.ts';
import { createResources, describeService, type Resources } from '../../demo/resources.ts';
import { type ActHome, type ActOptions, actHome } from '../support/act.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { root } from '../support/dist.ts';
import { type FakeGitHub, startGitHub } from '../support/github.ts';
import { BUILDAH_ENV } from '../support/image.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: the workflows run by act need WWHD_CONFORMANCE=1');
const skip = !asked || missingTools('the workflows run by act', ['act', 'buildah', 'git']);

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

describe.skipIf(skip)(
  'our workflows, called from a team repository and run by act',
  { timeout: 240_000 },
  () => {
    let access: AwsAccess;
    let cloud: TestCloud;
    let home: ActHome;
    let resources: Resources;
    let github: FakeGitHub;
    let options: Omit<ActOptions, 'workflow'>;

    beforeAll(async () => {
      cloud = await startCloud({ speed: 50 });
      home = actHome();
      github = await startGitHub();
      github.issues.set(7, {
        number: 7,
        title: 'A change',
        body: '',
        labels: [],
        state: 'open',
        comments: [],
      });
      access = {
        endpoint: cloud.endpoint,
        region: 'us-west-2',
        accessKey: 'AKIALOCALCLOUD000000',
        secretKey: 'any',
      };
      resources = await createResources(
        access as unknown as Parameters<typeof createResources>[0],
        (repository) => pushPlaceholder(cloud.endpoint, repository, join(home.dir, 'placeholder')),
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
      options = {
        env: {
          ...cloud.env,
          ...BUILDAH_ENV,
          // What GitHub gives a job with `id-token: write`; the login itself is a stub.
          ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:9/',
        },
        vars: {
          AWS_REGION: 'us-west-2',
          AWS_ROLE: 'arn:aws:iam::000000000000:role/deploy',
          AWS_PLAN_ROLE: 'arn:aws:iam::000000000000:role/plan',
          RELEASE_BUCKET: resources.releaseBucket,
          ECR_REPOSITORY: resources.repository,
          SERVICE_ARN: resources.service,
          SITE_BUCKET: resources.bucket,
          DISTRIBUTION: resources.distribution,
        },
      };
      // What made the resources is Terraform's, and not the deploying role's.
      await cloud.clearRequests();
    });
    afterAll(async () => {
      await cloud?.stop();
      await github?.stop();
      home?.clean();
    });

    const deploy = () => home.run('push', { ...options, workflow: '.github/workflows/deploy.yml' });
    const edit = (path: string, change: (text: string) => string) => {
      const file = join(home.caller, path);
      writeFileSync(file, change(readFileSync(file, 'utf8')));
    };
    const running = async () => {
      const { SourceConfiguration } = await describeService(
        access as Parameters<typeof describeService>[0],
        resources.service,
      );
      return SourceConfiguration.ImageRepository.ImageIdentifier;
    };
    const version = async () =>
      ((await (await fetch(`${resources.siteUrl}/version.json`)).json()) as { commit: string }).commit;
    let first: { commit: string; image: string; release: string };

    it('deploys a push to main: tested, built, both halves live', async () => {
      const commit = home.commit('first');
      const run = await deploy();
      expect(run.exitCode, run.log).toBe(0);
      expect(run.outputs('Release')).toMatchObject({ outcome: 'deployed' });
      for (const job of ['Prepare', 'Test', 'Image', 'Build the site', 'Backend', 'Frontend', 'Release'])
        expect(run.result(job), job).toBe('succeeded');
      expect([run.result('Smoke checks'), run.result('Put back')]).toEqual([undefined, undefined]);
      const backend = run.outputs('Backend');
      expect(await running()).toBe(backend['image']);
      expect(backend['image']).toBe(run.outputs('Image')['image']);
      expect(await version()).toBe(commit);
      const release = run.outputs('Prepare')['release-id'] ?? '';
      expect([backend['release-id'], run.outputs('Frontend')['release-id']]).toEqual([release, release]);
      first = { commit, image: backend['image'] ?? '', release };
    });

    it('puts the backend back when the frontend of the same release fails', async () => {
      edit('backend/server.js', (text) => `${text}\n// second\n`);
      edit('frontend/build.js', (text) => text.replace("'index.html'", "'start.html'"));
      home.commit('a frontend without its entry page');
      const run = await deploy();
      expect(run.exitCode).toBe(1);
      expect(run.outputs('Backend')).toMatchObject({ outcome: 'deployed' });
      expect(run.outputs('Frontend')).toMatchObject({ outcome: 'refused' });
      expect(run.outputs('Put back'), run.log).toMatchObject({ outcome: 'rolled-back' });
      expect(run.outputs('Release')).toMatchObject({ outcome: 'rolled-back' });
      expect(await running()).toBe(first.image);
      expect(await version()).toBe(first.commit);
    });

    it('deploys the correction, and goes back by hand', async () => {
      edit('frontend/build.js', (text) => text.replace("'start.html'", "'index.html'"));
      edit('backend/server.js', (text) => `${text}\n// third\n`);
      const commit = home.commit('corrected');
      const run = await deploy();
      expect(run.outputs('Release'), run.log).toMatchObject({ outcome: 'deployed' });
      expect(await version()).toBe(commit);
      const back = await rollback({ to: 'latest-good', scope: 'all', reason: 'act says so' });
      expect(back.exitCode, back.log).toBe(0);
      expect(back.outputs('Roll back')).toMatchObject({ outcome: 'rolled-back' });
      expect(await running()).toBe(first.image);
      expect(await version()).toBe(first.commit);
    });

    it('lists the last releases when there is no such release to go back to', async () => {
      const run = await rollback({ to: 'ffffffffffff', scope: 'all', reason: 'a typing error' });
      expect(run.exitCode).toBe(1);
      expect(run.outputs('Roll back')).toMatchObject({ outcome: 'refused' });
      expect(run.log).toContain(first.release);
    });

    it('tells a pull request what it would do, in one comment', async () => {
      const base = home.commit('base');
      expect((await deploy()).exitCode).toBe(0);
      const before = await cloud.changes();
      edit('frontend/src/pages/about.html', (text) => `${text}<p>New.</p>`);
      const head = home.commit('a change');
      const checks = (repository: string) =>
        home.run('pull_request', {
          ...options,
          env: { ...options.env, GITHUB_API_URL: github.url },
          secrets: { GITHUB_TOKEN: github.token },
          workflow: '.github/workflows/pr-checks.yml',
          payload: {
            action: 'synchronize',
            number: 7,
            pull_request: {
              number: 7,
              head: { sha: head, ref: 'change', repo: { full_name: repository } },
              base: { sha: base, ref: 'main', repo: { full_name: 'org/app' } },
            },
          },
        });
      const run = await checks('org/app');
      expect(run.exitCode, run.log).toBe(0);
      const [comment, ...others] = github.issues.get(7)?.comments ?? [];
      expect(others).toEqual([]);
      expect(comment?.body).toContain('| Plan of the frontend | ✅ passed |');
      expect(comment?.body).toContain('about.html (');
      expect(comment?.body).toContain('| Plan of the backend | ✅ passed |');
      expect(await cloud.changes()).toEqual(before);

      const fork = await checks('stranger/app');
      expect(fork.exitCode, fork.log).toBe(0);
      expect([fork.result('Image'), fork.result('Plan of the backend')]).toEqual(['succeeded', undefined]);
      expect(github.issues.get(7)?.comments.map((c) => c.id)).toEqual([comment?.id]);
      expect(github.issues.get(7)?.comments[0]?.body).toContain('comes from a fork');
    });

    it('needs no more of AWS than the policy in infra/terraform grants', async () => {
      const policy = readFileSync(join(root, 'infra/terraform/github.tf'), 'utf8');
      const granted = new Set([...policy.matchAll(/"([a-z0-9-]+:[A-Z]\w+)"/g)].map((m) => m[1]));
      const used = new Set((await cloud.requests()).flatMap((request) => request.iam));
      expect(used.size).toBeGreaterThan(10);
      expect([...used].filter((action) => !granted.has(action)).sort()).toEqual([]);
    });

    it('refuses before any job when the inputs do not go together', async () => {
      const vars = { ...options.vars, SITE_BUCKET: '' };
      const run = await home.run('push', { ...options, vars, workflow: '.github/workflows/deploy.yml' });
      expect(run.exitCode).toBe(1);
      expect(run.log).toMatch(/::error::input `bucket`: is empty/);
      expect([run.result('Prepare'), run.result('Image'), run.result('Backend')]).toEqual([
        'failed',
        undefined,
        undefined,
      ]);
    });

    it('says what is missing where the job may not log in', async () => {
      const env = { ...options.env, ACTIONS_ID_TOKEN_REQUEST_URL: '' };
      const run = await home.run('workflow_dispatch', {
        ...options,
        env,
        inputs: { to: 'latest-good', scope: 'all', reason: 'x' },
        workflow: '.github/workflows/rollback.yml',
      });
      expect(run.exitCode).toBe(1);
      expect(run.log).toContain('id-token: write');
    });

    function rollback(inputs: Record<string, string>) {
      return home.run('workflow_dispatch', {
        ...options,
        inputs,
        workflow: '.github/workflows/rollback.yml',
      });
    }
  },
);
