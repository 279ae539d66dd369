// What the bundles ask of AWS, on the wire, is what infra/terraform grants the roles of GitHub: for each target, through a
// release, one that fails and is put back, a migration, a rollback, and the actions that only look.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { call, createBucket, createOn, deployBackend, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { grantedActions, type Target } from '../support/iam-policy.ts';
import { type ActionRun, runAction } from '../support/run-action.ts';
import { makeSite } from '../support/site.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: the roles against what is asked on the wire need WWHD_CONFORMANCE=1');

/** Services that the local cloud has not: what a request to them asks for. */
const NOT_HERE: Readonly<Record<string, readonly string[]>> = {
  iam: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'],
  budgets: ['budgets:ViewBudget'],
};
/** Asked for by nobody in the end: Terraform registers the first scalable target, and with it the role is there. */
const ONCE_AN_ACCOUNT = ['iam:CreateServiceLinkedRole'];

const dir = mkdtempSync(join(tmpdir(), 'wwhd-iam-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));
writeFileSync(join(dir, 'checks.yml'), 'version: 1\nchecks: [{ get: /health }]\n');
writeFileSync(join(dir, 'index.html'), '<!doctype html><title>a</title>');

describe.skipIf(!asked)('the roles of GitHub', () => {
  describe.concurrent.each(['apprunner', 'ecs', 'ecs-express'] as const)('with %s', (target) => {
    it('are granted what the actions ask for', async () => {
      const cloud = await startCloud({ speed: 100 });
      try {
        const used = await play(cloud, target);
        for (const role of ['plan', 'deploy'] as const) {
          const granted = new Set([...(await grantedActions(role, target)), ...ONCE_AN_ACCOUNT]);
          const missing = [...used[role]].filter(([action]) => !granted.has(action));
          expect(missing, `${role} role`).toEqual([]);
        }
      } finally {
        await cloud.stop();
      }
    });
  });
});

/** Runs every action once. @returns by role, each IAM action and the run that asked for it first */
async function play(
  cloud: TestCloud,
  target: Target,
): Promise<Record<'plan' | 'deploy', Map<string, string>>> {
  const [one, two, bad] = await Promise.all([
    pushApp(cloud, { version: '1' }),
    pushApp(cloud, { version: '2' }),
    pushApp(cloud, { version: '3', health: 500 }),
  ]);
  const [service, site] = [
    await createOn[target](cloud, 'wwhd-api', one),
    await makeSite(cloud, 'wwhd-site'),
  ];
  const ledger = await createBucket(cloud, 'wwhd-ledger');
  await call(cloud, 'secretsmanager', 'secretsmanager.CreateSecret', { Name: 'key', SecretString: 'x' });
  const scale = { 'min-instances': '2', 'max-instances': '3' };
  const migrate = target === 'apprunner' ? {} : { 'migrate-command': 'node -e 0' };
  const backend = { service: service.arn, 'release-bucket': ledger, 'wait-timeout': '10m' };
  const frontend = { source: '.', bucket: site.bucket, distribution: site.distribution };
  const run = (name: string, inputs: Record<string, string>) => () =>
    runAction(name, inputs, { cwd: dir, env: cloud.env });
  const release = (inputs: Record<string, string>) => () => deployBackend(cloud, { ...backend, ...inputs });
  const back = { 'release-bucket': ledger, to: 'latest-good' };
  const everything = {
    ...{ service: service.arn, 'release-bucket': site.releaseBucket, repository: 'api', image: two },
    ...{ secrets: 'KEY=key', alarms: 'a', bucket: site.bucket, distribution: site.distribution },
  };
  type Step = readonly ['plan' | 'deploy', string, string, () => Promise<ActionRun>];
  const steps: readonly Step[] = [
    ['plan', 'a plan', 'planned', release({ image: two, secrets: 'KEY=key', 'dry-run': 'true' })],
    ['deploy', 'a release', 'deployed', release({ image: two, secrets: 'KEY=key', ...migrate, ...scale })],
    ['deploy', 'a bad release', 'rolled-back', release({ image: bad })],
    ['deploy', 'a site', 'deployed', run('deploy-frontend', frontend)],
    ['plan', 'a plan of the site', 'planned', run('deploy-frontend', { ...frontend, 'dry-run': 'true' })],
    ['plan', 'the plan of a rollback', 'planned', run('rollback', { ...back, 'dry-run': 'true' })],
    ['deploy', 'a rollback', 'rolled-back', run('rollback', back)],
    ['plan', 'drift', 'unchanged', run('drift', { 'release-bucket': ledger, issue: 'false' })],
    ['plan', 'history', 'unchanged', run('history', { 'release-bucket': ledger })],
    ['deploy', 'preflight', 'failed', run('preflight', everything)],
  ];
  const used = { plan: new Map<string, string>(), deploy: new Map<string, string>() };
  for (const [role, what, outcome, step] of steps) {
    await cloud.clearRequests();
    const done = await step();
    expect([what, done.outputs['outcome']], done.log).toEqual([what, outcome]);
    for (const { iam, service: of, operation, resource } of await cloud.requests()) {
      // Whoever reads the ledger leaves its index for the next one, and goes without where that is not allowed.
      if (role === 'plan' && operation === 'PutObject' && resource.endsWith('/index.json.gz')) continue;
      for (const action of iam.length > 0 ? iam : (NOT_HERE[of] ?? []))
        if (!used[role].has(action)) used[role].set(action, what);
    }
  }
  return used;
}
