// Whom GitHub's roles trust and what they may do, as Terraform evaluates it. test/conformance/iam-policy.test.ts holds the same
// policies to what the actions ask for on the wire.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import {
  actionsOf,
  allows,
  type Role,
  type RolePolicies,
  rolePolicies,
  type Target,
} from '../support/iam-policy.ts';
import { PASSED_TO, preflightNeeds } from '../support/preflight-needs.ts';
import { startTerraform } from '../support/terraform.ts';
import { environment, TARGETS, testFile } from '../support/terraform-environment.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: Terraform on its own configuration needs WWHD_CONFORMANCE=1');
const skip = missingTools("Terraform's roles for GitHub", ['terraform']) || !asked;
const ROLES: readonly Role[] = ['deploy', 'rollback', 'plan', 'build', 'preview'];

/** What has no resource to name, by AWS's own tables: https://docs.aws.amazon.com/service-authorization/latest/reference/ */
const NO_RESOURCE = [
  'apprunner:DescribeAutoScalingConfiguration',
  'apprunner:ListServices',
  'application-autoscaling:DescribeScalableTargets',
  'application-autoscaling:DescribeScalingPolicies',
  'cloudwatch:DescribeAlarms',
  'cloudwatch:PutMetricData',
  'ecr:GetAuthorizationToken',
  'ecs:DeregisterTaskDefinition',
  'ecs:DescribeTaskDefinition',
  'ecs:RegisterTaskDefinition',
  'elasticloadbalancing:DescribeListeners',
  'elasticloadbalancing:DescribeLoadBalancers',
  'elasticloadbalancing:DescribeRules',
  'elasticloadbalancing:DescribeTargetGroups',
  'logs:DescribeLogGroups',
  'ssm:DescribeParameters',
];
describe.skipIf(skip).each(TARGETS)('the roles of GitHub, with %s', (target) => {
  let policies: RolePolicies;
  beforeAll(async () => {
    policies = await rolePolicies(target);
  }, 300_000);
  const statements = (role: Role) => policies.statements[role];

  it('trust both forms of the subject, exactly, each for its own environment', () => {
    const environmentOf = {
      deploy: 'production',
      rollback: 'production',
      plan: 'plan',
      build: 'build',
      preview: 'preview',
    };
    for (const role of ROLES)
      expect(policies.subjects[role], role).toEqual([
        `repo:team/app:environment:${environmentOf[role]}`,
        `repo:team@11/app@22:environment:${environmentOf[role]}`,
      ]);
  });

  it('name the resource wherever there is one to name, and no action by a wildcard', () => {
    for (const role of ROLES)
      for (const { Sid, Action, Resource } of statements(role)) {
        expect(
          Action.filter((action) => action.includes('*')),
          `${role} ${Sid}`,
        ).toEqual([]);
        if (Resource.includes('*'))
          expect(NO_RESOURCE, `${role} ${Sid}`).toEqual(expect.arrayContaining([...Action]));
      }
  });

  it('read no value of a secret, and change nothing of IAM', () => {
    for (const role of ROLES) {
      const actions = [...actionsOf(statements(role))];
      expect(
        actions.filter((a) =>
          /GetSecretValue|^iam:(?!PassRole|GetRole$|Simulate)|:Delete(?!Object|Alarms|ScalingPolicy)/.test(a),
        ),
        role,
      ).toEqual([]);
    }
  });

  it('plan changes nothing, and a rollback makes no image and no migration', () => {
    const reading = /:(Describe|List|Get|BatchGet|View|Simulate)/;
    expect([...actionsOf(statements('plan'))].filter((action) => !reading.test(action))).toEqual([]);
    const back = actionsOf(statements('rollback'));
    for (const action of ['ecr:PutImage', 'ecs:RunTask']) expect(back.has(action), action).toBe(false);
    expect([...actionsOf(statements('build'))].every((action) => action.startsWith('ecr:'))).toBe(true);
  });

  it('write in the ledger what is of this environment and this site, and nothing of another', () => {
    const ledger = 'arn:aws:s3:::wwhd-releases-123456789012';
    const may = (role: Role, path: string) => allows(statements(role), 's3:PutObject', `${ledger}/${path}`);
    for (const role of ['deploy', 'rollback'] as const) {
      expect(may(role, 'production/lock.json')).toBe(true);
      expect(may(role, 'sites/wwhd-production-site-123456789012/p/blobs/0')).toBe(true);
      expect(may(role, 'staging/lock.json')).toBe(false);
      expect(may(role, 'sites/wwhd-staging-site-123456789012/p/blobs/0')).toBe(false);
    }
    for (const role of ['plan', 'build', 'preview'] as const)
      expect(may(role, 'production/lock.json')).toBe(false);
  });

  it('hand roles to the one AWS service that runs them', () => {
    const passing = statements('deploy').find(({ Action }) => Action.includes('iam:PassRole'));
    const [role = ''] = passing?.Resource ?? [];
    const to = (service: string) =>
      allows(statements('deploy'), 'iam:PassRole', role, { 'iam:PassedToService': service });
    expect(to(PASSED_TO[target])).toBe(true);
    expect(to('ec2.amazonaws.com')).toBe(false);
    expect(allows(statements('deploy'), 'iam:PassRole', role)).toBe(false);
  });

  it('grant the deploying role all that preflight asks IAM for', () => {
    const roles = statements('deploy').find(({ Action }) => Action.includes('iam:PassRole'))?.Resource ?? [];
    const needed = preflightNeeds(target, roles);
    const refused = needed.flatMap(({ resource, actions, context }) =>
      actions
        .filter((action) => !allows(statements('deploy'), action, resource, context))
        .map((action) => `${action} on ${resource}`),
    );
    expect(refused).toEqual([]);
  });
});

