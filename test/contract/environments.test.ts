// What act does not do, by GitHub's own parser and expressions: environments and the deployments that they record, their
// addresses, and concurrency. (act runs jobs without an environment, knows no `deployment: false`, and one run at a time.)
import { describe, expect, it } from 'vitest';
import { evaluate, type Job, read, type Workflow } from '../support/workflows.ts';

interface Environment {
  readonly name: string;
  readonly url?: string;
  readonly deployment?: boolean | string;
}
const WORKFLOWS = ['deploy', 'rollback', 'pr-checks', 'preview', 'history'] as const;
const workflow = (name: string) =>
  read<Workflow & { concurrency: { group: string; 'cancel-in-progress': boolean } }>(
    `.github/workflows/${name}.yml`,
  );
const environmentOf = ({ environment }: Job): Environment | undefined =>
  typeof environment === 'string' ? { name: environment } : (environment as Environment | undefined);

/** A text with expressions in it, as GitHub fills it in. */
const filled = (text: string, context: Record<string, unknown>) =>
  text.replaceAll(/\$\{\{([\s\S]*?)\}\}/g, (_all, expression: string) =>
    String(evaluate(expression.trim(), context) ?? ''),
  );

describe('a deployment is recorded', () => {
  const jobs = WORKFLOWS.flatMap((name) =>
    Object.entries(workflow(name).jobs).map(([id, job]) => ({ at: `${name}.${id}`, job })),
  );

  it('by the jobs that bring something live, and by the one whose approval stands before them', () => {
    const recorded = jobs.filter(({ job }) => environmentOf(job) && environmentOf(job)?.deployment !== false);
    expect(recorded.map(({ at }) => at)).toEqual([
      // Its approval is that of the release: a third party's protection rule needs a deployment to decide on.
      'deploy.image',
      'deploy.backend',
      'deploy.frontend',
      'deploy.restore',
      'rollback.rollback',
      'preview.deploy',
    ]);
  });

  it('and by no job that has only a role', () => {
    const silent = jobs.filter(({ job }) => environmentOf(job)?.deployment === false);
    expect(silent.map(({ at }) => at)).toEqual([
      'deploy.live',
      'pr-checks.plan-backend',
      'pr-checks.plan-frontend',
      'preview.remove',
      'preview.sweep',
      'history.history',
    ]);
  });

  it('and by no build that has a role of its own, whose environment asks nobody', () => {
    const job = jobs.find(({ at }) => at === 'deploy.image')?.job as Job;
    const { name = '', deployment = '' } = environmentOf(job) ?? {};
    const login = job.steps?.find(({ uses }) => uses?.endsWith('aws-login'))?.with?.['role-to-assume'];
    const inputs = {
      environment: 'production',
      'role-to-assume': 'deploy',
      'build-environment': 'build',
      'dry-run': false,
    };
    const seen = ['', 'push'].map((role) =>
      [name, String(deployment), String(login)].map((text) =>
        filled(text, { inputs: { ...inputs, 'build-role-to-assume': role } }),
      ),
    );
    expect(seen).toEqual([
      ['production', 'true', 'deploy'],
      ['build', 'false', 'push'],
    ]);
  });

  it('and by none that only plans', () => {
    const inputs = (dry: boolean) => ({
      inputs: { environment: 'production', 'build-role-to-assume': '', 'dry-run': dry },
    });
    for (const at of ['deploy.image', 'deploy.backend', 'deploy.frontend', 'rollback.rollback']) {
      const { deployment = '' } = environmentOf(jobs.find((one) => one.at === at)?.job as Job) ?? {};
      const recorded = [false, true].map((dry) => filled(String(deployment), inputs(dry)));
      expect(recorded, at).toEqual(['true', 'false']);
    }
  });

  it('every job that logs in to AWS names an environment, for that is what the role trusts', () => {
    const login = jobs.filter(({ job }) => job.steps?.some((step) => step.uses?.endsWith('/aws-login')));
    expect(login.length).toBeGreaterThan(9);
    for (const { at, job } of login) {
      expect(environmentOf(job)?.name, at).toMatch(/inputs\.[\w-]*environment/);
      expect(job.permissions, at).toMatchObject({ 'id-token': 'write' });
    }
    for (const { at, job } of jobs.filter((one) => !login.includes(one)))
      expect(job.permissions ?? {}, at).not.toHaveProperty('id-token');
  });
});

