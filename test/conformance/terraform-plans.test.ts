// infra/terraform by Terraform itself, over made-up answers of AWS: what is made, what a second plan would do, and what nobody
// can take away by leaving something out.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import { type Resource, type Run, startTerraform, type TerraformLab } from '../support/terraform.ts';
import { changed, environment, TARGETS, taken, testFile } from '../support/terraform-environment.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: Terraform on its own configuration needs WWHD_CONFORMANCE=1');
const skip = missingTools('Terraform on its own configuration', ['terraform']) || !asked;
const MODULE = 'modules/environment';

/** Every variable that may be left out, given. */
const GIVEN = {
  alarm_email: 'ops@example.com',
  alarm_topics: ['arn:aws:sns:us-west-2:123456789012:ops'],
  app_statements: [{ Sid: 'Model', Effect: 'Allow', Action: ['bedrock:InvokeModel'], Resource: ['*'] }],
  budget_emails: ['ops@example.com'],
  database_password: 'made-up-for-a-test',
  database_password_version: 1,
  health_check_path: '/healthz',
  max_p95_latency: 900,
  metrics_namespace: 'Mine',
  port: 8080,
  strategy: { type: 'blue-green', gate: true },
  postgres: { instance_class: 'db.t4g.small', multi_az: false, backup_days: 7 },
};
const WHOLE = {
  ...environment('ecs', 'ecs-express', 'apprunner'),
  database: 'postgres',
  qdrant: { instance_type: 't4g.medium', storage_gib: 50 },
  network: { zones: 3, nat: 'per-zone', interface_endpoints: true },
  site: {
    cloudfront: true,
    waf: true,
    api: true,
    domains: ['www.example.com', 'example.com'],
    single_page_app: true,
    pages: ['/about'],
  },
  api_domain: 'api.example.com',
  preview_domain: 'preview.example.com',
  zone_id: 'Z1',
  monthly_budget: 500,
};

