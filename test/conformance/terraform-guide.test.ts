// What the deployment guide names in numbers and names: the alarm on latency, the mail that alarms send, the bill divided by tags,
// and SQLite's one task, each as Terraform makes it over made-up answers.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Resource, type Run, startTerraform, type TerraformLab } from '../support/terraform.ts';
import { environment, TARGETS, testFile } from '../support/terraform-environment.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: Terraform on its own configuration needs WWHD_CONFORMANCE=1');
const skip = missingTools('what the guide names', ['terraform']) || !asked;

const MAIL = { alarm_email: 'ops@example.com' };
/** With a site whose certificate, and so its alarm, is in us-east-1. */
const WATCHED = {
  ...environment(...TARGETS),
  site: { cloudfront: true, waf: false, api: false, domains: ['www.example.com'] },
  zone_id: 'Z1',
};
/** Where a resource is: the provider's own region is not said again. */
const regionOf = (values: Resource['values']) => String(values['region'] ?? 'us-west-2');
/** Dev's: a service that would have two tasks, where SQLite did not hold it to one. */
const SQLITE = {
  ...environment('ecs'),
  database: 'sqlite',
  size: { cpu: 512, memory: 1024, min_instances: 1, max_instances: 1 },
};

/** Passes where the run did. @returns its managed resources of a type */
function made(run: Run | undefined, type: string): readonly Resource[] {
  expect([run?.status, run?.problems]).toEqual(['pass', []]);
  return run?.resources.filter((one) => one.type === type && one.mode === 'managed') ?? [];
}

describe.skipIf(skip)('what the guide names', () => {
  let lab: TerraformLab;
  let runs: ReadonlyMap<string, Run>;
  beforeAll(async () => {
    lab = await startTerraform();
    runs = await lab.test('modules/environment', {
      alarms: testFile(
        WATCHED,
        ['quiet', 'apply'],
        ['told', 'apply', MAIL],
        ['quicker', 'apply', { ...MAIL, max_p95_latency: 900 }],
      ),
      sqlite: testFile(SQLITE, ['make', 'apply']),
      rolling: testFile(environment('ecs'), ['make', 'apply']),
    });
  }, 300_000);
  afterAll(() => lab?.stop());

  const latencies = (name: string) =>
    Object.fromEntries(
      made(runs.get(`alarms/${name}`), 'aws_cloudwatch_metric_alarm')
        .filter(({ values }) => String(values['alarm_name']).endsWith('-p95-latency'))
        .map(({ values }) => [values['alarm_name'], [values['metric_name'], values['threshold']]]),
    );

  // TargetResponseTime is in seconds, App Runner's RequestLatency and the app's own in milliseconds.
  it.each([
    ['left out', 'quiet', 5000],
    ['given', 'quicker', 900],
  ])('HighLatency with max_p95_latency %s, in the unit of each metric', (_what, name, ms) => {
    expect(latencies(name)).toEqual({
      'wwhd-production-apprunner-p95-latency': ['RequestLatency', ms],
      'wwhd-production-ecs-p95-latency': ['TargetResponseTime', ms / 1000],
      'wwhd-production-express-p95-latency': ['RequestLatency', ms],
    });
  });

  it('alarm_email makes a topic and its mail in each region that has alarms, and every alarm tells one', () => {
    const told = runs.get('alarms/told');
    const topics = made(told, 'aws_sns_topic').map(
      ({ values }) => [regionOf(values), values['arn']] as const,
    );
    expect(topics.map(([region]) => region).sort()).toEqual(['us-east-1', 'us-west-2']);
    const mails = made(told, 'aws_sns_topic_subscription').map(({ values }) => values);
    expect(new Map(mails.map((mail) => [regionOf(mail), mail['topic_arn']]))).toEqual(new Map(topics));
    for (const mail of mails) expect(mail).toMatchObject({ protocol: 'email', endpoint: MAIL.alarm_email });
    const alarms = made(told, 'aws_cloudwatch_metric_alarm');
    expect(new Set(alarms.map(({ values }) => regionOf(values)))).toEqual(
      new Set(['us-west-2', 'us-east-1']),
    );
    for (const { address, values } of alarms)
      expect([address, values['alarm_actions']]).toEqual([address, [new Map(topics).get(regionOf(values))]]);
  });

  it('without it there is no topic, and the alarms ring for nobody', () => {
    const quiet = runs.get('alarms/quiet');
    expect(made(quiet, 'aws_sns_topic')).toEqual([]);
    expect(made(quiet, 'aws_sns_topic_subscription')).toEqual([]);
    const alarms = made(quiet, 'aws_cloudwatch_metric_alarm');
    expect(alarms.length).toBeGreaterThan(6);
    for (const { values } of alarms) expect(values['alarm_actions'] ?? []).toEqual([]);
  });

  describe('SQLite on EFS', () => {
    const one = (name: string, type: string) => {
      const found = made(runs.get(`${name}/make`), type);
      expect(found.map(({ address }) => address)).toHaveLength(1);
      return (found[0] as Resource).values;
    };

    it('has one task, which stops before the next one starts; anything else rolls', () => {
      expect(one('sqlite', 'aws_ecs_service')).toMatchObject({
        desired_count: 1,
        deployment_minimum_healthy_percent: 0,
        deployment_maximum_percent: 100,
        availability_zone_rebalancing: 'DISABLED',
        deployment_configuration: [{ strategy: 'ROLLING' }],
      });
      expect(one('sqlite', 'aws_appautoscaling_target')).toMatchObject({ min_capacity: 1, max_capacity: 1 });
      expect(one('rolling', 'aws_ecs_service')).toMatchObject({
        desired_count: 2,
        deployment_minimum_healthy_percent: 100,
        deployment_maximum_percent: 200,
      });
    });

    it('is mounted where the app is told that its file is, encrypted there and on the way', () => {
      const revision = one('sqlite', 'aws_ecs_task_definition');
      const [container] = JSON.parse(String(revision['container_definitions']));
      expect(container.mountPoints).toEqual([
        { sourceVolume: 'data', containerPath: '/data', readOnly: false },
      ]);
      expect(runs.get('sqlite/make')?.outputs['app_variables']).toMatchObject({
        DATABASE_URL: 'sqlite:////data/app.db',
      });
      expect(revision['volume']).toMatchObject([
        {
          name: 'data',
          efs_volume_configuration: [
            { transit_encryption: 'ENABLED', authorization_config: [{ iam: 'ENABLED' }] },
          ],
        },
      ]);
      expect(one('sqlite', 'aws_efs_file_system')['encrypted']).toBe(true);
      expect(one('sqlite', 'aws_efs_backup_policy')['backup_policy']).toEqual([{ status: 'ENABLED' }]);
    });
  });
});

it.skipIf(skip)(
  'shared/ makes Project, Environment and Stack cost allocation tags, once they are billed',
  async () => {
    const lab = await startTerraform();
    try {
      const given = { name: 'wwhd', region: 'us-west-2', cost_allocation_tags: false };
      const runs = await lab.test('shared', {
        tags: testFile(given, ['first', 'apply'], ['billed', 'apply', { cost_allocation_tags: true }]),
      });
      const tags = (name: string) =>
        made(runs.get(`tags/${name}`), 'aws_ce_cost_allocation_tag').map(({ values }) => [
          values['tag_key'],
          values['status'],
        ]);
      expect(tags('first')).toEqual([]);
      expect(tags('billed').sort()).toEqual([
        ['Environment', 'Active'],
        ['Project', 'Active'],
        ['Stack', 'Active'],
      ]);
    } finally {
      await lab.stop();
    }
  },
  240_000,
);
