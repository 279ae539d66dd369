import { describe, expect, test } from 'vitest';
import type { Xml } from '../../../src/aws/xml.ts';
import { judgeAlarmList } from '../../../src/preflight/checks/alarms.ts';
import { appRunner, judgeAppRunner } from '../../../src/preflight/checks/apprunner.ts';
import { judgeDistribution } from '../../../src/preflight/checks/distribution.ts';
import { judgeCertificate } from '../../../src/preflight/checks/domain.ts';
import { judgeEcsService, judgeTaskDefinition } from '../../../src/preflight/checks/ecs.ts';
import { judgeIdentity } from '../../../src/preflight/checks/identity.ts';
import { judgeGroup } from '../../../src/preflight/checks/logs.ts';
import { deniedIn } from '../../../src/preflight/checks/permissions.ts';
import { judgeRepository } from '../../../src/preflight/checks/repository.ts';
import { judgeLifecycle } from '../../../src/preflight/checks/repository-lifecycle.ts';
import { judgeVariables } from '../../../src/preflight/checks/variables.ts';
import { judgeStore } from '../../../src/preflight/checks/vector-store.ts';
import { type Finding, fromError, unknown } from '../../../src/preflight/finding.ts';
import { neededPermissions } from '../../../src/preflight/permissions.ts';
import { outcomeOf } from '../../../src/preflight/preflight.ts';

const said = (findings: readonly Finding[]) => findings.map(({ status, what }) => `${status} ${what}`);
const notOk = (findings: readonly Finding[]) => said(findings.filter(({ status }) => status !== 'ok'));
/** Whatever is not in place must say what to do. */
const complete = (findings: readonly Finding[]) =>
  findings.every(({ status, fix }) => status === 'ok' || Boolean(fix));

test.each([
  ['arn:aws:sts::1:assumed-role/deploy/session', ['ok']],
  ['arn:aws:iam::1:user/ci', ['ok', 'advice']],
  ['arn:aws:iam::1:root', ['wrong']],
])('identity %s', (arn, statuses) =>
  expect(judgeIdentity(arn).map(({ status }) => status)).toEqual(statuses),
);

describe('App Runner', () => {
  const good = {
    ServiceName: 'api',
    ServiceArn: 'arn:x',
    ServiceUrl: 'x.awsapprunner.com',
    Status: 'RUNNING' as const,
    SourceConfiguration: {
      AutoDeploymentsEnabled: false,
      AuthenticationConfiguration: { AccessRoleArn: 'arn:role' },
      ImageRepository: { ImageIdentifier: 'i', ImageRepositoryType: 'ECR' as const },
    },
    HealthCheckConfiguration: { Protocol: 'HTTP' as const, Path: '/health' },
    InstanceConfiguration: { InstanceRoleArn: 'arn:role' },
    AutoScalingConfigurationSummary: { AutoScalingConfigurationName: 'api' },
  };
  const judge = (over: object, secrets = {}) => judgeAppRunner({ ...good, ...over } as never, { secrets });
  test('all in place', () => expect(notOk(judge({}))).toEqual([]));
  test.each([
    ['OPERATION_IN_PROGRESS', 'advice'],
    ['PAUSED', 'wrong'],
    ['CREATE_FAILED', 'wrong'],
    ['DELETED', 'wrong'],
    ['DELETE_FAILED', 'wrong'],
    ['RUNNING', 'ok'],
  ])('status %s: %s', (Status, status) => expect(judge({ Status })[0]?.status).toBe(status));
  test.each([
    [
      'auto-deployments',
      { SourceConfiguration: { ...good.SourceConfiguration, AutoDeploymentsEnabled: true } },
      /auto-deployments are on/,
    ],
    [
      'no access role',
      { SourceConfiguration: { ...good.SourceConfiguration, AuthenticationConfiguration: undefined } },
      /no access role/,
    ],
    ['from source', { SourceConfiguration: { CodeRepository: {} } }, /from source code/],
    ['TCP', { HealthCheckConfiguration: { Protocol: 'TCP' } }, /TCP/],
    [
      'default scaling',
      { AutoScalingConfigurationSummary: { AutoScalingConfigurationName: 'DefaultConfiguration' } },
      /account's default/,
    ],
  ])('%s', (_name, over, what) => {
    const findings = judge(over);
    expect(notOk(findings).join()).toMatch(what);
    expect(complete(findings)).toBe(true);
  });
  test('secrets need the instance role', () => {
    const findings = judge({ InstanceConfiguration: {} }, { A: { secret: 'a' } });
    expect(notOk(findings)).toEqual(['wrong it has no instance role: secrets cannot be read']);
  });
});

