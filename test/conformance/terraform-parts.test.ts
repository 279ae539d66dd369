// What the module `environment` of infra/terraform is made of, each part looked at after one apply over made-up answers: the site and
// its guard, the network, the database, Qdrant, the dashboard; how the live target moves, and what may be destroyed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import { type Resource, type Run, startTerraform, type TerraformLab } from '../support/terraform.ts';
import { changed, environment, taken, testFile } from '../support/terraform-environment.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: Terraform on its own configuration needs WWHD_CONFORMANCE=1');
const skip = missingTools('the parts of infra/terraform', ['terraform']) || !asked;
type Values = Readonly<Record<string, unknown>>;

const WHOLE = {
  ...environment('ecs', 'ecs-express'),
  protected: false,
  database: 'postgres',
  postgres: { instance_class: 'db.m7g.large', multi_az: true, backup_days: 14 },
  qdrant: { instance_type: 'm7g.large', storage_gib: 100 },
  network: { zones: 3, nat: 'per-zone', interface_endpoints: true },
  site: {
    cloudfront: true,
    waf: true,
    api: true,
    domains: ['www.example.com', 'example.com'],
    price_class: 'PriceClass_All',
  },
  api_domain: 'api.example.com',
  preview_domain: 'preview.example.com',
  zone_id: 'Z1',
};
const MOVED = { live_target: 'ecs-express' };

