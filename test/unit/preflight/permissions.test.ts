import { describe, expect, test } from 'vitest';
import type { Reader } from '../../../src/aws/reader.ts';
import { permissions } from '../../../src/preflight/checks/permissions.ts';
import { optionalPermissions } from '../../../src/preflight/optional-permissions.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { silentLog } from '../../../src/runtime/log.ts';

const config = {
  environment: 'production',
  backend: {
    target: 'apprunner' as const,
    arn: 'arn:aws:apprunner:us-west-2:123456789012:service/api/1',
    name: 'api',
  },
  releaseBucket: 'ledger',
  variables: {},
  secrets: {},
  alarms: [],
  cost: false,
  failOnUnknown: false,
};

/** An AWS that grants everything but what `denied` matches. */
function ask(denied: RegExp, options: { caller?: string; iam?: string } = {}) {
  const asked: string[] = [];
  const contexts: (string | undefined)[][] = [];
  const aws = {
    region: async () => 'us-west-2',
    json: async () => ({
      Service: {
        SourceConfiguration: {
          AuthenticationConfiguration: { AccessRoleArn: 'arn:aws:iam::123456789012:role/pull' },
        },
        InstanceConfiguration: { InstanceRoleArn: 'arn:aws:iam::123456789012:role/instance' },
      },
    }),
    async query(_service: string, action: string, given: Record<string, string>) {
      if (action === 'GetCallerIdentity') {
        const Arn = options.caller ?? 'arn:aws:sts::123456789012:assumed-role/deploy/session';
        return { GetCallerIdentityResult: { Arn } };
      }
      if (options.iam)
        throw Object.assign(new Error('no'), { name: options.iam, $metadata: { httpStatusCode: 403 } });
      if (action === 'GetRole')
        return { GetRoleResult: { Role: { Arn: `arn:aws:iam::123456789012:role/ci/${given['RoleName']}` } } };
      asked.push(given['PolicySourceArn'] ?? '');
      contexts.push([
        given['ResourceArns.member.1'],
        given['ContextEntries.member.1.ContextKeyName'],
        given['ContextEntries.member.1.ContextKeyValues.member.1'],
      ]);
      const names = Object.entries(given).filter(([key]) => key.startsWith('ActionNames'));
      const member = names.map(([, name]) => ({
        EvalActionName: name,
        EvalDecision: denied.test(`${name} ${given['ResourceArns.member.1']}`) ? 'implicitDeny' : 'allowed',
      }));
      // One result comes as an element, not as a list.
      return {
        SimulatePrincipalPolicyResult: {
          EvaluationResults: { member: member.length === 1 ? member[0] : member },
        },
      };
    },
  };
  const ports = {
    aws: aws as unknown as Reader,
    log: silentLog,
    clock: systemClock,
    signal: new AbortController().signal,
  };
  return { asked, contexts, findings: permissions.run(config, ports) };
}

describe('what IAM says of this role', () => {
  test('all granted; a role with a path is asked about as the role, not as the session', async () => {
    const { asked, findings } = ask(/^$/);
    expect(await findings).toEqual([{ status: 'ok', what: expect.stringMatching(/^all 17 permissions/) }]);
    expect(new Set(asked)).toEqual(new Set(['arn:aws:iam::123456789012:role/ci/deploy']));
  });

  test('each permission that is missing, with the statement that grants it', async () => {
    const findings = await ask(/PutObject|PassRole .*instance/).findings;
    expect(findings.map(({ status, what }) => `${status} ${what}`)).toEqual([
      'wrong s3:PutObject on arn:aws:s3:::ledger/production/* is not granted',
      'wrong iam:PassRole on arn:aws:iam::123456789012:role/instance is not granted',
    ]);
    expect(findings[0]?.fix).toContain(
      '{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::ledger/production/*"}',
    );
  });

  test('with the condition keys that the real request carries, which a least policy asks for', async () => {
    const { contexts, findings } = ask(/^$/);
    await findings;
    expect(contexts.filter(([, key]) => key)).toEqual([
      ['arn:aws:iam::123456789012:role/pull', 'iam:PassedToService', 'build.apprunner.amazonaws.com'],
      ['arn:aws:iam::123456789012:role/instance', 'iam:PassedToService', 'tasks.apprunner.amazonaws.com'],
      ['*', 'cloudwatch:namespace', 'WWHD/Deploy'],
    ]);
  });

  test('what only some deployments need is an advice, with what would be missing', async () => {
    const findings = await ask(/FilterLogEvents .*application/).findings;
    expect(findings.map(({ status, what }) => `${status} ${what}`)).toEqual([
      "advice logs:FilterLogEvents on arn:aws:logs:us-west-2:123456789012:log-group:/aws/apprunner/api/*/application is not granted; without it there is no line of the app's log in the diagnosis of a failed deployment",
    ]);
  });

  test('a user is its own principal', async () => {
    const { asked, findings } = ask(/^$/, { caller: 'arn:aws:iam::123456789012:user/ci' });
    await findings;
    expect(asked[0]).toBe('arn:aws:iam::123456789012:user/ci');
  });

  test('denied to look: unknown', async () => {
    expect((await ask(/^$/, { iam: 'AccessDenied' }).findings)[0]).toMatchObject({ status: 'unknown' });
  });
});

