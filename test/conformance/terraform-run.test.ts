// infra/terraform by Terraform itself: formatted, valid against the AWS provider's schema, made whole in each environment as it
// stands there. With OpenTofu too, where it is there.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTerraform, type TerraformLab } from '../support/terraform.ts';
import { changed, namesOf, ROOT_VARIABLES, testFile } from '../support/terraform-environment.ts';
import { hasTool, missingTools } from '../support/tools.ts';

const ENVIRONMENTS = ['dev', 'staging', 'production'] as const;
const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: Terraform on its own configuration needs WWHD_CONFORMANCE=1');
missingTools('Terraform on its own configuration', ['terraform']);
missingTools('OpenTofu on the same configuration', ['tofu']);

describe.each(['terraform', 'tofu'].map((tool) => [tool] as const))('infra/terraform, by %s', (tool) => {
  const there = asked && hasTool(tool);
  let lab: TerraformLab;
  beforeAll(async () => {
    if (there) lab = await startTerraform(tool);
  });
  afterAll(() => lab?.stop());

  it.skipIf(!there || tool !== 'terraform')('is formatted', async () => {
    const { code, said } = await lab.run('.', 'fmt', '-check', '-recursive', '-diff');
    expect(code, said).toBe(0);
  });

  it.skipIf(!there).each(['bootstrap', 'shared', ...ENVIRONMENTS.map((name) => `environments/${name}`)])(
    '%s is valid: every argument, block, reference and type',
    async (folder) => {
      const init = await lab.run(folder, 'init', '-backend=false', '-input=false');
      expect(init.code, init.said).toBe(0);
      const { code, said } = await lab.run(folder, 'validate');
      expect(code, said).toBe(0);
    },
    120_000,
  );

  it.skipIf(!there).each(ENVIRONMENTS)(
    'environments/%s is made by one apply, and a second plan has nothing to do',
    async (name) => {
      const file = testFile({ ...ROOT_VARIABLES[name] }, ['make', 'apply'], ['again', 'plan']);
      const runs = await lab.test(`environments/${name}`, { lab: file });
      const [make, again] = ['make', 'again'].map((run) => runs.get(`lab/${run}`));
      expect(make?.problems).toEqual([]);
      expect(make?.status).toBe('pass');
      expect(make?.outputs['variables']).toMatchObject({ RELEASE_BUCKET: 'wwhd-releases-123456789012' });
      expect(again?.status).toBe('pass');
      expect(changed(again?.changes ?? [])).toEqual([]);
    },
    300_000,
  );

  it.skipIf(!there)(
    'environments/staging and environments/production stand in one account without a name in common',
    async () => {
      const [staging, production] = await Promise.all(
        (['staging', 'production'] as const).map(async (name) => {
          const file = testFile({ ...ROOT_VARIABLES[name], domains: [] }, ['make', 'apply']);
          const make = (await lab.test(`environments/${name}`, { lab: file })).get('lab/make');
          expect(make?.problems).toEqual([]);
          return new Set(make?.resources.flatMap(namesOf));
        }),
      );
      expect(production?.size).toBeGreaterThan(25);
      expect([...(staging ?? [])].filter((name) => production?.has(name))).toEqual([]);
    },
    300_000,
  );

  it.skipIf(!there || tool !== 'terraform')(
    'modules/environment passes the tests that come with it',
    async () => {
      const init = await lab.run('modules/environment', 'init', '-input=false');
      expect(init.code, init.said).toBe(0);
      const { code, said } = await lab.run('modules/environment', 'test');
      expect(code, said).toBe(0);
      expect(said).toMatch(/3 passed, 0 failed/);
    },
    240_000,
  );
});