describe.skipIf(skip)('the parts of an environment', () => {
  let lab: TerraformLab;
  let runs: ReadonlyMap<string, Run>;
  beforeAll(async () => {
    lab = await startTerraform();
    runs = await lab.test('modules/environment', {
      lab: testFile(
        WHOLE,
        ['make', 'apply'],
        ['move', 'apply', MOVED],
        ['after', 'plan', MOVED],
        ['gone', 'plan', { ...MOVED, targets: ['ecs-express'], api_domain: '' }],
      ),
    });
  }, 600_000);
  afterAll(() => lab?.stop());

  const passed = (name: string): Run => {
    const run = runs.get(`lab/${name}`);
    expect([name, run?.status, run?.problems]).toEqual([name, 'pass', []]);
    return run as Run;
  };
  const all = (type: string, name = 'make'): readonly Resource[] =>
    passed(name).resources.filter((one) => one.type === type && one.mode === 'managed');
  const values = (type: string, where = '', name = 'make'): Values => {
    const found = all(type, name).filter(({ address }) => address.includes(where));
    expect(found.map(({ address }) => address)).toHaveLength(1);
    return (found[0] as Resource).values;
  };
  const json = (text: unknown) => JSON.parse(String(text));

  describe('the live target', () => {
    const origins = (name: string) =>
      (values('aws_cloudfront_distribution', 'module.site', name)['origin'] as Values[]).map(
        ({ domain_name: host }) => host,
      );

    it('moves in one apply: the site leads to the new one, and nothing is left to do', () => {
      expect(origins('make')).toContain('api.example.com');
      expect(origins('move')).toContain('wwhd-0a1b2c.ecs.us-west-2.on.aws');
      expect(passed('move').outputs['api_url']).toBe('https://wwhd-0a1b2c.ecs.us-west-2.on.aws');
      expect(changed(passed('after').changes)).toEqual([]);
    });

    it('and the old one, taken out last, takes nothing of the new one with it', () => {
      const gone = taken(passed('gone').changes);
      expect(gone).toEqual(expect.arrayContaining(['module.ecs["ecs"].aws_ecs_service.api']));
      expect(gone.filter((address) => !/module\.ecs\["ecs"\]|\["ecs"\]|\["api"\]/.test(address))).toEqual([]);
    });
  });

  it('without protection nothing refuses to be destroyed', () => {
    for (const { values: lb } of all('aws_lb')) expect(lb['enable_deletion_protection']).toBe(false);
    expect(values('aws_db_instance')).toMatchObject({
      deletion_protection: false,
      skip_final_snapshot: true,
    });
    expect(values('aws_instance')['disable_api_termination']).toBe(false);
    for (const { address, values: bucket } of all('aws_s3_bucket'))
      expect([address, bucket['force_destroy']]).toEqual([address, true]);
  });

  describe('the site', () => {
    const distribution = () => values('aws_cloudfront_distribution', 'module.site');

    it('has all its names, its price class, and its own guard', () => {
      expect(distribution()['aliases']).toEqual(expect.arrayContaining(['www.example.com', 'example.com']));
      expect(distribution()['price_class']).toBe('PriceClass_All');
      expect(distribution()['web_acl_id']).toBe(values('aws_wafv2_web_acl')['arn']);
    });

    it('is guarded in us-east-1 by the managed rules and a limit for one address, and counts what it reads of bodies', () => {
      const acl = values('aws_wafv2_web_acl');
      expect([acl['region'], acl['scope']]).toEqual(['us-east-1', 'CLOUDFRONT']);
      const rules = json(acl['rule_json']) as Array<{
        Name: string;
        Priority: number;
        Statement: {
          ManagedRuleGroupStatement?: { RuleActionOverrides: { Name: string; ActionToUse: object }[] };
        };
      }>;
      expect(new Set(rules.map(({ Priority }) => Priority)).size).toBe(rules.length);
      expect(rules.map(({ Name }) => Name)).toEqual(
        expect.arrayContaining([
          'AWSManagedRulesCommonRuleSet',
          'AWSManagedRulesKnownBadInputsRuleSet',
          'rate',
        ]),
      );
      const common = rules.find(({ Name }) => Name === 'AWSManagedRulesCommonRuleSet')?.Statement;
      const counted = common?.ManagedRuleGroupStatement?.RuleActionOverrides ?? [];
      expect(counted.map(({ Name }) => Name)).toContain('SizeRestrictions_BODY');
      for (const { ActionToUse } of counted) expect(ActionToUse).toEqual({ Count: {} });
    });

    it('writes access logs into a bucket that forgets them after 90 days', () => {
      const logs = all('aws_s3_bucket').find(({ address }) => address.includes('module.logs'))?.values;
      expect(distribution()['logging_config']).toMatchObject([
        { bucket: logs?.['bucket_regional_domain_name'] },
      ]);
      const lifecycle = values('aws_s3_bucket_lifecycle_configuration', 'module.logs');
      expect(JSON.stringify(lifecycle['rule'])).toMatch(/"days":90/);
    });

    it('leads /api/* to the app uncached, with every method', () => {
      const behaviors = distribution()['ordered_cache_behavior'] as Values[];
      expect(behaviors.map(({ path_pattern: path }) => path)).toEqual(['/api/*']);
      expect(behaviors[0]?.['allowed_methods']).toEqual(expect.arrayContaining(['POST', 'DELETE']));
    });

    it('sends a Content-Security-Policy and HSTS', () => {
      const { security_headers_config: headers } = values('aws_cloudfront_response_headers_policy');
      expect(JSON.stringify(headers)).toMatch(/frame-ancestors 'none'/);
      expect(JSON.stringify(headers)).toMatch(/"access_control_max_age_sec":31536000/);
    });
  });

  it('the network has three zones, each with a way out of its own, and endpoints', () => {
    expect(all('aws_subnet')).toHaveLength(6);
    expect(all('aws_nat_gateway')).toHaveLength(3);
    expect(all('aws_route').filter(({ address }) => address.includes('.nat['))).toHaveLength(3);
    const endpoints = all('aws_vpc_endpoint').map(
      (one) => String(one.values['service_name']).split('us-west-2.')[1],
    );
    expect(endpoints.sort()).toEqual(['ecr.api', 'ecr.dkr', 'logs', 's3', 'secretsmanager']);
  });

  it('the database is in two zones, refuses a connection without TLS, and tells its address', () => {
    expect(values('aws_db_instance')).toMatchObject({
      multi_az: true,
      backup_retention_period: 14,
      engine: 'postgres',
    });
    expect(values('aws_db_parameter_group')['parameter']).toMatchObject([
      { name: 'rds.force_ssl', value: '1' },
    ]);
    expect(Object.keys(passed('make').outputs['app_variables'] as object)).toEqual(
      expect.arrayContaining(['DATABASE_HOST', 'DATABASE_SSLMODE', 'QDRANT_URL']),
    );
  });

  it('Qdrant is on a volume that outlives task and instance, behind its key and a private name', () => {
    expect(values('aws_ebs_volume')).toMatchObject({ type: 'gp3', encrypted: true, size: 100 });
    const [container] = json(values('aws_ecs_task_definition', 'vector_store')['container_definitions']);
    expect(container.secrets).toEqual([{ name: 'QDRANT__SERVICE__API_KEY', valueFrom: expect.any(String) }]);
    expect(all('aws_route53_zone').map((one) => one.values['vpc'])).toMatchObject([[expect.anything()]]);
    expect(String(values('aws_instance')['user_data'])).toContain('snapshots');
  });

  it('the dashboard shows all that the guide watches, and each release beside requests and latency', () => {
    const { widgets } = json(values('aws_cloudwatch_dashboard')['dashboard_body']) as {
      widgets: { properties: { title: string; metrics: unknown } }[];
    };
    const shown = widgets.map(({ properties }) => JSON.stringify(properties));
    for (const what of [
      /5xxErrors.*WWHD\/Deploy.*Release/,
      /RequestLatency.*p95.*WWHD\/Deploy.*Release/,
      /TokenUsage/,
      /RunningTaskCount.*CPUUtilization.*MemoryUtilization/,
      /AWS\/RDS/,
      /DiskUsed/,
      /AWS\/CloudFront/,
    ])
      expect(
        shown.some((text) => what.test(text)),
        String(what),
      ).toBe(true);
  });
});

