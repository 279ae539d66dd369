// The module `environment` of infra/terraform as the tests call it, and what a plan of it takes away.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './dist.ts';
import type { Change, Resource } from './terraform.ts';

export type Target = 'apprunner' | 'ecs' | 'ecs-express';
export const TARGETS: readonly Target[] = ['apprunner', 'ecs', 'ecs-express'];

/** What it needs, and nothing that it can do without. */
export const environment = (...targets: readonly Target[]): Readonly<Record<string, unknown>> => ({
  name: 'wwhd',
  environment: 'production',
  github: { repository: 'team/app', owner_id: 11, repository_id: 22 },
  targets,
  live_target: targets[0] ?? null,
  protected: true,
  size: { cpu: 1024, memory: 2048, min_instances: 2, max_instances: 10 },
  network: { zones: 2, nat: 'none' },
  database: 'none',
  qdrant: null,
  secret_names: ['openai_key', 'qdrant_key'],
  site: { cloudfront: true, waf: false, api: false, domains: [] },
  api_domain: '',
  preview_domain: '',
  zone_id: '',
  monthly_budget: null,
  // `terraform test` of 1.11 applies no ephemeral variable that it was not given for planning.
  database_password: '',
});

const MOCKS = readFileSync(join(root, 'infra/terraform/testing/aws.tfmock.hcl'), 'utf8');

/** A file of `terraform test` over made-up answers. OpenTofu reads no files of mocks, so they are written into it. */
export function testFile(
  variables: Readonly<Record<string, unknown>>,
  ...runs: readonly (readonly [
    name: string,
    command: 'plan' | 'apply',
    variables?: Readonly<Record<string, unknown>>,
  ])[]
): string {
  const block = (values: Readonly<Record<string, unknown>>) =>
    Object.entries(values)
      .map(([name, value]) => `  ${name} = ${JSON.stringify(value)}\n`)
      .join('');
  return [
    `mock_provider "aws" {\n${MOCKS}}\n`,
    `variables {\n${block(variables)}}\n`,
    ...runs.map(
      ([name, command, more = {}]) =>
        `run "${name}" {\n  command = ${command}\n  variables {\n${block(more)}}\n}\n`,
    ),
  ].join('');
}

/** What the environments of infra/terraform ask for. */
export const ROOT_VARIABLES: Readonly<Record<'dev' | 'staging' | 'production', object>> = (() => {
  const common = {
    name: 'wwhd',
    region: 'us-west-2',
    github: { repository: 'team/app', owner_id: 11, repository_id: 22 },
    alarm_email: 'ops@example.com',
    budget_emails: ['ops@example.com'],
  };
  const password = { database_password: 'made-up-for-a-test' };
  return {
    dev: { ...common, developer_cidrs: ['203.0.113.0/24'] },
    staging: {
      ...{ ...common, ...password, zone_id: 'Z1', domains: [] },
      preview_domain: 'preview.example.com',
    },
    production: { ...common, ...password, zone_id: 'Z1', domains: ['www.example.com', 'example.com'] },
  };
})();

/** Attributes that no provider changes in place: another value is another thing, and the old one goes. */
const IDENTITY: Readonly<Record<string, readonly string[]>> = {
  aws_apprunner_service: ['service_name'],
  aws_cloudfront_function: ['name'],
  aws_db_instance: ['db_name', 'engine', 'identifier', 'storage_encrypted', 'username'],
  aws_ebs_volume: ['availability_zone', 'encrypted'],
  aws_ecr_repository: ['name'],
  aws_ecs_cluster: ['name'],
  aws_ecs_express_gateway_service: ['cluster', 'service_name'],
  aws_ecs_service: ['cluster', 'launch_type', 'name'],
  // A changed revision is a new one: the one that runs is deploy-backend's.
  aws_ecs_task_definition: ['container_definitions', 'cpu', 'family', 'memory'],
  aws_efs_file_system: ['encrypted', 'performance_mode'],
  aws_efs_mount_target: ['file_system_id', 'subnet_id'],
  aws_iam_role: ['name'],
  aws_instance: ['ami', 'associate_public_ip_address', 'subnet_id', 'user_data'],
  aws_lb: ['internal', 'load_balancer_type', 'name'],
  aws_lb_target_group: ['name', 'port', 'protocol', 'target_type', 'vpc_id'],
  aws_s3_bucket: ['bucket'],
  aws_secretsmanager_secret: ['name'],
  aws_security_group: ['description', 'name', 'vpc_id'],
  aws_subnet: ['availability_zone', 'cidr_block', 'vpc_id'],
  aws_vpc: ['cidr_block'],
  aws_vpc_security_group_ingress_rule: ['security_group_id'],
};

const differ = (one: unknown, other: unknown) => JSON.stringify(one) !== JSON.stringify(other);

/** Addresses of what a plan deletes, or makes anew. */
export const taken = (changes: readonly Change[]): string[] =>
  changes
    .filter(({ type, change: { actions, before, after } }) =>
      actions.includes('delete')
        ? true
        : actions.includes('update') &&
          (IDENTITY[type] ?? []).some((name) => differ(before?.[name], after?.[name])),
    )
    .map(({ address }) => address);

/** Addresses of what a plan would change at all. */
export const changed = (changes: readonly Change[]): string[] =>
  changes
    .filter(({ change: { actions } }) => !['no-op', 'read'].includes(actions.join()))
    .map(({ address }) => address);

/** What of a resource must be its own in an account: its name, by whatever argument. */
export function namesOf({ type, mode, values }: Resource): string[] {
  // Named inside of something that has a name of its own.
  const inside = [
    'aws_iam_role_policy',
    'aws_appautoscaling_policy',
    'aws_route53_record',
    'aws_vpc_endpoint',
  ];
  if (mode !== 'managed' || inside.includes(type)) return [];
  return ['name', 'bucket', 'identifier', 'alarm_name', 'service_name', 'dashboard_name', 'family']
    .filter((key) => typeof values[key] === 'string')
    .filter((key) => key !== 'bucket' || type === 'aws_s3_bucket')
    .filter((key) => key !== 'family' || type === 'aws_ecs_task_definition')
    .map((key) => `${type} ${key} ${values[key]}`);
}
