// What the bundles ask of AWS, on the wire, is what infra/terraform grants the roles of GitHub, on the very resources, and nothing
// is granted that nobody asks for: for each target, through a release, one that fails and is put back, a migration, a rollback,
// a whole release of several parts, a candidate at a gate, a build, a preview and its end, and the actions that only look.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Needed } from '../../src/preflight/permissions.ts';
import { call, createBucket, createOn, deployBackend, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { createGated } from '../support/gated.ts';
import { actionsOf, allows, matches, type Role, rolePolicies, type Target } from '../support/iam-policy.ts';
import { contextOf, resourcesOf } from '../support/iam-requests.ts';
import { writeLayout } from '../support/image.ts';
import { preflightNeeds } from '../support/preflight-needs.ts';
import { type ActionRun, runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders } from '../support/site.ts';
import { hasTool } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1' && hasTool('terraform');
if (!asked)
  console.log('skipped: the roles against what is asked on the wire need WWHD_CONFORMANCE=1 and terraform');

/** Services that the local cloud has not: what a request to them asks for. */
const NOT_HERE: Readonly<Record<string, readonly string[]>> = {
  iam: ['iam:GetRole', 'iam:SimulatePrincipalPolicy'],
  budgets: ['budgets:ViewBudget'],
};
/** Asked for by nobody in the end: Terraform registers the first scalable target, and with it the role is there. */
const ONCE_AN_ACCOUNT = ['iam:CreateServiceLinkedRole'];

/** Granted, and not asked for in these runs: by whom, and when. */
const SELDOM: Readonly<Record<string, string>> = {
  'application-autoscaling:DeleteScalingPolicy': 'where cpu-target is left out after it was set',
  'apprunner:ListServices': 'a service that is given by its name',
  'elasticloadbalancing:DescribeListeners': 'the address of a service behind a load balancer',
  'elasticloadbalancing:DescribeLoadBalancers': 'the same',
  'elasticloadbalancing:DescribeTargetGroups': 'the same',
  'elasticloadbalancing:DescribeRules': 'the address of a candidate',
  'ecs:ContinueServiceDeployment': 'a candidate that waits at a PAUSE hook',
  'application-autoscaling:DeregisterScalableTarget': 'an undo of the first scaling',
  'application-autoscaling:PutScalingPolicy': 'cpu-target',
  'cloudwatch:PutMetricAlarm': 'cpu-target: target tracking makes its alarms in the name of whoever sets it',
  'cloudwatch:DeleteAlarms': 'cpu-target: target tracking takes its alarms away again',
  'apprunner:StartDeployment': 'a secret that was rotated',
  'cloudfront:CreateInvalidation': 'a page that changes',
  'cloudfront:GetInvalidation': 'the same',
  'ecs:DeregisterTaskDefinition': 'a deployment that is refused after its revision was registered',
  'ecr:StartImageScan': 'push-image with scan-gate, where ECR does not scan by itself',
  'ecr:GetDownloadUrlForLayer': 'layers of an image that a build begins with',
  'ecr:UploadLayerPart':
    'the bytes of a layer, which the local cloud takes together with the end of the upload',
  'ecs:DescribeServiceRevisions': 'digests of tasks that are gone',
  'ecs:UpdateService': 'on Express: a secret that was rotated',
  'ssm:DescribeParameters': 'a parameter for a variable',
  'ecs:StopServiceDeployment': 'a deployment that is cut off half-way',
  'ecs:StopTask': 'a migration that takes too long',
  'ecs:TagResource': 'a task definition that has tags',
  's3:DeleteObject': 'a site that loses a file, after keep-releases',
  's3:GetEncryptionConfiguration': 'a bucket that demands an encryption',
};

/** Seldom on another target; here they must be seen, and allowed to whoever goes forward or back. */
const SEEN: Readonly<Record<Target, readonly string[]>> = {
  apprunner: [],
  ecs: [
    'ecs:ContinueServiceDeployment',
    'ecs:DescribeServiceRevisions',
    'ecs:StopServiceDeployment',
    'elasticloadbalancing:DescribeListeners',
    'elasticloadbalancing:DescribeLoadBalancers',
    'elasticloadbalancing:DescribeRules',
    'elasticloadbalancing:DescribeTargetGroups',
  ],
  'ecs-express': [],
};

const dir = mkdtempSync(join(tmpdir(), 'wwhd-iam-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
  removeFolders();
});
writeFileSync(join(dir, 'checks.yml'), 'version: 1\nchecks: [{ get: /health }]\n');
writeFileSync(join(dir, 'index.html'), '<!doctype html><title>a</title>');
mkdirSync(join(dir, 'other'));
writeFileSync(join(dir, 'other/index.html'), '<!doctype html><title>b</title>');
writeLayout(join(dir, 'layout'));

describe.skipIf(!asked)('the roles of GitHub', () => {
  describe.concurrent.each(['apprunner', 'ecs', 'ecs-express'] as const)('with %s', (target) => {
    it('are granted what the actions ask for, where they ask it, and nothing else', async ({ expect }) => {
      const [cloud, another] = await Promise.all([startCloud({ speed: 100 }), startCloud({ speed: 100 })]);
      try {
        const [mainUses, gateUses, { statements }] = await Promise.all([
          play(cloud, await stepsOn(cloud, target)),
          target === 'ecs' ? play(another, await gatedSteps(another)) : [],
          rolePolicies(target),
        ]);
        const uses = [...mainUses, ...gateUses];
        const seen = new Set(uses.map(({ action }) => action));
        expect.soft(SEEN[target].filter((action) => !seen.has(action))).toEqual([]);
        for (const role of ['deploy', 'rollback'] as const)
          expect
            .soft(
              SEEN[target].filter((action) => !actionsOf(statements[role]).has(action)),
              role,
            )
            .toEqual([]);
        for (const role of ROLES) {
          const mine = uses.filter((use) => use.roles.includes(role));
          const refused = mine.filter((use) => !granted(use, statements[role], target));
          expect
            .soft(
              refused.map(({ action, resource, by }) => `${by}: ${action} on ${resource}`),
              role,
            )
            .toEqual([]);
          const asking = RELEASING.includes(role) ? uses : mine;
          const asked = new Set(asking.map(({ action }) => action));
          const unused = [...actionsOf(statements[role])].filter(
            (one) => !asked.has(one) && (!(one in SELDOM) || SEEN[target].includes(one)),
          );
          expect.soft(unused, `${role} is granted what it never asks for`).toEqual([]);
        }
        const needs = preflightNeeds(target, ['*']);
        const unasked = uses.filter((use) => PREFLIGHTED.includes(use.by) && !isAskedFor(use, needs, target));
        expect(
          unasked.map(({ action, resource, by }) => `${by}: ${action} on ${resource}`),
          'what preflight does not ask IAM for',
        ).toEqual([]);
      } finally {
        await Promise.all([cloud.stop(), another.stop()]);
      }
    });
  });
});

const ROLES: readonly Role[] = ['deploy', 'rollback', 'plan', 'build', 'preview'];
/** Roles of a release: what one of these runs asks for, another one of the same role asks for at another time. */
const RELEASING: readonly Role[] = ['deploy', 'rollback', 'plan'];

/** One permission that was asked for. */
interface Use {
  readonly roles: readonly Role[];
  readonly action: string;
  readonly resource: string;
  /** The run that asked for it. */
  readonly by: string;
}

function granted(use: Use, statements: Parameters<typeof allows>[0], target: Target): boolean {
  if (ONCE_AN_ACCOUNT.includes(use.action)) return true;
  const resources = resourcesOf(use.action, use.resource, target);
  if (!resources) return actionsOf(statements).has(use.action);
  return resources.every((resource) => allows(statements, use.action, resource, contextOf(target)));
}

/** What preflight looks ahead to: whether a release, a site and a rollback may do all that they do. */
const PREFLIGHTED = [
  ...['a release', 'a bad release', 'a site', 'a rollback', 'a whole release', 'a whole rollback'],
  ...['a release at a gate', 'a bad candidate', 'a candidate that never starts'],
];

function isAskedFor(use: Use, needs: readonly Needed[], target: Target): boolean {
  if (ONCE_AN_ACCOUNT.includes(use.action)) return true;
  const resources = resourcesOf(use.action, use.resource, target) ?? [];
  const asked = needs.filter(({ actions }) => actions.includes(use.action));
  return asked.length > 0 && resources.every((one) => asked.some(({ resource }) => matches(resource, one)));
}

type Step = readonly [roles: readonly Role[], what: string, outcome: string, run: () => Promise<ActionRun>];

/** Runs every action once. @returns each permission that was asked for */
async function play(cloud: TestCloud, steps: readonly Step[]): Promise<Use[]> {
  const uses: Use[] = [];
  for (const [roles, by, outcome, step] of steps) {
    await cloud.clearRequests();
    const done = await step();
    expect([by, done.outputs['outcome']], done.log).toEqual([by, outcome]);
    for (const { iam, service, resource } of await cloud.requests()) {
      for (const action of iam.length > 0 ? iam : (NOT_HERE[service] ?? []))
        uses.push({ roles, action, resource, by });
    }
  }
  return uses;
}

async function stepsOn(cloud: TestCloud, target: Target): Promise<readonly Step[]> {
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
  return [
    [['plan'], 'a plan', 'planned', release({ image: two, secrets: 'KEY=key', 'dry-run': 'true' })],
    [['deploy'], 'a release', 'deployed', release({ image: two, secrets: 'KEY=key', ...migrate, ...scale })],
    [['deploy'], 'a bad release', 'rolled-back', release({ image: bad })],
    [['deploy'], 'a site', 'deployed', run('deploy-frontend', frontend)],
    [['plan'], 'a plan of the site', 'planned', run('deploy-frontend', { ...frontend, 'dry-run': 'true' })],
    [['plan'], 'the plan of a rollback', 'planned', run('rollback', { ...back, 'dry-run': 'true' })],
    [['deploy', 'rollback'], 'a rollback', 'rolled-back', run('rollback', back)],
    [['plan'], 'drift', 'unchanged', run('drift', { 'release-bucket': ledger, issue: 'false' })],
    [['plan'], 'history', 'unchanged', run('history', { 'release-bucket': ledger })],
    [['deploy', 'rollback'], 'preflight', 'failed', run('preflight', everything)],
    ...(await wholeReleases(cloud, service.arn, frontend, two)),
    ...(await buildsAndPreviews(cloud)),
  ];
}

/** By the action `deploy`: a service and a site from one file, and both back again. */
async function wholeReleases(
  cloud: TestCloud,
  service: string,
  { bucket, distribution }: { readonly bucket: string; readonly distribution: string },
  image: string,
): Promise<readonly Step[]> {
  const ledger = await createBucket(cloud, 'wwhd-whole');
  const cwd = makeFolder({ 'site/index.html': '<!doctype html><title>whole</title>' });
  const parts = {
    api: { service, image: { repository: 'api' } },
    web: { bucket, distribution, source: 'site', 'max-delete': '100%' },
  };
  // JSON is YAML.
  const file = { version: 1, 'release-bucket': ledger, parts, order: ['api', 'web'] };
  writeFileSync(join(cwd, 'wwhd-deploy.yml'), JSON.stringify(file));
  const run = (name: string, inputs: Record<string, string>) => () =>
    runAction(name, inputs, { cwd, env: cloud.env });
  const whole = { images: `api=${image}`, 'release-id': 'whole', 'allow-older-commit': 'true' };
  const back = { 'release-bucket': ledger, to: 'whole.adopted', reason: 'test' };
  return [
    [['plan'], 'a whole plan', 'planned', run('deploy', { ...whole, 'dry-run': 'true' })],
    [['deploy'], 'a whole release', 'deployed', run('deploy', whole)],
    [['deploy', 'rollback'], 'a whole rollback', 'rolled-back', run('rollback', back)],
  ];
}

/** Blue/green with a PAUSE hook: a candidate goes live, is dropped, or is stopped. */
async function gatedSteps(cloud: TestCloud): Promise<readonly Step[]> {
  const [one, two, bad, dead] = await Promise.all([
    pushApp(cloud, { version: '1' }),
    pushApp(cloud, { version: '2' }),
    pushApp(cloud, { version: '3', root: 500 }),
    pushApp(cloud, { version: '4', exit: 1 }),
  ]);
  const { service } = await createGated(cloud, 'wwhd-api', one);
  const ledger = await createBucket(cloud, 'wwhd-ledger');
  const gated = { service: service.arn, 'release-bucket': ledger, gate: 'pause', 'wait-timeout': '5m' };
  const release = (inputs: Record<string, string>) => () => deployBackend(cloud, { ...gated, ...inputs });
  const load = { 'probe-url': 'http://127.0.0.1:9/orders', 'candidate-load': '20' };
  return [
    [['deploy'], 'a release at a gate', 'deployed', release({ image: two })],
    [['deploy'], 'a bad candidate', 'rolled-back', release({ image: bad, ...load })],
    [
      ['deploy'],
      'a candidate that never starts',
      'rolled-back',
      release({ image: dead, 'wait-timeout': '12s' }),
    ],
  ];
}

async function buildsAndPreviews(cloud: TestCloud): Promise<readonly Step[]> {
  const previews = await makeSite(cloud, 'wwhd-previews');
  const place = { bucket: previews.bucket, 'release-bucket': previews.releaseBucket };
  const preview = { ...place, distribution: previews.distribution, environment: 'preview-pr-7' };
  const run = (name: string, inputs: Record<string, string>) => () =>
    runAction(name, inputs, { cwd: dir, env: cloud.env });
  const shown = { ...preview, prefix: 'previews/pr-7', 'retain-releases': '1', 'max-delete': '100%' };
  const image = { repository: 'api', 'oci-layout': 'layout', 'scan-gate': 'high' };
  return [
    [['build', 'deploy'], 'an image', 'deployed', run('push-image', image)],
    [['build', 'deploy'], 'the same image again', 'unchanged', run('push-image', image)],
    [['preview'], 'a preview', 'deployed', run('deploy-frontend', { ...shown, source: '.' })],
    [['preview'], 'another preview', 'deployed', run('deploy-frontend', { ...shown, source: 'other' })],
    [
      ['preview'],
      'the end of a preview',
      'deployed',
      run('preview-remove', { ...place, distribution: previews.distribution, number: '7' }),
    ],
  ];
}
