// What preflight asks IAM for, for the environment `production` of infra/terraform with all its parts.
import type { PreflightConfig } from '../../src/preflight/config.ts';
import { optionalPermissions } from '../../src/preflight/optional-permissions.ts';
import { type Needed, neededPermissions, passed } from '../../src/preflight/permissions.ts';
import type { Target } from './terraform-environment.ts';

export const HOME = { partition: 'aws', account: '123456789012', region: 'us-west-2' };
export const PASSED_TO: Readonly<Record<Target, string>> = {
  apprunner: 'tasks.apprunner.amazonaws.com',
  ecs: 'ecs-tasks.amazonaws.com',
  'ecs-express': 'ecs-tasks.amazonaws.com',
};
const CLUSTERS: Readonly<Record<Target, string>> = {
  apprunner: '',
  ecs: 'wwhd-production',
  'ecs-express': 'wwhd-production-express',
};
const LOGS: Readonly<Record<Target, string>> = {
  apprunner: '/aws/apprunner/wwhd-production-api/0/application',
  ecs: '/ecs/wwhd-production-api',
  'ecs-express': '/ecs/wwhd-production-api-express',
};

/** @param roles ARNs of the roles that the service works with */
export function preflightNeeds(target: Target, roles: readonly string[]): Needed[] {
  const config = {
    releaseBucket: 'wwhd-releases-123456789012',
    site: { bucket: 'wwhd-production-site-123456789012', prefix: '', distributions: ['E2EXAMPLE'] },
    environment: 'production',
    backend: { target, name: 'wwhd-production-api', cluster: CLUSTERS[target] },
    repository: { name: 'wwhd-api' },
    alarms: ['a'],
    secrets: { KEY: { secret: 'arn:aws:secretsmanager:us-west-2:123456789012:secret:made-up-AbCdEf' } },
    variables: {},
    cost: false,
    failOnUnknown: false,
  } satisfies PreflightConfig;
  const facts = {
    definition: `arn:aws:ecs:us-west-2:123456789012:task-definition/wwhd-production-api:1`,
    logGroups: [LOGS[target]],
  };
  return [
    ...neededPermissions(config, HOME),
    ...passed(roles.map((arn) => ({ arn, to: PASSED_TO[target] }))),
    ...optionalPermissions(config, HOME, facts),
  ];
}
