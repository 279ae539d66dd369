import { describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript beside its action
import { backendPlan, report } from '../../../.github/actions/pr-report/pr-report.mjs';
// @ts-expect-error plain JavaScript beside its action
import { problems, releaseId } from '../../../.github/actions/prepare/prepare.mjs';
// @ts-expect-error plain JavaScript beside its action
import { table, verdict } from '../../../.github/actions/verdict/verdict.mjs';
import { checkEnvironment, checkReleaseId } from '../../../src/release/id.ts';

type Needs = Record<string, { result: string; outputs?: Record<string, string> }>;
const job = (result: string, outcome?: string) => ({ result, outputs: outcome ? { outcome } : {} });
const skipped = job('skipped');

describe('the outcome of a release', () => {
  const good: Needs = {
    prepare: job('success'),
    test: job('success'),
    image: job('success', 'deployed'),
    site: job('success'),
    backend: job('success', 'deployed'),
    frontend: job('success', 'deployed'),
    smoke: job('success', 'passed'),
    restore: skipped,
  };
  const rows: Array<[string, Needs, boolean, string]> = [
    ['all is live', {}, false, 'deployed'],
    ['one part changed', { backend: job('success', 'unchanged') }, false, 'deployed'],
    [
      'nothing changed',
      { backend: job('success', 'unchanged'), frontend: job('success', 'unchanged') },
      false,
      'unchanged',
    ],
    ['an image alone', { backend: skipped, frontend: skipped }, false, 'deployed'],
    [
      'an image that was there',
      { backend: skipped, frontend: skipped, image: job('success', 'unchanged') },
      false,
      'unchanged',
    ],
    ['a dry run', { backend: job('success', 'planned') }, true, 'planned'],
    ['a dry run that would be refused', { backend: job('failure', 'refused') }, true, 'refused'],
    [
      'tests fail',
      { test: job('failure'), image: skipped, backend: skipped, frontend: skipped },
      false,
      'failed',
    ],
    [
      'the backend rolled itself back',
      { backend: job('failure', 'rolled-back'), frontend: skipped },
      false,
      'rolled-back',
    ],
    ['the backend could not', { backend: job('failure', 'rollback-failed') }, false, 'rollback-failed'],
    [
      'the worse of two',
      { backend: job('failure', 'rolled-back'), frontend: job('failure', 'timed-out') },
      false,
      'timed-out',
    ],
    [
      'one fails, the other is put back',
      { frontend: job('failure', 'refused'), restore: job('success', 'rolled-back') },
      false,
      'rolled-back',
    ],
    [
      'and that fails too',
      { frontend: job('failure', 'failed'), restore: job('failure', 'failed') },
      false,
      'rollback-failed',
    ],
    [
      'the whole is put back',
      { smoke: job('failure', 'failed'), restore: job('success') },
      false,
      'rolled-back',
    ],
    ['cancelled', { backend: job('cancelled') }, false, 'interrupted'],
    ['a job that died without a word', { backend: job('failure') }, false, 'failed'],
  ];
  it.each(rows)('%s', (_name, change, dryRun, outcome) => {
    expect(verdict({ ...good, ...change }, dryRun)).toBe(outcome);
  });

  it('is told with the parts that ran', () => {
    const text = table(
      { ...good, prepare: { result: 'success', outputs: { 'release-id': 'R1' } } },
      'production',
      'deployed',
    );
    expect(text).toContain('`R1`');
    expect(text).toContain('| Backend | deployed |');
    expect(text).not.toContain('Put back');
  });
});

describe('the inputs of deploy.yml', () => {
  const inputs = {
    environment: 'production',
    'aws-region': 'us-west-2',
    'role-to-assume': 'arn:aws:iam::123456789012:role/deploy',
    repository: 'api',
    service: 'arn',
    'frontend-directory': 'web',
    bucket: 'site',
    image: '',
    'release-bucket': '',
    record: 'true',
    'smoke-checks': '',
    'rollback-on-failure': 'true',
    'release-id': '',
  };
  it.each([
    [{}, []],
    [{ 'aws-region': '' }, ['aws-region']],
    [{ 'role-to-assume': '' }, ['role-to-assume']],
    [{ repository: '' }, ['service']],
    [{ repository: '', image: `r.example/api@sha256:${'a'.repeat(64)}` }, []],
    [{ image: 'api' }, ['image']],
    [{ bucket: '' }, ['bucket', 'release-bucket']],
    [{ bucket: '', 'release-bucket': 'b' }, ['bucket']],
    // A backend without a bucket has no record, no lock and no way back: only where it is said.
    [{ bucket: '', 'frontend-directory': '' }, ['release-bucket']],
    [{ bucket: '', 'frontend-directory': '', 'release-bucket': 'b' }, []],
    [{ bucket: '', 'frontend-directory': '', record: 'false' }, []],
    [{ bucket: '', 'frontend-directory': '', record: 'false', 'smoke-checks': 'c.yml' }, ['smoke-checks']],
    [
      {
        bucket: '',
        'frontend-directory': '',
        record: 'false',
        'smoke-checks': 'c',
        'rollback-on-failure': 'false',
      },
      [],
    ],
    [{ record: 'false' }, ['record']],
    [{ bucket: '', 'frontend-directory': '', service: '' }, []],
    [{ 'frontend-directory': '' }, ['frontend-directory']],
    [{ repository: '', service: '', 'frontend-directory': '', bucket: '' }, ['service']],
    [{ 'release-id': 'a/b' }, ['release-id']],
  ])('%j: %j', (change, wrong) => {
    const found = problems({ ...inputs, ...change }) as string[];
    expect(found.map((text) => /^input `([\w-]+)`/.exec(text)?.[1])).toEqual(wrong);
  });

  it.each([
    'production',
    'staging-eu',
    'a.b_c+d',
    'sites',
    'a/b',
    'a..b',
    '-a',
    'Zürich',
    'x'.repeat(128),
    'x'.repeat(129),
    '',
  ])('refuse the names that the actions refuse, and no other: %j', (name) => {
    const taken = (check: (text: string) => string) => {
      try {
        return check(name) === name;
      } catch {
        return false;
      }
    };
    const refused = (change: object) => (problems({ ...inputs, ...change }) as string[]).length > 0;
    expect(refused({ environment: name })).toBe(!taken(checkEnvironment));
    if (name !== '') expect(refused({ 'release-id': name })).toBe(!taken(checkReleaseId));
  });

  it('make a release id that sorts by time', () => {
    expect(releaseId(new Date('2026-11-23T15:04:05.678Z'), 'abcdef0123')).toBe('20261123T150405Z-abcdef0');
  });
});

describe("a pull request's report", () => {
  const about = { fork: false, environment: 'production', commit: 'abcdef0123456789' };
  const plan = JSON.stringify([{ field: 'secrets.KEY', change: 'add', to: 'x`|y' }]);

  it('shows parts and plans, and nothing in them can break out', () => {
    const text = report(
      { test: job('success'), 'plan-backend': { result: 'success', outputs: { plan } } },
      about,
    );
    expect(text).toContain('| Tests | ✅ passed |');
    expect(text).toContain('| `secrets.KEY` | add | – | `x \\|y` |');
  });

  it('says what a fork does without', () => {
    const text = report(
      { 'plan-backend': { result: 'skipped', outputs: { plan } } },
      { ...about, fork: true },
    );
    expect(text).toContain('⚪ left out');
    expect(text).toContain('comes from a fork');
    expect(text).not.toContain('secrets.KEY');
  });

  it('says what a merge queue does without, and not that it is a fork', () => {
    const text = report(
      { test: job('success'), 'plan-backend': { result: 'skipped' } },
      { ...about, mergeQueue: true },
    );
    expect(text).toContain('This is the merge queue');
    expect(text).not.toContain('fork');
  });

  it('survives a plan that it cannot read', () => {
    const text = report({ 'plan-frontend': { result: 'success', outputs: { plan: '{' } } }, about);
    expect(text).toContain('The plan cannot be read.');
  });

  it('has words for no change', () => {
    expect(backendPlan([])).toEqual(['Nothing but the image would change.']);
  });
});
