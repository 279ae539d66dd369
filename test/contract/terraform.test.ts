// infra/terraform, read without Terraform: every name that a resource is written with is one that the provider knows, what the
// guide had wrong is not there, and each field has one owner. terraform-run.test.ts has Terraform itself look at it,
// terraform-plans.test.ts plans and applies it, terraform-roles.test.ts judges its policies.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import { cleanUrls } from '../support/edge-functions.ts';
import type { BlockSchema, ProviderSchema } from '../support/terraform-provider.ts';

type Block = Record<string, unknown>;
type Kind = Record<string, Record<string, Block[]>>;
interface Folder {
  readonly resource: Kind;
  readonly data: Kind;
}

const dir = join(root, 'infra/terraform');
const schema = JSON.parse(
  readFileSync(join(root, 'test/contract/terraform-schema.json'), 'utf8'),
) as ProviderSchema;
const files = readdirSync(dir, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.tf'))
  .sort();
const read = (name: string) => readFileSync(join(dir, name), 'utf8');
const text = files.map(read).join('\n');
/** By folder: a name is a name inside of one. */
const folders = new Map<string, Folder>();

beforeAll(async () => {
  for (const name of files) {
    const parsed = (await parse(name, read(name))) as Record<string, Record<string, Record<string, Block[]>>>;
    const folder = folders.get(dirname(name)) ?? { resource: {}, data: {} };
    folders.set(dirname(name), folder);
    for (const kind of ['resource', 'data'] as const)
      for (const [type, named] of Object.entries(parsed[kind] ?? {}))
        folder[kind][type] = { ...folder[kind][type], ...named };
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

const one = (folder: string, type: string, name: string): Block => {
  const block = folders.get(`modules/${folder}`)?.resource[type]?.[name]?.[0];
  if (!block) throw new Error(`no resource ${type}.${name} in modules/${folder}`);
  return block;
};
const nested = (block: Block, ...path: string[]): Block =>
  path.reduce((at, key) => (at[key] as Block[])[0] as Block, block);

describe('infra/terraform', () => {
  it('names only resources and attributes that exist', () => {
    const reference = /(?<![\w".])(data\.)?(aws_\w+)\.(\w+)(?:\[[^\]]*\])?(?:\.(\w+))?/g;
    for (const name of files) {
      const folder = folders.get(dirname(name)) as Folder;
      // Comments name what they like.
      const code = read(name).replaceAll(/^\s*#.*$/gm, '');
      for (const [whole, isData, type = '', resource = '', attribute] of code.matchAll(reference)) {
        const kind = isData ? 'data' : 'resource';
        expect(Object.keys(folder[kind][type] ?? {}), `${name}: ${whole}`).toContain(resource);
        const { attributes, blocks } = schema[kind][type] ?? { attributes: {}, blocks: {} };
        if (attribute)
          expect([...Object.keys(attributes), ...Object.keys(blocks)], whole).toContain(attribute);
      }
    }
  });

  it('writes each resource with arguments and blocks that the provider knows, and gives what it requires', () => {
    const wrong = [...folders].flatMap(([folder, kinds]) =>
      (['resource', 'data'] as const).flatMap((kind) =>
        Object.entries(kinds[kind]).flatMap(([type, named]) =>
          // `terraform_data` is Terraform's own.
          Object.entries(type.startsWith('aws_') ? named : {}).flatMap(([name, [block = {}]]) => {
            const known = schema[kind][type];
            return known
              ? mistakes(block, known, `${folder}: ${type}.${name}`)
              : [`${folder}: ${type} is not in terraform-schema.json`];
          }),
        ),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it("has no provider in a module, so that a root of one's own may call it", () => {
    const inside = files.filter((name) => name.startsWith('modules/') && /^provider "/m.test(read(name)));
    expect(inside).toEqual([]);
  });

  it('describes every variable, and has no default where existence hangs on it', () => {
    for (const name of files)
      for (const [block, variable] of read(name).matchAll(/^variable "(\w+)" \{[\s\S]*?^\}/gm))
        expect(block, `${name}: ${variable}`).toContain('description');
    // An ephemeral value is given once, and its absence means that nothing is written.
    for (const name of files.filter((file) => /^(environments|shared|bootstrap)\//.test(file)))
      for (const [block, variable] of read(name).matchAll(/^variable "(\w+)" \{[\s\S]*?^\}/gm))
        if (!/^ {2}ephemeral +=/m.test(block))
          expect(block, `${name}: ${variable}`).not.toMatch(/\n {2}default/);
  });

  it('has no key, no user, no tag to go back to, and no public bucket of its own making', () => {
    expect(text).not.toMatch(/aws_iam_access_key|aws_iam_user/);
    expect(text).not.toContain(':latest"');
    const buckets = [...folders].flatMap(([folder, { resource }]) =>
      resource['aws_s3_bucket'] ? [folder] : [],
    );
    expect(buckets).toEqual(['modules/private-bucket']);
    expect(read('shared/main.tf')).toMatch(/image_tag_mutability = "IMMUTABLE"/);
  });

  it('has the very function for addresses that docs/frontend.md shows', () => {
    const page = readFileSync(join(root, 'docs/frontend.md'), 'utf8');
    const code = read('modules/site/clean-urls.js');
    const shown = code.slice(code.indexOf('function fileOf'), code.indexOf('// biome-ignore-end'));
    expect(page).toContain(`\`\`\`js\n${shown}\`\`\`\n`);
    // As test/support/edge-functions.ts puts it together, for the site and for previews.
    for (const [settings, file] of [
      ['local.url_settings', 'clean-urls.js'],
      ['merge(var.url_settings, { previews = true })', '../site/clean-urls.js'],
    ])
      expect(text).toContain(
        `"const settings = \${jsonencode(${settings})};\\n\${file("\${path.module}/${file}")}"`,
      );
    expect(
      Object.keys(JSON.parse(cleanUrls().slice('const settings = '.length).split(';', 1)[0] ?? '')),
    ).toEqual(['cleanUrls', 'pages', 'previews', 'singlePageApp']);
  });

  it('has an App Runner service as its API wants it, which no push changes', () => {
    const service = one('service-apprunner', 'aws_apprunner_service', 'api');
    expect(service).not.toHaveProperty('auto_scaling_configuration');
    const source = nested(service, 'source_configuration');
    expect(source['auto_deployments_enabled']).toBe(false);
    // The placeholder is public, and App Runner refuses a role for it: the first release brings the role with its image.
    expect(source).not.toHaveProperty('authentication_configuration');
    expect(nested(source, 'image_repository')['image_repository_type']).toBe('ECR_PUBLIC');
    expect(nested(service, 'health_check_configuration')['protocol']).toBe('HTTP');
  });

  it.each([
    [
      'service-apprunner',
      'aws_apprunner_service',
      'api',
      [
        'source_configuration[0].authentication_configuration',
        'source_configuration[0].image_repository',
        'instance_configuration[0].cpu',
        'instance_configuration[0].memory',
        'auto_scaling_configuration_arn',
      ],
    ],
    [
      'service-express',
      'aws_ecs_express_gateway_service',
      'api',
      ['primary_container', 'cpu', 'memory', 'scaling_target'],
    ],
    ['service-ecs', 'aws_ecs_service', 'api', ['task_definition', 'desired_count']],
    // ECS moves the traffic.
    ['service-ecs', 'aws_lb_listener_rule', 'api', ['action']],
    ['service-ecs', 'aws_ecs_task_definition', 'api', ['container_definitions', 'cpu', 'memory']],
    ['service-ecs', 'aws_appautoscaling_target', 'api', ['min_capacity', 'max_capacity']],
    ['service-ecs', 'aws_appautoscaling_policy', 'cpu', ['target_tracking_scaling_policy_configuration']],
  ])('%s: of %s.%s deploy-backend owns %j, and Terraform the rest', (folder, type, name, owned) => {
    const ignored = nested(one(folder, type, name), 'lifecycle')['ignore_changes'];
    expect(ignored).toEqual(owned.map((field) => `\${${field}}`));
  });

  it('has one policy on the CPU: the one that deploy-backend changes', () => {
    const ours = /const POLICY = '([\w-]+)'/.exec(
      readFileSync(join(root, 'src/aws/autoscaling.ts'), 'utf8'),
    )?.[1];
    expect(one('service-ecs', 'aws_appautoscaling_policy', 'cpu')['name']).toBe(ours);
    // The API's own word: `CPU`, as the provider's documentation has it, is refused.
    const express = nested(
      one('service-express', 'aws_ecs_express_gateway_service', 'api'),
      'scaling_target',
    );
    expect(express['auto_scaling_metric']).toBe('AVERAGE_CPU');
  });

  it('rings on a rate of 5xx and on the p95, and on no count of 4xx', () => {
    expect(one('service-alarms', 'aws_cloudwatch_metric_alarm', 'latency')['extended_statistic']).toBe('p95');
    expect(JSON.stringify(one('service-alarms', 'aws_cloudwatch_metric_alarm', 'errors'))).toMatch(
      /FILL\(errors.*\/ requests/,
    );
    expect(text).not.toContain('4xxStatus');
  });

  it.each([
    [
      'dev',
      [
        'cpu = 512, memory = 1024',
        'database = "sqlite"',
        'cloudfront    = false',
        'monthly_budget = 50',
        'protected   = false',
      ],
    ],
    ['staging', ['cpu = 1024, memory = 2048', '"db.t4g.small"', 'cloudfront = true', 'protected   = true']],
    [
      'production',
      [
        'cpu = 2048, memory = 4096, min_instances = 2, max_instances = 10',
        '"db.m7g.large", multi_az = true',
        'waf         = true',
        'monthly_budget = 500',
        'protected   = true',
      ],
    ],
  ])("has the guide's sizes for %s", (environment, sizes) => {
    for (const size of sizes) expect(read(`environments/${environment}/main.tf`)).toContain(size);
  });

  it('names its outputs as the variables that the examples read', () => {
    for (const name of [
      'AWS_REGION',
      'AWS_ROLE',
      'AWS_PLAN_ROLE',
      'ECR_REPOSITORY',
      'SERVICE_ARN',
      'ACCESS_ROLE',
      'SITE_BUCKET',
      'RELEASE_BUCKET',
      'DISTRIBUTION',
      'AWS_PREVIEW_ROLE',
      'PREVIEW_BUCKET',
      'PREVIEW_DISTRIBUTION',
    ])
      expect(read('modules/environment/outputs.tf')).toMatch(new RegExp(`^ +${name} +=`, 'm'));
  });
});
