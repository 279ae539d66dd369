// infra/terraform, read without Terraform: what must be there is there, what the guide had wrong is not, every name that a
// resource is written with is one that the provider knows, and the roles' policy grants what the code can ask for.
// terraform-run.test.ts has Terraform itself look at it.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import { beforeAll, describe, expect, it } from 'vitest';
import type { PreflightConfig } from '../../src/preflight/config.ts';
import { neededPermissions } from '../../src/preflight/permissions.ts';
import { root } from '../support/dist.ts';
import { cleanUrls } from '../support/edge-functions.ts';
import { grantedActions, type Target } from '../support/iam-policy.ts';
import type { BlockSchema, ProviderSchema } from '../support/terraform-provider.ts';

type Block = Record<string, unknown>;
type Kind = Record<string, Record<string, Block[]>>;

const dir = join(root, 'infra/terraform');
const schema = JSON.parse(
  readFileSync(join(root, 'test/contract/terraform-schema.json'), 'utf8'),
) as ProviderSchema;
const files = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.tf'));
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

/** Arguments that every resource has: https://developer.hashicorp.com/terraform/language/meta-arguments */
const META = ['count', 'for_each', 'provider', 'depends_on', 'lifecycle', 'dynamic'];

/** What the provider would not take of a block, as hcl2json gives it. */
function mistakes(block: Block, known: BlockSchema, at: string): string[] {
  const dynamic = (block['dynamic'] ?? {}) as Record<string, Array<{ content: Block[] }>>;
  const inner = new Map<string, Block[]>();
  for (const [name, nested] of Object.entries(known.blocks)) {
    const written = block[name] as Block[] | undefined;
    const made = (dynamic[name] ?? []).flatMap(({ content }) => content);
    if (written || made.length > 0) inner.set(name, [...(written ?? []), ...made]);
    else if (nested.min) inner.set(name, []);
  }
  const { attributes, blocks } = known;
  return [
    ...[...Object.keys(block), ...Object.keys(dynamic)]
      .filter((name) => !META.includes(name) && !inner.has(name))
      .filter((name) => (attributes[name]?.[1] ?? 'computed') === 'computed')
      .map((name) => `${at} has no argument ${name}`),
    ...Object.entries(attributes)
      .filter(([name, [, use]]) => use === 'required' && !(name in block))
      .map(([name]) => `${at} needs ${name}`),
    ...[...inner].flatMap(([name, list]) =>
      list.length === 0
        ? [`${at} needs a block ${name}`]
        : list.flatMap((one) => mistakes(one, blocks[name] as BlockSchema, `${at}.${name}`)),
    ),
  ];
}

const one = (type: string, name: string): Block => {
  const block = all.resource[type]?.[name]?.[0];
  if (!block) throw new Error(`no resource ${type}.${name}`);
  return block;
};
const nested = (block: Block, ...path: string[]): Block =>
  path.reduce((at, key) => (at[key] as Block[])[0] as Block, block);

