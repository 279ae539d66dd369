// infra/terraform, read offline: what must be there is there, what the guide had wrong is not, and the roles' policy
// grants what `preflight` asks for. It is parsed, and not validated: that needs the provider, from a registry.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PreflightConfig } from '../../src/preflight/config.ts';
import { neededPermissions } from '../../src/preflight/permissions.ts';
import { root } from '../support/dist.ts';

type Block = Record<string, unknown>;
type Kind = Record<string, Record<string, Block[]>>;

const dir = join(root, 'infra/terraform');
const files = readdirSync(dir).filter((name) => name.endsWith('.tf'));
const text = files.map((name) => readFileSync(join(dir, name), 'utf8')).join('\n');
const all: {
  resource: Kind;
  data: Kind;
  variable: Record<string, Block[]>;
  output: Record<string, Block[]>;
} = {
  resource: {},
  data: {},
  variable: {},
  output: {},
};

beforeAll(async () => {
  for (const name of files) {
    const parsed = (await parse(name, readFileSync(join(dir, name), 'utf8'))) as Record<
      string,
      Record<string, Block>
    >;
    for (const kind of ['resource', 'data'] as const)
      for (const [type, named] of Object.entries(parsed[kind] ?? {}))
        all[kind][type] = { ...all[kind][type], ...named } as Record<string, Block[]>;
    Object.assign(all.variable, parsed['variable'] ?? {});
    Object.assign(all.output, parsed['output'] ?? {});
  }
});

const one = (type: string, name: string): Block => {
  const block = all.resource[type]?.[name]?.[0];
  if (!block) throw new Error(`no resource ${type}.${name}`);
  return block;
};
const nested = (block: Block, ...path: string[]): Block =>
  path.reduce((at, key) => (at[key] as Block[])[0] as Block, block);