it('a preview has the same address in its deployment, its comment and its removal', () => {
  const { jobs } = workflow('preview');
  const context = {
    inputs: { 'site-url': 'https://pr-{0}.preview.example.com', folder: 'previews' },
    github: { event: { pull_request: { number: 7 } } },
  };
  const step = jobs['deploy']?.steps?.find((s) => s.id === 'deploy');
  const url = 'https://pr-7.preview.example.com';
  expect(filled(environmentOf(jobs['deploy'] as Job)?.url ?? '', context)).toBe(url);
  expect(filled(String(step?.with?.['site-url']), context)).toBe(url);
  expect(filled(String(step?.with?.['prefix']), context)).toBe('previews/pr-7');
  const removal = jobs['remove']?.steps?.find((s) => s.uses?.endsWith('/preview-remove'));
  // The action fills the number in itself, for a sweep has many.
  expect(filled(String(removal?.with?.['site-url']), context)).toBe('https://pr-{0}.preview.example.com');
});

describe('when a job of preview.yml runs', () => {
  const event = (name: string, action?: string, repository = 'org/app') => ({
    event_name: name,
    repository: 'org/app',
    event: {
      ...(action ? { action, pull_request: { number: 7, head: { repo: { full_name: repository } } } } : {}),
    },
  });
  it.each([
    ['opened', event('pull_request', 'opened'), ['build']],
    ['a new push', event('pull_request', 'synchronize'), ['build']],
    ['closed', event('pull_request', 'closed'), ['remove']],
    ['a fork opens one', event('pull_request', 'opened', 'stranger/app'), []],
    ['a fork closes one', event('pull_request', 'closed', 'stranger/app'), []],
    // The fork is gone by the time the pull request closes: there is no repository to name.
    ['closed without its repository', event('pull_request', 'closed', ''), []],
    ['a schedule', event('schedule'), ['sweep']],
    ['by hand', event('workflow_dispatch'), ['sweep']],
    ['a push', event('push'), []],
  ])('%s', (_when, github, wanted) => {
    const { jobs } = workflow('preview');
    const conditions = Object.entries(jobs).filter(([, job]) => job.if);
    const runs = conditions.filter(([, job]) =>
      evaluate((job.if ?? '').replace(/^\$\{\{([\s\S]*)\}\}$/, '$1').trim(), { github, inputs: {} }),
    );
    expect(runs.map(([id]) => id)).toEqual(wanted);
  });
});

describe('runs wait for one another', () => {
  const group = (name: string, github: object, inputs: object = {}) =>
    filled(workflow(name).concurrency.group, {
      github: { repository: 'org/app', event: {}, ...github },
      inputs,
    });
  const pull = (number: number) => ({
    event: { pull_request: { number } },
    ref: `refs/pull/${number}/merge`,
  });

  it('two deployments or two rollbacks of one environment, and nobody is cut off', () => {
    const inputs = { environment: 'production' };
    // A group keeps one waiting run: in one group, the next push would throw a waiting rollback out. The ledger's lock stands
    // between the two.
    expect(group('deploy', {}, inputs)).not.toBe(group('rollback', {}, inputs));
    expect(group('rollback', {}, { environment: 'staging' })).not.toBe(group('rollback', {}, inputs));
    expect(group('deploy', {}, { environment: 'staging' })).not.toBe(group('deploy', {}, inputs));
    for (const name of ['deploy', 'rollback', 'preview'])
      expect(workflow(name).concurrency['cancel-in-progress'], name).toBe(false);
  });

  it('the runs of one pull request, and not those of two', () => {
    for (const name of ['preview', 'pr-checks']) {
      expect(group(name, pull(7)), name).toBe(group(name, pull(7)));
      expect(group(name, pull(7)), name).not.toBe(group(name, pull(8)));
    }
    expect(group('preview', { ref: 'refs/heads/main' })).toBe('wwhd-preview-org/app-sweep');
  });
});