describe('infra/terraform', () => {
  it('names only variables, locals, resources and attributes that exist', () => {
    for (const [, name] of text.matchAll(/\bvar\.(\w+)/g))
      expect(all.variable, `var.${name}`).toHaveProperty([name ?? '']);
    const locals = new Set([...text.matchAll(/^ {2}(\w+) *= /gm)].map((m) => m[1]));
    for (const [, name] of text.matchAll(/\blocal\.(\w+)/g)) expect(locals, `local.${name}`).toContain(name);
    const reference = /(?<![\w".])(data\.)?(aws_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?/g;
    for (const [whole, isData, type = '', name = '', attribute] of text.matchAll(reference)) {
      const kind = isData ? 'data' : 'resource';
      expect(Object.keys(all[kind][type] ?? {}), whole).toContain(name);
      const { attributes, blocks } = schema[kind][type] ?? { attributes: {}, blocks: {} };
      if (attribute) expect([...Object.keys(attributes), ...Object.keys(blocks)], whole).toContain(attribute);
    }
  });

  it('writes each resource with arguments and blocks that the provider knows, and gives what it requires', () => {
    const wrong = (['resource', 'data'] as const).flatMap((kind) =>
      Object.entries(all[kind]).flatMap(([type, named]) =>
        Object.entries(named).flatMap(([name, [block = {}]]) => {
          const known = schema[kind][type];
          return known
            ? mistakes(block, known, `${type}.${name}`)
            : [`${type} is not in terraform-schema.json`];
        }),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('keeps every bucket private and owned, and the ledger under versions', () => {
    // One module makes them all.
    expect(Object.keys(all.resource['aws_s3_bucket'] ?? {})).toEqual(['main']);
    expect(one('aws_s3_bucket_public_access_block', 'main')).toMatchObject({
      block_public_acls: true,
      block_public_policy: true,
      ignore_public_acls: true,
      restrict_public_buckets: true,
    });
    expect(one('aws_s3_bucket', 'main')).not.toHaveProperty('website');
    expect(text).toMatch(/module "release_bucket" \{[^}]*keep_versions_days = [1-9]/);
    expect(nested(one('aws_s3_bucket_versioning', 'main'), 'versioning_configuration')['status']).toBe(
      'Enabled',
    );
    // Nothing current ever expires by itself: a release could no longer be gone back to.
    const { rule, dynamic } = one('aws_s3_bucket_lifecycle_configuration', 'main') as {
      rule: Block[];
      dynamic: { rule: Array<{ content: Block[] }> };
    };
    const rules = [...rule, ...dynamic.rule.flatMap(({ content }) => content)];
    expect(rules.flatMap((r) => (r['expiration'] ?? []) as Block[])).toEqual([
      { expired_object_delete_marker: true },
    ]);
  });

  it('has all that a distribution requires, over a private origin', () => {
    const site = one('aws_cloudfront_distribution', 'site');
    expect(site).toMatchObject({ enabled: true, default_root_object: 'index.html' });
    expect(nested(site, 'restrictions', 'geo_restriction')['restriction_type']).toBe('none');
    expect(site).toHaveProperty('viewer_certificate');
    expect(nested(site, 'default_cache_behavior')['viewer_protocol_policy']).toBe('redirect-to-https');
    expect(nested(site, 'origin')).toHaveProperty('origin_access_control_id');
  });

  it('has the very function for addresses that docs/frontend.md shows', () => {
    const page = readFileSync(join(root, 'docs/frontend.md'), 'utf8');
    const code = readFileSync(join(dir, 'clean-urls.js'), 'utf8');
    const shown = code.slice(code.indexOf('function fileOf'), code.indexOf('// biome-ignore-end'));
    expect(page).toContain(`\`\`\`js\n${shown}\`\`\`\n`);
    expect(text).toContain('file("${path.module}/clean-urls.js")');
    // As test/support/edge-functions.ts puts it together, for the site and for previews.
    for (const previews of [false, true])
      expect(text).toContain(
        `"const settings = \${jsonencode(merge(local.url_settings, { previews = ${previews} }))};\\n\${local.clean_urls}"`,
      );
    expect(
      Object.keys(JSON.parse(cleanUrls().slice('const settings = '.length).split(';', 1)[0] ?? '')),
    ).toEqual(['cleanUrls', 'pages', 'previews', 'singlePageApp']);
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
    expect(JSON.stringify(one('aws_cloudwatch_metric_alarm', 'errors'))).toMatch(/FILL\(errors.*\/ requests/);
    expect(text).not.toContain('4xxStatus');
  });

  it('never puts back what a release has changed', () => {
    const ignored = (type: string) => nested(one(type, 'api'), 'lifecycle')['ignore_changes'];
    expect(ignored('aws_apprunner_service')).toEqual(['${source_configuration[0].image_repository}']);
    expect(ignored('aws_ecs_express_gateway_service')).toEqual(['${primary_container}']);
    expect(ignored('aws_ecs_service')).toEqual(['${task_definition}', '${desired_count}']);
    expect(ignored('aws_ecs_task_definition')).toEqual(['${container_definitions}']);
  });

  it('has the production option of the guide: Fargate, a load balancer with TLS, two to ten tasks at 70 % of CPU', () => {
    expect(one('aws_ecs_service', 'api')).toMatchObject({ launch_type: 'FARGATE' });
    expect(nested(one('aws_ecs_service', 'api'), 'deployment_circuit_breaker')).toEqual({
      enable: true,
      rollback: true,
    });
    expect(one('aws_lb_listener', 'https')).toMatchObject({ port: 443, protocol: 'HTTPS' });
    const defaults = ['min_instances', 'max_instances', 'target_cpu'].map(
      (name) => all.variable[name]?.[0]?.['default'],
    );
    expect(defaults).toEqual([2, 10, 70]);
    const policy = nested(
      one('aws_appautoscaling_policy', 'cpu'),
      'target_tracking_scaling_policy_configuration',
    );
    expect(policy['target_value']).toBe('${var.target_cpu}');
    // The API's own word: `CPU`, as the provider's documentation has it, is refused.
    const express = nested(one('aws_ecs_express_gateway_service', 'api'), 'scaling_target');
    expect(express['auto_scaling_metric']).toBe('AVERAGE_CPU');
  });

  it.each(['apprunner', 'ecs', 'ecs-express'] as const)(
    'grants the deploying role what preflight asks for with %s, and the planning role nothing that changes anything',
    async (target) => {
      const [plan, deploy] = [await grantedActions('plan', target), await grantedActions('deploy', target)];
      const config = {
        releaseBucket: 'r',
        site: { bucket: 'b', prefix: '', distribution: 'D' },
        backend: { target, name: 'api' },
        repository: { name: 'api' },
        alarms: ['a'],
        secrets: { X: { secret: 'x' } },
      } as unknown as PreflightConfig;
      const needed = neededPermissions(config, '123456789012', 'us-west-2').flatMap((n) => n.actions);
      expect(needed.filter((action) => !deploy.has(action))).toEqual([]);
      expect(
        [...plan].filter((action) => !/:(Describe|List|Get|BatchGet|View|Simulate)/.test(action)),
      ).toEqual([]);
      expect(
        [...deploy].filter(
          (action) =>
            action.includes('*') ||
            /:GetSecretValue|iam:(?!PassRole|GetRole|Simulate)|:Delete(?!Object|Alarms)/.test(action),
        ),
      ).toEqual([]);
    },
  );

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
  ] as const)('grants every operation that src/aws/%s can send', async (file, prefix, targets) => {
    const code = readFileSync(join(root, 'src/aws', file), 'utf8');
    const send = /(?:call(?:<[^()]*>)?\(\s*'|new )([A-Z]\w+?)(?:'|Command\()/g;
    const sent = [...code.matchAll(send)].map((m) => `${prefix}:${m[1]}`);
    expect(sent.length).toBeGreaterThan(0);
    const granted = new Set<string>();
    for (const target of targets as readonly Target[])
      for (const action of await grantedActions('deploy', target)) granted.add(action);
    expect(sent.filter((action) => !granted.has(action))).toEqual([]);
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
      'AWS_PREVIEW_ROLE',
      'PREVIEW_BUCKET',
      'PREVIEW_DISTRIBUTION',
    ])
      expect(Object.keys(all.output)).toContain(name.toLowerCase());
  });
});
