import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeService } from '../../demo/resources.ts';
import { type ActLab, actLab, openPullRequest, pullRequest } from '../support/act-lab.ts';
import { root } from '../support/dist.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: the workflows run by act need WWHD_CONFORMANCE=1');
const skip = !asked || missingTools('the workflows run by act', ['act', 'buildah', 'git']);

describe.skipIf(skip)(
  'our workflows, called from a team repository and run by act',
  { timeout: 600_000 },
  () => {
    let lab: ActLab;
    beforeAll(async () => {
      lab = await actLab();
      openPullRequest(lab.github, 7);
    });
    afterAll(() => lab?.stop());

    const deploy = () => lab.run('push', 'deploy.yml');
    const running = async () => {
      const { SourceConfiguration } = await describeService(lab.access, lab.resources.service);
      return SourceConfiguration.ImageRepository.ImageIdentifier;
    };
    const version = async () => {
      const answer = await fetch(`${lab.resources.siteUrl}/version.json`);
      return ((await answer.json()) as { commit: string }).commit;
    };
    let first: { commit: string; image: string; release: string };

    it('deploys a push to main: tested, built, both halves live', async () => {
      const commit = lab.home.commit('first');
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
      lab.edit('backend/server.js', (text) => `${text}\n// second\n`);
      lab.edit('frontend/build.js', (text) => text.replace("'index.html'", "'start.html'"));
      lab.home.commit('a frontend without its entry page');
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
      lab.edit('frontend/build.js', (text) => text.replace("'start.html'", "'index.html'"));
      lab.edit('backend/server.js', (text) => `${text}\n// third\n`);
      const commit = lab.home.commit('corrected');
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
      const base = lab.home.commit('base');
      expect((await deploy()).exitCode).toBe(0);
      const before = await lab.cloud.changes();
      lab.edit('frontend/src/pages/about.html', (text) => `${text}<p>New.</p>`);
      const head = lab.home.commit('a change');
      const checks = (repository: string) =>
        lab.run('pull_request', 'pr-checks.yml', {
          payload: pullRequest(7, 'synchronize', { sha: head, repository }, base),
        });
      const run = await checks('org/app');
      expect(run.exitCode, run.log).toBe(0);
      const [comment, ...others] = lab.github.issues.get(7)?.comments ?? [];
      expect(others).toEqual([]);
      expect(comment?.body).toContain('| Plan of the frontend | ✅ passed |');
      expect(comment?.body).toContain('about.html (');
      expect(comment?.body).toContain('| Plan of the backend | ✅ passed |');
      expect(await lab.cloud.changes()).toEqual(before);

      const fork = await checks('stranger/app');
      expect(fork.exitCode, fork.log).toBe(0);
      expect([fork.result('Image'), fork.result('Plan of the backend')]).toEqual(['succeeded', undefined]);
      expect(lab.github.issues.get(7)?.comments.map((c) => c.id)).toEqual([comment?.id]);
      expect(lab.github.issues.get(7)?.comments[0]?.body).toContain('comes from a fork');
    });

    it('shows the history, and keeps an issue for as long as what runs is not what the ledger says', async () => {
      const { bucket } = lab.resources;
      const clean = await lab.run('schedule', 'history.yml');
      expect(clean.exitCode, clean.log).toBe(0);
      const current = clean.outputs('History')['current'] ?? '';
      expect(current).toMatch(/^\d{8}T\d{6}Z-/);
      expect(clean.outputs('History')).toMatchObject({ drift: 'false' });
      // act keeps the page in the artifact's folder.
      const kept = join(lab.home.dir, 'artifacts/history-production/history.html');
      expect(readFileSync(kept, 'utf8')).toContain(current);
      const issues = lab.github.issues.size;

      await lab.s3('PUT', `/${bucket}/about.html`, '<!doctype html><title>About</title><p>By hand.');
      const found = await lab.run('schedule', 'history.yml');
      expect(found.exitCode, found.log).toBe(0);
      const number = Number(found.outputs('History')['issue-number']);
      expect(found.outputs('History')).toMatchObject({ drift: 'true', current });
      expect(lab.github.issues.get(number)).toMatchObject({ state: 'open', labels: [{ name: 'drift' }] });
      expect(lab.github.issues.get(number)?.body).toContain('other or missing: about.html');

      await lab.s3('PUT', `/${bucket}/robots.txt`, 'By hand, too.');
      const again = await lab.run('schedule', 'history.yml');
      expect(again.outputs('History')).toMatchObject({ drift: 'true', 'issue-number': String(number) });
      expect(lab.github.issues.size).toBe(issues + 1);
      expect(lab.github.issues.get(number)?.body).toContain('robots.txt');

      // A deployment puts it right: what others have written over is sent again.
      expect((await deploy()).exitCode).toBe(0);
      const gone = await lab.run('schedule', 'history.yml');
      expect(gone.outputs('History'), gone.log).toMatchObject({ drift: 'false' });
      expect(lab.github.issues.get(number)?.state).toBe('closed');
    });

    it('needs no more of AWS than the policy in infra/terraform grants', async () => {
      const policy = ['reads', 'writes']
        .map((name) => readFileSync(join(root, `infra/terraform/modules/github/${name}.tf`), 'utf8'))
        .join('\n');
      const granted = new Set([...policy.matchAll(/"([a-z0-9-]+:[A-Z]\w+)"/g)].map((m) => m[1]));
      const used = new Set((await lab.cloud.requests()).flatMap((request) => request.iam));
      expect(used.size).toBeGreaterThan(10);
      expect([...used].filter((action) => !granted.has(action)).sort()).toEqual([]);
    });

    it('refuses before any job when the inputs do not go together', async () => {
      const vars = { ...lab.options.vars, SITE_BUCKET: '' };
      const run = await lab.run('push', 'deploy.yml', { vars });
      expect(run.exitCode).toBe(1);
      expect(run.log).toMatch(/::error::input `bucket`: is empty/);
      expect([run.result('Prepare'), run.result('Image'), run.result('Backend')]).toEqual([
        'failed',
        undefined,
        undefined,
      ]);
    });

    it('says what is missing where the job may not log in', async () => {
      const env = { ...lab.options.env, ACTIONS_ID_TOKEN_REQUEST_URL: '' };
      const inputs = { to: 'latest-good', scope: 'all', reason: 'x' };
      const run = await lab.run('workflow_dispatch', 'rollback.yml', { env, inputs });
      expect(run.exitCode).toBe(1);
      expect(run.log).toContain('id-token: write');
    });

    function rollback(inputs: Record<string, string>) {
      return lab.run('workflow_dispatch', 'rollback.yml', { inputs });
    }
  },
);