describe('what only some deployments need', () => {
  const home = { partition: 'aws-us-gov', account: '1', region: 'us-gov-west-1' };
  const facts = {
    definition: 'arn:aws-us-gov:ecs:us-gov-west-1:1:task-definition/api:7',
    logGroups: ['/ecs/api'],
  };
  const of = (target: 'apprunner' | 'ecs' | 'ecs-express') =>
    optionalPermissions(
      { ...config, backend: { target, name: 'api', cluster: 'c' }, repository: { name: 'api' } },
      home,
      facts,
    );
  const shown = (target: 'apprunner' | 'ecs' | 'ecs-express') =>
    of(target).flatMap(({ actions, resource }) =>
      actions.map(
        (action) => `${action} ${resource.replace(/^arn:aws-us-gov:[a-z-]+:us-gov-west-1:1:/, '')}`,
      ),
    );
  const everywhere = [
    'cloudwatch:PutMetricData *',
    'ecr:DescribeImageScanFindings repository/api',
    'ecr:StartImageScan repository/api',
    'logs:FilterLogEvents log-group:/ecs/api',
  ];

  test('nothing where no input names a thing', () => {
    expect(optionalPermissions({ ...config, backend: undefined }, home, { logGroups: [] })).toEqual([]);
  });

  test.each([
    [
      'apprunner',
      [
        'apprunner:StartDeployment service/api/*',
        'apprunner:ListTagsForResource service/api/*',
        'apprunner:DescribeAutoScalingConfiguration *',
        'apprunner:CreateAutoScalingConfiguration autoscalingconfiguration/*',
        'apprunner:UpdateService autoscalingconfiguration/*',
        'apprunner:ListServices *',
      ],
    ],
    [
      'ecs-express',
      [
        'ecs:DeregisterTaskDefinition *',
        'ecs:RunTask task-definition/api-migrate:*',
        'ecs:StopTask task/c/*',
        'ecs:UpdateService service/c/api',
      ],
    ],
    [
      'ecs',
      [
        'ecs:DeregisterTaskDefinition *',
        'ecs:RunTask task-definition/api:*',
        'ecs:StopTask task/c/*',
        'application-autoscaling:DescribeScalableTargets *',
        'application-autoscaling:DescribeScalingPolicies *',
        'application-autoscaling:RegisterScalableTarget scalable-target/*',
        'application-autoscaling:DeregisterScalableTarget scalable-target/*',
        'application-autoscaling:PutScalingPolicy scalable-target/*',
        'application-autoscaling:DeleteScalingPolicy scalable-target/*',
        'cloudwatch:PutMetricAlarm alarm:TargetTracking-service/c/api-*',
        'cloudwatch:DeleteAlarms alarm:TargetTracking-service/c/api-*',
        'ecs:ContinueServiceDeployment service-deployment/c/api/*',
        'elasticloadbalancing:DescribeRules *',
      ],
    ],
  ] as const)('on %s, in the partition that the caller is of', (target, wanted) => {
    expect(shown(target)).toEqual([...everywhere, ...wanted]);
    for (const one of of(target)) expect(one.for).toBeTruthy();
  });

  test('a one-off task is of the cluster that the policy names', () => {
    expect(of('ecs').find(({ actions }) => actions.includes('ecs:RunTask'))?.context).toEqual({
      'ecs:cluster': 'arn:aws-us-gov:ecs:us-gov-west-1:1:cluster/c',
    });
  });
});