describe.skipIf(skip)('in another partition', () => {
  it('every policy names resources of that partition, and the repository has its registry', async () => {
    const lab = await startTerraform();
    try {
      const variables = {
        ...environment('ecs', 'ecs-express'),
        database: 'postgres',
        postgres: { instance_class: 'db.t4g.small', multi_az: false, backup_days: 7 },
        qdrant: { instance_type: 't4g.medium', storage_gib: 50 },
        database_password_version: null,
      };
      const china = testFile(variables, ['make', 'apply'])
        .replace(
          'partition = "aws", dns_suffix = "amazonaws.com"',
          'partition = "aws-cn", dns_suffix = "amazonaws.com.cn"',
        )
        .replace('region = "us-west-2"', 'region = "cn-north-1"')
        // What AWS answers has ARNs of its partition too.
        .replaceAll('arn:aws:', 'arn:aws-cn:');
      const run = (await lab.test('modules/environment', { china })).get('china/make');
      expect([run?.status, run?.problems]).toEqual(['pass', []]);
      const said = (run?.resources ?? []).filter(({ mode }) => mode === 'managed');
      const foreign = said.filter(({ values }) => JSON.stringify(values).includes('arn:aws:'));
      expect(foreign.map(({ address }) => address)).toEqual([]);
      expect(said.filter(({ type }) => /policy/.test(type)).length).toBeGreaterThan(10);
      expect(run?.outputs['variables']).toMatchObject({
        ECR_REPOSITORY: '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/wwhd-api',
      });
    } finally {
      await lab.stop();
    }
  }, 300_000);
});

describe.skipIf(skip)('the deploying role', () => {
  // test/conformance/iam-policy.test.ts looks at the wire; this finds what no run of it happens to ask for.
  it.each([
    ['apprunner.ts', 'apprunner', ['apprunner']],
    ['ecs.ts', 'ecs', ['ecs', 'ecs-express']],
    ['autoscaling.ts', 'application-autoscaling', ['ecs']],
    ['ecr.ts', 'ecr', ['ecs']],
    ['ecr-images.ts', 'ecr', ['ecs']],
    ['secrets.ts', 'secretsmanager', ['ecs']],
    ['alarms.ts', 'cloudwatch', ['ecs']],
    ['logs.ts', 'logs', ['ecs']],
  ] as const)(
    'is granted every operation that src/aws/%s can send',
    async (file, prefix, targets) => {
      const code = readFileSync(join(root, 'src/aws', file), 'utf8');
      const send = /(?:call(?:<[^()]*>)?\(\s*'|new )([A-Z]\w+?)(?:'|Command\()/g;
      const sent = [...code.matchAll(send)].map((m) => `${prefix}:${m[1]}`);
      expect(sent.length).toBeGreaterThan(0);
      const granted = new Set<string>();
      for (const target of targets as readonly Target[])
        for (const action of actionsOf((await rolePolicies(target)).statements.deploy)) granted.add(action);
      // Whoever sets `create-repository` grants it: a role for deployments makes no repositories.
      const wanted = sent.filter((action) => action !== 'ecr:CreateRepository');
      expect(wanted.filter((action) => !granted.has(action))).toEqual([]);
    },
    300_000,
  );
});