describe('infra/terraform', () => {
  it('names only variables, locals and resources that exist', () => {
    const types = new Set(Object.keys(all.resource));
    for (const [, name] of text.matchAll(/\bvar\.(\w+)/g))
      expect(all.variable, `var.${name}`).toHaveProperty([name ?? '']);
    for (const [, type, name] of text.matchAll(/(?<!data\.|["\w])(aws_\w+)\.(\w+)/g)) {
      if (!types.has(type ?? '')) continue;
      expect(Object.keys(all.resource[type ?? ''] ?? {}), `${type}.${name}`).toContain(name);
    }
    for (const [, type, name] of text.matchAll(/\bdata\.(aws_\w+)\.(\w+)/g))
      expect(Object.keys(all.data[type ?? ''] ?? {}), `data.${type}.${name}`).toContain(name);
  });

  it('keeps both buckets private, owned, and the ledger under versions', () => {
    for (const name of ['site', 'release']) {
      expect(one('aws_s3_bucket_public_access_block', name)).toMatchObject({
        block_public_acls: true,
        block_public_policy: true,
        ignore_public_acls: true,
        restrict_public_buckets: true,
      });
      expect(one('aws_s3_bucket', name)).not.toHaveProperty('website');
    }
    expect(nested(one('aws_s3_bucket_versioning', 'release'), 'versioning_configuration')['status']).toBe(
      'Enabled',
    );
    // Nothing current ever expires by itself: a release could no longer be gone back to.
    const rule = nested(one('aws_s3_bucket_lifecycle_configuration', 'release'), 'rule');
    expect(nested(rule, 'expiration')).toEqual({ expired_object_delete_marker: true });
  });

  it('has all that a distribution requires, over a private origin', () => {
    const site = one('aws_cloudfront_distribution', 'site');
    expect(site).toMatchObject({ enabled: true, default_root_object: 'index.html' });
    expect(nested(site, 'restrictions', 'geo_restriction')['restriction_type']).toBe('none');
    expect(site).toHaveProperty('viewer_certificate');
    expect(nested(site, 'default_cache_behavior')['viewer_protocol_policy']).toBe('redirect-to-https');
    expect(nested(site, 'origin')).toHaveProperty('origin_access_control_id');
  });

  it('has immutable tags, and makes no service of a tag', () => {
    expect(one('aws_ecr_repository', 'api')['image_tag_mutability']).toBe('IMMUTABLE');
    expect(text).not.toContain(':latest"');
    expect(nested(all.variable['first_image']?.[0] ?? {}, 'validation')['condition']).toContain('sha256');
  });

  it('has an App Runner service as its API wants it, which no push and no plan changes', () => {
    const service = one('aws_apprunner_service', 'api');
    expect(service).not.toHaveProperty('auto_scaling_configuration');
    expect(service).toHaveProperty('auto_scaling_configuration_arn');
    const source = nested(service, 'source_configuration');
    expect(source['auto_deployments_enabled']).toBe(false);
    expect(nested(source, 'authentication_configuration')).toHaveProperty('access_role_arn');
    expect(nested(service, 'health_check_configuration')['protocol']).toBe('HTTP');
    expect(nested(service, 'lifecycle')['ignore_changes']).toBeDefined();
    expect(
      nested(one('aws_ecs_express_gateway_service', 'api'), 'lifecycle')['ignore_changes'],
    ).toBeDefined();
  });

  it('lets GitHub in by OIDC alone, by exact subjects', () => {
    expect(text).not.toMatch(/aws_iam_access_key|aws_iam_user/);
    const statement = nested(all.data['aws_iam_policy_document']?.['github']?.[0] ?? {}, 'statement');
    const conditions = statement['condition'] as Block[];
    expect(conditions.map((c) => [c['test'], String(c['variable']).split(':').at(-1)])).toEqual([
      ['StringEquals', 'aud'],
      ['StringEquals', 'sub'],
    ]);
  });

  it('rings on a rate of 5xx and on the p95, and on no count of 4xx', () => {
    expect(one('aws_cloudwatch_metric_alarm', 'latency')['extended_statistic']).toBe('p95');
    expect(JSON.stringify(one('aws_cloudwatch_metric_alarm', 'errors'))).toContain('errors / requests');
    expect(text).not.toContain('4xxStatus');
  });

  it('grants the deploying role what preflight asks for, and the planning role nothing that changes anything', () => {
    const actionsOf = (name: string) => {
      const document = all.data['aws_iam_policy_document']?.[name]?.[0] ?? {};
      return [
        ...JSON.stringify(document).matchAll(
          /"((?:s3|ecr|cloudfront|apprunner|ecs|secretsmanager|cloudwatch|logs|iam):\w+)"/g,
        ),
      ].map((m) => m[1] ?? '');
    };
    const plan = actionsOf('plan');
    const deploy = new Set([...plan, ...actionsOf('deploy')]);
    const config = {
      releaseBucket: 'r',
      site: { bucket: 'b', prefix: '', distribution: 'D' },
      backend: { target: 'apprunner', name: 'api' },
      repository: { name: 'api' },
      alarms: ['a'],
      secrets: { X: { secret: 'x' } },
    } as unknown as PreflightConfig;
    const needed = neededPermissions(config, '123456789012', 'us-west-2').flatMap((n) => n.actions);
    expect(needed.filter((action) => !deploy.has(action))).toEqual([]);
    expect(plan.filter((action) => !/:(Describe|List|Get|BatchGet)/.test(action))).toEqual([]);
    expect(
      [...deploy].filter((action) => action.includes('*') || /:GetSecretValue|iam:(?!PassRole)/.test(action)),
    ).toEqual([]);
  });

  it('names its outputs as the variables that the examples read', () => {
    for (const name of [
      'AWS_REGION',
      'AWS_ROLE',
      'AWS_PLAN_ROLE',
      'ECR_REPOSITORY',
      'SERVICE_ARN',
      'SITE_BUCKET',
      'RELEASE_BUCKET',
      'DISTRIBUTION',
    ])
      expect(Object.keys(all.output)).toContain(name.toLowerCase());
  });
});