describe('ECS', () => {
  const place = { target: 'ecs' as const, name: 'api', cluster: 'c' };
  const good = {
    status: 'ACTIVE',
    desiredCount: 2,
    deploymentConfiguration: {
      deploymentCircuitBreaker: { enable: true, rollback: true },
      minimumHealthyPercent: 100,
    },
    networkConfiguration: { awsvpcConfiguration: { subnets: ['a', 'b'] } },
  };
  test('all in place', () => expect(notOk(judgeEcsService(good, place))).toEqual([]));
  test.each([
    ['DRAINING', { status: 'DRAINING' }, /api is DRAINING/],
    ['another controller', { deploymentController: { type: 'CODE_DEPLOY' } }, /carried out by CODE_DEPLOY/],
    ['scaled to zero', { desiredCount: 0 }, /no task is wanted/],
    ['no circuit breaker', { deploymentConfiguration: {} }, /circuit breaker is off/],
    [
      'circuit breaker without rollback',
      { deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: false } } },
      /circuit breaker is off/,
    ],
    ['one subnet', { networkConfiguration: { awsvpcConfiguration: { subnets: ['a'] } } }, /one subnet/],
    [
      'half may stop',
      { deploymentConfiguration: { ...good.deploymentConfiguration, minimumHealthyPercent: 50 } },
      /up to 50 %/,
    ],
    [
      'one writer of a file',
      {
        desiredCount: 1,
        deploymentConfiguration: {
          ...good.deploymentConfiguration,
          minimumHealthyPercent: 0,
          maximumPercent: 100,
        },
      },
      /^advice its tasks stop before their successors start, .* only one task may write a file$/,
    ],
  ])('%s', (_name, over, what) => {
    const findings = judgeEcsService({ ...good, ...over } as never, place);
    expect(notOk(findings).join()).toMatch(what);
    expect(complete(findings)).toBe(true);
  });
  test.each([
    ['ROLLING', 1],
    ['BLUE_GREEN', 0],
    ['LINEAR', 0],
    ['CANARY', 0],
  ] as const)('%s without a circuit breaker: %i findings', (strategy, count) =>
    expect(notOk(judgeEcsService({ ...good, deploymentConfiguration: { strategy } }, place))).toHaveLength(
      count,
    ),
  );
  test('Express has no circuit breaker of ours', () => {
    expect(
      notOk(judgeEcsService({ ...good, deploymentConfiguration: {} }, { ...place, target: 'ecs-express' })),
    ).toEqual([]);
  });
  test.each([
    [undefined, ['app'], []],
    [undefined, ['app', 'proxy'], ['wrong the task definition has several containers (app, proxy)']],
    ['app', ['app', 'proxy'], []],
    ['web', ['app'], ['wrong the task definition has no container web (it has app)']],
  ])('container %s among %j', (container, names, expected) => {
    const definition = { executionRoleArn: 'r', containerDefinitions: names.map((name) => ({ name })) };
    expect(notOk(judgeTaskDefinition(definition, { backend: { ...place, container }, secrets: {} }))).toEqual(
      expected,
    );
  });
});

