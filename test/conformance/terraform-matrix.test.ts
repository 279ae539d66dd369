// Every target in every environment, as somebody would edit infra/terraform/environments: made by one apply, planned again, all three
// in one account. And the one password that Terraform is given: in no plan and in no state.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Run, startTerraform, type TerraformLab } from '../support/terraform.ts';
import {
  changed,
  environment,
  namesOf,
  ROOT_VARIABLES,
  TARGETS,
  type Target,
  testFile,
} from '../support/terraform-environment.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: Terraform on its own configuration needs WWHD_CONFORMANCE=1');
const skip = missingTools('every target in every environment', ['terraform']) || !asked;
const ENVIRONMENTS = ['dev', 'staging', 'production'] as const;

/** The environment with another target; SQLite is for `ecs` alone. */
function movedTo(target: Target, path: string, text: string): string {
  if (!/^environments\/\w+\/main\.tf$/.test(path)) return text;
  const moved = text
    .replace(/^( {2}targets +=) .*$/m, `$1 ["${target}"]`)
    .replace(/^( {2}live_target +=) .*$/m, `$1 "${target}"`);
  return target === 'ecs' ? moved : moved.replace('database = "sqlite"', 'database = "none"');
}

describe.skipIf(skip).each(TARGETS)('with %s', (target) => {
  let lab: TerraformLab;
  const made = new Map<string, Run>();
  beforeAll(async () => {
    lab = await startTerraform('terraform', (path, text) => movedTo(target, path, text));
  });
  afterAll(() => lab?.stop());

  it.each(ENVIRONMENTS)(
    'environments/%s is made by one apply, and a second plan has nothing to do',
    async (name) => {
      const { database_password: _once, ...later } = ROOT_VARIABLES[name] as Record<string, unknown>;
      const file = testFile(later, ['make', 'apply', ROOT_VARIABLES[name] as never], ['again', 'plan']);
      const runs = await lab.test(`environments/${name}`, { lab: file });
      const [make, again] = ['make', 'again'].map((run) => runs.get(`lab/${run}`));
      expect([make?.problems, make?.status]).toEqual([[], 'pass']);
      expect(Object.keys((make?.outputs['service_arns'] ?? {}) as object)).toEqual([target]);
      expect([again?.status, changed(again?.changes ?? [])]).toEqual(['pass', []]);
      made.set(name, make as Run);
    },
    300_000,
  );

  it('the three have no name in common', () => {
    const all = ENVIRONMENTS.flatMap((name) => [...new Set(made.get(name)?.resources.flatMap(namesOf))]);
    expect(all.length).toBeGreaterThan(60);
    expect(all.filter((name, at) => all.indexOf(name) !== at)).toEqual([]);
  });
});

describe.skipIf(skip)('the password of the database', () => {
  it('is written when its version changes, is in no plan and no state, and no later plan needs it', async () => {
    const lab = await startTerraform();
    try {
      const postgres = { instance_class: 'db.t4g.small', multi_az: false, backup_days: 7 };
      const file = testFile(
        { ...environment(), database: 'postgres', postgres, database_password_version: 1 },
        ['make', 'apply', { database_password: 'correct-horse-battery' }],
        ['again', 'plan'],
        ['next', 'plan', { database_password: 'staple-of-something', database_password_version: 2 }],
      );
      const runs = await lab.test('modules/environment', { lab: file });
      for (const name of ['make', 'again', 'next']) {
        const run = runs.get(`lab/${name}`);
        expect([name, run?.status, run?.problems]).toEqual([name, 'pass', []]);
        expect(JSON.stringify(run)).not.toMatch(/correct-horse|staple-of/);
      }
      expect(changed(runs.get('lab/again')?.changes ?? [])).toEqual([]);
      expect(changed(runs.get('lab/next')?.changes ?? [])).toEqual([
        expect.stringContaining('aws_secretsmanager_secret_version.database_password'),
      ]);
      const written = runs
        .get('lab/make')
        ?.resources.filter(({ type }) => type === 'aws_secretsmanager_secret_version');
      expect(written).toHaveLength(1);
    } finally {
      await lab.stop();
    }
  }, 200_000);
});
