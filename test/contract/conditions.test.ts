// When each job of deploy.yml runs, evaluated by GitHub's own expression library: act agrees with GitHub on the cases that
// the conformance suite plays, and these are all of them.
import { describe, expect, it } from 'vitest';
import { evaluate, read, type Workflow } from '../support/workflows.ts';

const { jobs } = read<Workflow>('.github/workflows/deploy.yml');
const given = {
  'test-directory': 'backend',
  repository: 'api',
  bucket: 'site',
  'release-bucket': '',
  image: '',
  service: 'arn',
  'frontend-directory': 'web',
  'smoke-checks': 'checks.yml',
  'rollback-on-failure': true,
  'dry-run': false,
};
type Result = 'success' | 'failure' | 'cancelled' | 'skipped';
interface Case {
  readonly inputs?: Partial<Record<keyof typeof given, unknown>>;
  readonly results?: Record<string, Result>;
  readonly outputs?: Record<string, Record<string, string>>;
  readonly cancelled?: boolean;
  readonly attempt?: number;
}

function needs({ results = {}, outputs = {} }: Case): Record<string, unknown> {
  const good = {
    image: { image: 'r/api@sha256:x' },
    backend: { outcome: 'deployed' },
    frontend: { outcome: 'deployed' },
  };
  return Object.fromEntries(
    Object.keys(jobs).map((name) => [
      name,
      {
        result: results[name] ?? 'success',
        outputs:
          outputs[name] ?? (results[name] === 'skipped' ? {} : (good as Record<string, unknown>)[name]) ?? {},
      },
    ]),
  );
}

function runs(job: string, of: Case): boolean {
  const condition = (jobs[job]?.if ?? '').replace(/^\$\{\{([\s\S]*)\}\}$/, '$1');
  const context = {
    inputs: { ...given, ...of.inputs },
    needs: needs(of),
    github: { run_attempt: of.attempt ?? 1 },
  };
  return Boolean(evaluate(condition.trim(), context, { cancelled: of.cancelled ?? false }));
}