describe('CloudFront', () => {
  const site = { bucket: 'shop', prefix: '', distributions: ['E1'], siteUrl: 'https://www.shop.example/' };
  const origin = {
    DomainName: 'shop.s3.us-west-2.amazonaws.com',
    OriginPath: '',
    OriginAccessControlId: 'oac',
  };
  const finds = { Items: { FunctionAssociation: { EventType: 'viewer-request', FunctionARN: 'arn:f' } } };
  const behavior = { ViewerProtocolPolicy: 'redirect-to-https', Compress: 'true' };
  const good: Xml = {
    Enabled: 'true',
    DefaultRootObject: 'index.html',
    Origins: { Items: { Origin: origin } },
    DefaultCacheBehavior: { ...behavior, FunctionAssociations: finds },
    CustomErrorResponses: {
      Items: {
        CustomErrorResponse: { ErrorCode: '403', ResponsePagePath: '/404.html', ResponseCode: '404' },
      },
    },
    Aliases: { Items: { CNAME: 'www.shop.example' } },
    ViewerCertificate: { ACMCertificateArn: 'arn:cert' },
  };
  const judge = (over: Xml, place = site) => judgeDistribution({ ...good, ...over }, place);
  test('all in place', () => expect(notOk(judge({}))).toEqual([]));
  test.each<[string, Xml, RegExp]>([
    ['disabled', { Enabled: 'false' }, /it is disabled/],
    [
      'another bucket',
      { Origins: { Items: { Origin: { ...origin, DomainName: 'shopping.s3.amazonaws.com' } } } },
      /none of its origins is s3:\/\/shop/,
    ],
    [
      'origin path',
      { Origins: { Items: { Origin: { ...origin, OriginPath: '/v2' } } } },
      /origin path is "\/v2"/,
    ],
    [
      'no access control',
      { Origins: { Items: { Origin: { ...origin, OriginAccessControlId: '' } } } },
      /no origin access control/,
    ],
    [
      'website endpoint',
      {
        Origins: {
          Items: {
            Origin: {
              ...origin,
              DomainName: 'shop.s3-website-us-west-2.amazonaws.com',
              OriginAccessControlId: '',
            },
          },
        },
      },
      /website endpoint/,
    ],
    ['no function', { DefaultCacheBehavior: behavior }, /about\/ are not found, about\.html is/],
    ['no root object', { DefaultRootObject: '' }, /no default root object/],
    [
      'plain http',
      { DefaultCacheBehavior: { ViewerProtocolPolicy: 'allow-all', Compress: 'true' } },
      /plain http/,
    ],
    ['no compression', { DefaultCacheBehavior: { ViewerProtocolPolicy: 'https-only' } }, /does not compress/],
    ['no error pages', { CustomErrorResponses: { Quantity: '0' } }, /S3's 403 in XML/],
    [
      'a page for every missing file',
      {
        CustomErrorResponses: {
          Quantity: '1',
          Items: {
            CustomErrorResponse: { ErrorCode: '403', ResponsePagePath: '/index.html', ResponseCode: '200' },
          },
        },
      },
      /answered with \/index.html and status 200/,
    ],
    [
      'another name',
      { Aliases: { Items: { CNAME: ['a.example', 'b.example'] } } },
      /does not know www.shop.example \(its names: a.example, b.example\)/,
    ],
    ['no certificate', { ViewerCertificate: { CloudFrontDefaultCertificate: 'true' } }, /no certificate/],
  ])('%s', (_name, over, what) => {
    const findings = judge(over);
    expect(notOk(findings).join()).toMatch(what);
    expect(complete(findings)).toBe(true);
  });
  test('a wildcard name, and several origins', () => {
    const other = { DomainName: 'api.example', OriginPath: '' };
    expect(
      notOk(
        judge({
          Aliases: { Items: { CNAME: '*.shop.example' } },
          Origins: { Items: { Origin: [other, origin] } },
        }),
      ),
    ).toEqual([]);
  });
});

describe('small judgements', () => {
  test('repository', () => {
    expect(
      notOk(
        judgeRepository({
          repositoryName: 'a',
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
        }),
      ),
    ).toEqual([]);
    expect(notOk(judgeRepository({ repositoryName: 'a', imageTagMutability: 'MUTABLE' })).length).toBe(2);
  });
  test.each([
    ['{}', 'ok'],
    [
      '{"rules":[{"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":5}}]}',
      'wrong',
    ],
    [
      '{"rules":[{"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":100}}]}',
      'ok',
    ],
    [
      '{"rules":[{"selection":{"tagStatus":"untagged","countType":"imageCountMoreThan","countNumber":1}}]}',
      'ok',
    ],
    [
      '{"rules":[{"selection":{"tagStatus":"any","countType":"sinceImagePushed","countNumber":30}}]}',
      'advice',
    ],
  ])('lifecycle %s: %s', (text, status) => expect(judgeLifecycle(text)[0]?.status).toBe(status));
  test.each([
    [{ LOG_LEVEL: 'info', DATABASE_URL: 'sqlite:///x', EMPTY_TOKEN: '' }, []],
    [{ JWT_SECRET: 'x' }, ['JWT_SECRET']],
    [{ OPENAI_API_KEY: 'sk' }, ['OPENAI_API_KEY']],
    [{ DATABASE_URL: 'postgresql://user:pass@rds/wwhd' }, ['DATABASE_URL']],
    [{ REDIS: 'redis://:pw@h' }, ['REDIS']],
    [{ SECRETARY: 'Ada', TOKENS_PER_DAY: '5' }, []],
  ])('variables %j', (given, names) => {
    const bad = judgeVariables(given as Record<string, string>).filter(({ status }) => status === 'wrong');
    expect(bad.map(({ what }) => what.split(' ')[0])).toEqual(names);
  });
  test.each([
    [{ AlarmName: 'a', StateValue: 'OK', AlarmActions: ['x'] }, ['ok a is OK']],
    [
      { AlarmName: 'a', StateValue: 'ALARM', AlarmActions: ['x'] },
      ['wrong a is in ALARM: a deployment would be refused or rolled back'],
    ],
    [{ AlarmName: 'a', StateValue: 'OK' }, ['ok a is OK', 'advice a tells nobody when it goes into ALARM']],
    [{ AlarmName: 'b' }, ['wrong there is no alarm a in this region']],
  ])('alarm %j', (alarm, expected) => expect(said(judgeAlarmList(['a'], [alarm]))).toEqual(expected));
  test.each([
    [{ logGroupName: 'g', retentionInDays: 30 }, 'ok'],
    [{ logGroupName: 'g' }, 'advice'],
    [{ logGroupName: 'g2', retentionInDays: 1 }, 'advice'],
  ])('log group %j', (group, status) => expect(judgeGroup('g', { logGroups: [group] }).status).toBe(status));
  test.each([
    [30, 'ok'],
    [13, 'advice'],
    [-1, 'advice'],
  ])('a certificate with %i days: %s', (days, status) =>
    expect(judgeCertificate(days * 86_400_000, 0).status).toBe(status),
  );
  test.each([
    [200, '{"result":{"collections":[{"name":"docs"}]}}', 'k', ['ok', 'ok']],
    [200, '{"result":{"collections":[]}}', 'k', ['ok', 'wrong']],
    [200, '{"result":{"collections":[{"name":"docs"}]}}', undefined, ['ok', 'ok', 'wrong']],
    [401, '', undefined, ['wrong']],
    [403, '', 'k', ['wrong']],
    [200, '<html>', 'k', ['unknown']],
    [502, '{}', 'k', ['unknown']],
  ])('Qdrant: %i %s', (status, body, apiKey, statuses) => {
    const findings = judgeStore(status, body, { url: 'https://q.example', apiKey, collections: ['docs'] });
    expect(findings.map((finding) => finding.status)).toEqual(statuses);
  });
});

describe('permissions', () => {
  test('what IAM denies', () => {
    const member = (name: string, decision: string) => ({ EvalActionName: name, EvalDecision: decision });
    const answer: Xml = {
      SimulatePrincipalPolicyResult: {
        EvaluationResults: {
          member: [member('a:B', 'allowed'), member('a:C', 'implicitDeny'), member('a:D', 'explicitDeny')],
        },
      },
    };
    expect(deniedIn(answer, 'r')).toEqual([
      { action: 'a:C', resource: 'r', decision: 'implicitDeny' },
      { action: 'a:D', resource: 'r', decision: 'explicitDeny' },
    ]);
  });
  test('only for what the inputs name', () => {
    const none = {
      environment: 'p',
      variables: {},
      secrets: {},
      alarms: [],
      cost: true,
      failOnUnknown: false,
    };
    const home = { partition: 'aws', account: '1', region: 'r' };
    expect(neededPermissions(none, home)).toEqual([]);
    const site = neededPermissions(
      { ...none, site: { bucket: 'b', prefix: '', distributions: ['E1'] } },
      home,
    );
    expect(site.map(({ resource }) => resource)).toEqual([
      'arn:aws:s3:::b',
      'arn:aws:s3:::b/*',
      'arn:aws:cloudfront::1:distribution/E1',
    ]);
  });
  test('in the partition that the caller is of, and in the ledger its own environment alone', () => {
    const china = { partition: 'aws-cn', account: '1', region: 'cn-north-1' };
    const needed = neededPermissions(
      {
        environment: 'staging',
        variables: {},
        secrets: { KEY: { secret: 'key' } },
        alarms: [],
        cost: false,
        failOnUnknown: false,
        releaseBucket: 'ledger',
        site: { bucket: 'b', prefix: '', distributions: [] },
        repository: { name: 'api' },
        backend: { target: 'ecs', name: 'api', cluster: 'c' },
      },
      china,
    );
    const resources = needed.map(({ resource }) => resource).filter((resource) => resource !== '*');
    expect(resources.filter((resource) => !resource.startsWith('arn:aws-cn:'))).toEqual([]);
    expect(resources).toContain('arn:aws-cn:s3:::ledger/staging/*');
    expect(resources).toContain('arn:aws-cn:s3:::ledger/sites/b/*');
    expect(resources).not.toContain('arn:aws-cn:s3:::ledger/*');
    expect(resources).toContain('arn:aws-cn:ecs:cn-north-1:1:service-deployment/c/api/*');
  });
});

describe('errors of AWS', () => {
  const error = (name: string, httpStatusCode: number) =>
    Object.assign(new Error('words'), { name, $metadata: { httpStatusCode } });
  test.each([
    ['AccessDenied', 403, 'unknown'],
    ['AccessDeniedException', 400, 'unknown'],
    ['ThrottlingException', 400, 'unknown'],
    ['InternalError', 500, 'unknown'],
    ['NoSuchBucket', 404, 'unknown'],
    ['ExpiredToken', 400, 'wrong'],
    ['InvalidParameterException', 400, 'wrong'],
    ['PermanentRedirect', 301, 'wrong'],
  ])('%s (%i): %s', (name, status, expected) => {
    expect(fromError(error(name, status), 'x:Y', () => unknown('missing')).status).toBe(expected);
  });
});

test.each([
  [{ ok: 1, advice: 0, unknown: 0, wrong: 0 }, false, 'passed'],
  [{ ok: 1, advice: 1, unknown: 0, wrong: 0 }, true, 'warned'],
  [{ ok: 1, advice: 0, unknown: 1, wrong: 0 }, false, 'warned'],
  [{ ok: 1, advice: 0, unknown: 1, wrong: 0 }, true, 'failed'],
  [{ ok: 1, advice: 0, unknown: 0, wrong: 1 }, false, 'failed'],
] as const)('outcome of %j (fail on unknown: %s) is %s', (totals, strict, outcome) => {
  expect(outcomeOf(totals, strict)).toBe(outcome);
});

test.each([
  ['made by hand', [{ Key: 'team', Value: 'shop' }], 0],
  ['of a stack', [{ Key: 'aws:cloudformation:stack-name', Value: 'ShopStack' }], 1],
  ['whose tags may not be read', undefined, 0],
] as const)('an App Runner service %s: its owner is told, if there is one', async (_name, Tags, count) => {
  const json = async (_service: string, operation: string) => {
    if (operation === 'DescribeService') return { Service: { ServiceName: 'shop', Status: 'RUNNING' } };
    if (!Tags) throw Object.assign(new Error('no'), { name: 'AccessDeniedException' });
    return { Tags };
  };
  const backend = { target: 'apprunner', arn: 'arn:aws:apprunner:us-west-2:1:service/shop/1', name: 'shop' };
  const found = await appRunner.run({ backend, secrets: {} } as never, { aws: { json } } as never);
  const owner = found.filter(({ what }) => /stack ShopStack made the service: its next update/.test(what));
  expect(owner).toHaveLength(count);
  expect(complete(owner)).toBe(true);
});

test.each(['ecs', 'ecs-express'] as const)('a service of a stack on %s: its owner is told', (target) => {
  const tags = [{ key: 'aws:cloudformation:stack-name', value: 'ShopStack' }];
  const place = { target, name: 'shop', cluster: 'main' } as never;
  const owner = (service: object) =>
    judgeEcsService({ status: 'ACTIVE', desiredCount: 1, ...service }, place).filter(({ what }) =>
      /stack ShopStack made the service: its next update/.test(what),
    );
  expect(owner({ tags })).toHaveLength(1);
  expect(complete(owner({ tags }))).toBe(true);
  expect(owner({ tags: [{ key: 'team', value: 'ShopStack' }] })).toEqual([]);
});