it.skipIf(skip)(
  "is called from a root of one's own, several times if need be",
  async () => {
    const lab = await startTerraform('terraform', (path, text) =>
      path === 'environments/dev/main.tf'
        ? text.replace('module "environment" {', 'module "environment" {\n  for_each = toset(["one"])')
        : path === 'environments/dev/outputs.tf'
          ? text.replaceAll('module.environment.', 'module.environment["one"].')
          : text,
    );
    try {
      const init = await lab.run('environments/dev', 'init', '-backend=false', '-input=false');
      expect(init.code, init.said).toBe(0);
      const { code, said } = await lab.run('environments/dev', 'validate');
      expect(code, said).toBe(0);
    } finally {
      await lab.stop();
    }
  },
  240_000,
);

it.skipIf(skip).each(['bootstrap', 'shared'])(
  '%s is made by one apply of its example values, and a second plan has nothing to do',
  async (folder) => {
    const lab = await startTerraform();
    try {
      const values = readFileSync(join(root, 'infra/terraform', folder, 'terraform.tfvars.example'), 'utf8');
      const file = testFile({}, ['make', 'apply'], ['again', 'plan']).replace(
        'variables {\n}',
        `variables {\n${values}}`,
      );
      const runs = await lab.test(folder, { lab: file });
      for (const name of ['make', 'again']) {
        const run = runs.get(`lab/${name}`);
        expect([name, run?.status, run?.problems]).toEqual([name, 'pass', []]);
      }
      expect(changed(runs.get('lab/again')?.changes ?? [])).toEqual([]);
      const outputs = runs.get('lab/make')?.outputs ?? {};
      if (folder === 'bootstrap')
        expect(outputs['backend']).toMatch(/^bucket = "[^"]+"\nregion = "us-west-2"\n$/);
      else expect(Object.keys(outputs).sort()).toEqual(['ecr_repository', 'release_bucket']);
    } finally {
      await lab.stop();
    }
  },
  240_000,
);