describe('when a job of deploy.yml runs', () => {
  const rows: Array<[job: string, when: string, of: Case, yes: boolean]> = [
    ['test', 'a folder is given', {}, true],
    ['test', 'none is given', { inputs: { 'test-directory': '' } }, false],
    ['image', 'tests passed', {}, true],
    ['image', 'there are no tests', { results: { test: 'skipped' } }, true],
    ['image', 'tests failed', { results: { test: 'failure' } }, false],
    ['image', 'the inputs are wrong', { results: { prepare: 'failure', test: 'skipped' } }, false],
    ['image', 'an image is given', { inputs: { image: 'r/api@sha256:y' } }, false],
    ['image', 'the run was cancelled', { cancelled: true }, false],
    ['site', 'tests failed', { results: { test: 'failure' } }, false],
    ['site', 'there is no frontend', { inputs: { 'frontend-directory': '' } }, false],
    ['backend', 'the image is there', {}, true],
    [
      'backend',
      'the image is given',
      { inputs: { image: 'x', repository: '' }, results: { image: 'skipped' } },
      true,
    ],
    ['backend', 'the image failed', { results: { image: 'failure' }, outputs: { image: {} } }, false],
    // The scan gate fails after the push: there is an image, and it must not be deployed.
    ['backend', 'the image did not pass the scan', { results: { image: 'failure' } }, false],
    ['backend', 'a dry run built no image', { inputs: { 'dry-run': true }, outputs: { image: {} } }, false],
    [
      'backend',
      'the inputs are wrong',
      { results: { prepare: 'failure', test: 'skipped', image: 'skipped' } },
      false,
    ],
    ['backend', 'there is no service', { inputs: { service: '' } }, false],
    ['frontend', 'the site is built', {}, true],
    ['frontend', 'the site failed', { results: { site: 'failure' } }, false],
    ['frontend', 'there is no backend at all', { results: { image: 'skipped' } }, true],
    ['frontend', 'the image failed', { results: { image: 'failure' } }, false],
    ['smoke', 'both are live', {}, true],
    ['smoke', 'one is live and there is no other', { results: { backend: 'skipped' } }, true],
    ['smoke', 'one failed', { results: { backend: 'failure' } }, false],
    ['smoke', 'nothing was deployed', { results: { backend: 'skipped', frontend: 'skipped' } }, false],
    ['smoke', 'a dry run', { inputs: { 'dry-run': true } }, false],
    ['restore', 'all is well', {}, false],
    ['restore', 'the checks of the whole failed', { results: { smoke: 'failure' } }, true],
    [
      'restore',
      'the frontend failed',
      { results: { frontend: 'failure' }, outputs: { frontend: { outcome: 'failed' } } },
      true,
    ],
    [
      'restore',
      'cancelled while one half was live',
      { results: { frontend: 'cancelled' }, outputs: { frontend: {} }, cancelled: true },
      true,
    ],
    [
      'restore',
      'both put themselves back',
      {
        results: { backend: 'failure', frontend: 'failure' },
        outputs: { backend: { outcome: 'rolled-back' }, frontend: { outcome: 'rolled-back' } },
      },
      false,
    ],
    [
      'restore',
      'the other half was unchanged',
      {
        results: { frontend: 'failure' },
        outputs: { backend: { outcome: 'unchanged' }, frontend: { outcome: 'failed' } },
      },
      false,
    ],
    [
      'restore',
      'it is not wanted',
      { inputs: { 'rollback-on-failure': false }, results: { smoke: 'failure' } },
      false,
    ],
    [
      'restore',
      'there is no ledger',
      { inputs: { bucket: '', 'release-bucket': '' }, results: { smoke: 'failure' } },
      false,
    ],
    ['live', 'the first attempt', { results: { restore: 'skipped' } }, false],
    ['live', 'the second attempt', { attempt: 2, results: { restore: 'skipped' } }, true],
    [
      'live',
      'there is no ledger',
      { attempt: 2, inputs: { bucket: '' }, results: { restore: 'skipped' } },
      false,
    ],
    ['live', 'it was put back', { attempt: 2 }, false],
    ['release', 'anything failed', { results: { test: 'failure', backend: 'failure' } }, true],
    ['release', 'the run was cancelled', { cancelled: true }, true],
  ];
  it.each(rows)('%s, when %s', (job, _when, of, yes) => {
    expect(runs(job, of)).toBe(yes);
  });
});

it.each([
  ['deployed', 'deployed', 'all'],
  ['deployed', 'failed', 'backend'],
  ['deployed', '', 'backend'],
  ['rolled-back', 'deployed', 'frontend'],
  ['unchanged', 'deployed', 'frontend'],
])('backend %s and frontend %s: what is put back is %s', (backend, frontend, scope) => {
  const step = jobs['restore']?.steps?.find((s) => s.id === 'rollback');
  const text = String(step?.with?.['scope']).replace(/^\$\{\{|\}\}$/g, '');
  const context = {
    needs: { backend: { outputs: { outcome: backend } }, frontend: { outputs: { outcome: frontend } } },
    github: { run_attempt: 1 },
  };
  expect(evaluate(text.trim(), context)).toBe(scope);
});

it.each([
  ['backend', 'frontend', 'deployed', 'deployed', 1, ''],
  ['worker', 'frontend', 'deployed', '', 1, 'worker,'],
  ['worker', 'docs', 'deployed', 'deployed', 1, 'worker,docs'],
  ['worker', 'docs', 'failed', 'deployed', 1, ',docs'],
  ['worker', 'docs', 'deployed', 'deployed', 2, ''],
])(
  'parts %s and %s, which ended as %s and %s in attempt %s: put back by name are %j',
  (backend, frontend, one, two, attempt, parts) => {
    const step = jobs['restore']?.steps?.find((s) => s.id === 'rollback');
    const text = String(step?.with?.['parts']).replace(/^\$\{\{|\}\}$/g, '');
    const context = {
      inputs: { 'backend-part': backend, 'frontend-part': frontend },
      needs: { backend: { outputs: { outcome: one } }, frontend: { outputs: { outcome: two } } },
      github: { run_attempt: attempt },
    };
    expect(evaluate(text.trim(), context)).toBe(parts);
  },
);