describe.skipIf(skip)('infra/terraform, planned and applied over made-up answers', () => {
  let lab: TerraformLab;
  beforeAll(async () => {
    lab = await startTerraform();
  });
  afterAll(() => lab?.stop());

  const play = async (variables: object, ...runs: Parameters<typeof testFile>[1][]) => {
    const file = testFile(variables as Record<string, unknown>, ...runs);
    const all = await lab.test(MODULE, { lab: file });
    return (name: string): Run => {
      const found = all.get(`lab/${name}`);
      if (!found)
        throw new Error(`no run ${name}: ${[...all.values()].flatMap((r) => r.problems).join('\n')}`);
      return found;
    };
  };
  const passed = (run: Run): Run => {
    expect(run.problems).toEqual([]);
    expect(run.status).toBe('pass');
    return run;
  };

  describe('with everything that it can make', () => {
    // Without these Terraform refuses: the table of refusals below has them.
    const optional = Object.keys(GIVEN).filter((name) => !['budget_emails', 'postgres'].includes(name));
    let run: (name: string) => Run;
    beforeAll(async () => {
      run = await play(
        { ...WHOLE, ...GIVEN },
        ['make', 'apply'],
        ['again', 'plan'],
        ...optional.map((name) => [`without_${name}`, 'plan', { [name]: defaultOf(name) }] as const),
        ['port', 'plan', { port: 9000 }],
        [
          'size',
          'plan',
          {
            size: {
              cpu: 4096,
              memory: 8192,
              min_instances: 3,
              max_instances: 12,
              target_cpu: 50,
              max_concurrency: 10,
            },
          },
        ],
        ['moved', 'plan', { live_target: 'ecs-express' }],
        ['network', 'plan', { network: { zones: 3, nat: 'none', interface_endpoints: true } }],
        ['zone', 'plan', { network: { zones: 2, nat: 'per-zone', interface_endpoints: true } }],
      );
    }, 600_000);

    it('is made whole, and a second plan has nothing to do', () => {
      expect(passed(run('make')).resources.length).toBeGreaterThan(150);
      expect(changed(passed(run('again')).changes)).toEqual([]);
    });

    it.each(optional)('nothing of worth goes when %s is left out', (name) => {
      const gone = taken(passed(run(`without_${name}`)).changes);
      // The topic of the address that is no longer told, the policy that is no longer asked for, and Terraform's word for a value
      // that stays in its secret: AWS never takes the label AWSCURRENT off.
      const small = /aws_sns_topic|aws_iam_role_policy|aws_secretsmanager_secret_version/;
      expect(gone.filter((address) => !small.test(address))).toEqual([]);
    });

    it('every variable that may be left out is tried', () => {
      const text = readFileSync(join(root, 'infra/terraform', MODULE, 'variables.tf'), 'utf8');
      const blocks = [...text.matchAll(/variable "(\w+)" \{[\s\S]*?\n\}/g)];
      const found = blocks.filter(([block]) => /\n {2}default +=/.test(block)).map((m) => m[1]);
      expect(found.sort()).toEqual(Object.keys(GIVEN).sort());
    });

    it.each([
      ['another port', 'port'],
      ['other sizes', 'size'],
    ])("%s is deploy-backend's: a plan changes nothing", (_what, name) => {
      expect(changed(passed(run(name)).changes)).toEqual([]);
    });

    it('a VPC that loses its NAT gateways, or a zone, takes nothing away that holds data or is being used', () => {
      const network = /\.aws_(eip|nat_gateway|route|route_table|route_table_association|subnet)\./;
      for (const name of ['network', 'zone'])
        expect(
          taken(passed(run(name)).changes).filter((address) => !network.test(address)),
          name,
        ).toEqual(name === 'network' ? [expect.stringContaining('aws_apprunner_vpc_connector')] : []);
    });

    it('another live target takes no service away', () => {
      expect(taken(passed(run('moved')).changes)).toEqual([]);
    });

    it('has addresses that can be opened', () => {
      const { outputs } = passed(run('make'));
      expect(outputs['api_url']).toBe('https://api.example.com');
      expect(outputs['site_url']).toBe('https://www.example.com');
      expect(run('moved').problems).toEqual([]);
    });

    it('has the budget of this environment, by its tag, for what is spent and what will be', () => {
      const [budget] = ofType(run('make'), 'aws_budgets_budget');
      expect(budget?.values['cost_filter']).toEqual([
        { name: 'TagKeyValue', values: ['user:Stack$wwhd-production'] },
      ]);
      const notifications = budget?.values['notification'] as Record<string, unknown>[];
      expect(notifications.map((one) => one['notification_type']).sort()).toEqual(['ACTUAL', 'FORECASTED']);
      for (const one of notifications) expect(one['subscriber_email_addresses']).toEqual(['ops@example.com']);
    });

    it('has HighLatency and HighErrorRate on every target, and native alarms on ECS', () => {
      const named = ofType(run('make'), 'aws_cloudwatch_metric_alarm').map((one) =>
        String(one.values['alarm_name']),
      );
      for (const target of ['apprunner', 'ecs', 'express'])
        expect(named).toEqual(
          expect.arrayContaining([
            `wwhd-production-${target}-5xx-rate`,
            `wwhd-production-${target}-p95-latency`,
          ]),
        );
      expect(named).toEqual(
        expect.arrayContaining(
          ['api-certificate', 'site-certificate', 'database-storage', 'qdrant-disk'].map(
            (n) => `wwhd-production-${n}`,
          ),
        ),
      );
      const service = ofType(run('make'), 'aws_ecs_service').find((one) =>
        one.address.includes('module.ecs'),
      );
      expect(service?.values['alarms']).toEqual([
        {
          alarm_names: ['wwhd-production-ecs-5xx-rate', 'wwhd-production-ecs-p95-latency'],
          enable: true,
          rollback: true,
        },
      ]);
    });

    it('keeps every bucket private, and deletes nothing current but logs and snapshots', () => {
      const buckets = ofType(run('make'), 'aws_s3_bucket');
      expect(ofType(run('make'), 'aws_s3_bucket_public_access_block')).toHaveLength(buckets.length);
      for (const { values } of ofType(run('make'), 'aws_s3_bucket_public_access_block'))
        expect(values).toMatchObject({
          block_public_acls: true,
          block_public_policy: true,
          ignore_public_acls: true,
          restrict_public_buckets: true,
        });
      const expiring = ofType(run('make'), 'aws_s3_bucket_lifecycle_configuration')
        .filter(({ values }) => JSON.stringify(values['rule']).match(/"days":[1-9]/))
        .map(({ address }) => address.replace(/.*module\.(\w+).*/, '$1'));
      expect(expiring.sort()).toEqual(['logs', 'snapshots']);
    });

    it('is protected: nothing that holds data can be destroyed by a command', () => {
      const of = (type: string) => ofType(run('make'), type).map((one) => one.values);
      for (const one of of('aws_lb')) expect(one['enable_deletion_protection']).toBe(true);
      for (const one of of('aws_db_instance'))
        expect(one).toMatchObject({
          deletion_protection: true,
          skip_final_snapshot: false,
          storage_encrypted: true,
          publicly_accessible: false,
          manage_master_user_password: true,
        });
      for (const one of of('aws_instance')) expect(one['disable_api_termination']).toBe(true);
      const forced = ofType(run('make'), 'aws_s3_bucket').filter(
        (one) => one.values['force_destroy'] === true,
      );
      expect(forced.map((one) => one.address).every((address) => address.includes('previews'))).toBe(true);
    });
  });

  it.each(TARGETS)('stands with %s alone, and a second plan has nothing to do', async (target) => {
    const run = await play(environment(target), ['make', 'apply'], ['again', 'plan']);
    const { outputs } = passed(run('make'));
    expect(String(outputs['api_url'])).toMatch(
      target === 'ecs' ? /^http:\/\/\w/ : /^https:\/\/(?!https?:)\w/,
    );
    expect(outputs['alarms']).toHaveLength(2);
    expect(outputs['variables']).toHaveProperty('SERVICE_ARN');
    expect(changed(passed(run('again')).changes)).toEqual([]);
  });

  it('stands as a site alone', async () => {
    const run = await play({ ...environment(), secret_names: [] }, ['make', 'apply']);
    const { outputs } = passed(run('make'));
    expect(outputs).toMatchObject({ alarms: [] });
    expect(outputs['api_url']).toBeUndefined();
  });

  it('a service waits for the policies of its roles', () => {
    for (const target of ['service-express', 'service-ecs', 'service-apprunner']) {
      const text = readFileSync(join(root, 'infra/terraform/modules', target, 'main.tf'), 'utf8');
      const roles = target === 'service-apprunner' ? ['access', 'instance'] : ['execution', 'task'];
      const waits = [...text.matchAll(/depends_on = \[([^\]]*)\]/g)].map((m) => m[1] ?? '');
      for (const role of roles)
        expect(
          waits.some((list) => list.includes(`aws_iam_role_policy.${role}`)),
          target,
        ).toBe(true);
    }
  });

  describe('what cannot work is refused before anything is made', () => {
    const REFUSED = [
      [
        'a target that there is not',
        { targets: ['lambda'], live_target: 'lambda' },
        /Use apprunner, ecs or ecs-express/,
      ],
      ['a live target that is not there', { live_target: 'ecs' }, /Name one of targets/],
      ['a name that RDS and the load balancer refuse', { name: 'wwhd--a' }, /single hyphens/],
      ['a name that no load balancer takes', { name: 'internal' }, /begins with internal/],
      ['a name that does not fit', { environment: 'production-europe' }, /fits whole/],
      [
        'a wildcard for a repository',
        { github: { repository: 'team/*', owner_id: 1, repository_id: 2 } },
        /wildcard/,
      ],
      ['a budget that tells nobody', { monthly_budget: 5 }, /tells nobody/],
      ['PostgreSQL without a size', { database: 'postgres' }, /Give the database's size/],
      [
        'a password for no database',
        { database_password: 'made-up-for-a-test', database_password_version: 1 },
        /Only PostgreSQL has a password/,
      ],
      ['a password that can be guessed', { database_password: 'short' }, /16 characters or more/],
      ['SQLite where there is no volume', { database: 'sqlite' }, /SQLite is for the target ecs alone/],
      [
        'SQLite with two writers',
        { database: 'sqlite', targets: ['ecs'], live_target: 'ecs' },
        /max_instances = 1/,
      ],
      [
        'a domain of the API without ECS',
        { api_domain: 'api.example.com', zone_id: 'Z1' },
        /is for the target ecs/,
      ],
      ['previews without a zone', { preview_domain: 'preview.example.com' }, /zone/],
      [
        'a WAF without CloudFront',
        {
          site: { cloudfront: false, waf: true, api: false, domains: [], website_cidrs: ['203.0.113.0/24'] },
        },
        /WAF guards CloudFront/,
      ],
      [
        'no CloudFront and no reader',
        { site: { cloudfront: false, waf: false, api: false, domains: [] } },
        /nobody could read the site/,
      ],
      [
        'a website for the world',
        { site: { cloudfront: false, waf: false, api: false, domains: [], website_cidrs: ['0.0.0.0/0'] } },
        /\/8 or smaller/,
      ],
      [
        'clean URLs of another kind',
        { site: { cloudfront: true, waf: false, api: false, domains: [], clean_urls: 'slash' } },
        /folder, file and none/,
      ],
      [
        'a page that is no address',
        { site: { cloudfront: true, waf: false, api: false, domains: [], pages: ['about/'] } },
        /begins with \//,
      ],
      [
        'sizes that nobody offers',
        { size: { cpu: 512, memory: 8192, min_instances: 1, max_instances: 1 } },
        /two to eight times/,
      ],
      [
        'Qdrant without its key',
        { qdrant: { instance_type: 't4g.small', storage_gib: 20 }, secret_names: [] },
        /qdrant_key/,
      ],
      ["an environment that is another role's", { environment: 'plan' }, /other roles/],
    ] as const satisfies readonly (readonly [string, object, RegExp])[];
    let runs: ReadonlyMap<string, Run>;
    beforeAll(async () => {
      const files = REFUSED.map(([, change], index) => [
        `case${index}`,
        testFile({ ...environment('ecs-express'), ...change }, ['refused', 'plan']),
      ]);
      runs = await lab.test(MODULE, Object.fromEntries(files) as Record<string, string>);
    }, 600_000);

    it.each(REFUSED.map(([what, , message], index) => [what, message, index] as const))(
      '%s',
      (_what, message, index) => {
        const run = runs.get(`case${index}/refused`);
        expect(run?.status).toBe('error');
        expect(run?.problems.join('\n').replaceAll(/\s+/g, ' ')).toMatch(message);
      },
    );
  });

  /** What Terraform takes for a variable that is left out. */
  function defaultOf(name: string): unknown {
    const text = readFileSync(join(root, 'infra/terraform', MODULE, 'variables.tf'), 'utf8');
    const block = new RegExp(`variable "${name}" \\{[\\s\\S]*?\\n\\}`).exec(text)?.[0] ?? '';
    const found = /\n {2}default {5}= (.*)/.exec(block.replaceAll(/default +=/g, 'default     ='))?.[1];
    if (found === undefined) throw new Error(`${name} has no default`);
    return JSON.parse(found);
  }
  function ofType(run: Run, type: string): Resource[] {
    return run.resources.filter((one) => one.type === type && one.mode === 'managed');
  }
});
