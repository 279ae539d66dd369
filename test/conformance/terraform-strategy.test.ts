// The variable `strategy` of infra/terraform's target ecs, by Terraform itself: what a release goes through, changed at any time
// and in place.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Change,
  type Resource,
  type Run,
  startTerraform,
  type TerraformLab,
} from '../support/terraform.ts';
import { changed, environment, taken, testFile } from '../support/terraform-environment.ts';
import { missingTools } from '../support/tools.ts';

const asked = process.env['WWHD_CONFORMANCE'] === '1';
if (!asked) console.log('skipped: Terraform on its own configuration needs WWHD_CONFORMANCE=1');
const skip = missingTools('the strategies of the target ecs', ['terraform']) || !asked;
const MODULE = 'modules/environment';
const SERVICE = 'module.ecs["ecs"].aws_ecs_service.api';
type Values = Readonly<Record<string, unknown>>;

const PAUSE = {
  lifecycle_stages: ['POST_TEST_TRAFFIC_SHIFT'],
  target_type: 'PAUSE',
  timeout_configuration: [{ action: 'ROLLBACK', timeout_in_minutes: '30' }],
};
/** A value of the variable, and the service's deployment configuration. */
const STRATEGIES = [
  ['rolling', { type: 'rolling' }, { strategy: 'ROLLING', bake_time_in_minutes: null, lifecycle_hook: [] }],
  [
    'blue_green',
    { type: 'blue-green', gate: true },
    { strategy: 'BLUE_GREEN', bake_time_in_minutes: '5', lifecycle_hook: [expect.objectContaining(PAUSE)] },
  ],
  [
    'canary',
    { type: 'canary', step_percent: 10, step_minutes: 7, bake_minutes: 3 },
    {
      strategy: 'CANARY',
      bake_time_in_minutes: '3',
      canary_configuration: [{ canary_percent: 10, canary_bake_time_in_minutes: '7' }],
      linear_configuration: [],
      lifecycle_hook: [],
    },
  ],
  [
    'linear',
    { type: 'linear', step_minutes: 2 },
    {
      strategy: 'LINEAR',
      linear_configuration: [{ step_percent: 25, step_bake_time_in_minutes: '2' }],
      canary_configuration: [],
      lifecycle_hook: [],
    },
  ],
] as const;

const GATED = STRATEGIES[1];

/** A set has no order. */
const WEIGHTS = expect.arrayContaining([
  expect.objectContaining({ weight: 100 }),
  expect.objectContaining({ weight: 0 }),
]);

const REFUSED = [
  ['another word', { strategy: { type: 'bluegreen' } }, /rolling, blue-green, canary or linear/],
  [
    'another target',
    { strategy: { type: 'canary' }, targets: ['ecs-express'], live_target: 'ecs-express' },
    /is for the target ecs/,
  ],
  [
    'two writers of SQLite',
    {
      strategy: { type: 'blue-green' },
      database: 'sqlite',
      size: { cpu: 512, memory: 1024, min_instances: 1, max_instances: 1 },
    },
    /one writer/,
  ],
  ['a gate where there is no moment for it', { strategy: { gate: true } }, /A gate needs blue-green/],
  ['a gate that nobody answers', { strategy: { type: 'canary', gate: true } }, /A gate needs blue-green/],
  ['a gate for ever', { strategy: { type: 'blue-green', gate: true, gate_minutes: 30000 } }, /1 to 20160/],
  ['steps of 1 %', { strategy: { type: 'linear', step_percent: 1 } }, /linear \(3 to 100\)/],
  ['a step all at once', { strategy: { type: 'blue-green', step_percent: 5 } }, /step_percent is for/],
] as const satisfies readonly (readonly [string, object, RegExp])[];

describe.skipIf(skip)('the strategy of the target ecs', () => {
  let lab: TerraformLab;
  const runs = new Map<string, Run>();
  beforeAll(async () => {
    lab = await startTerraform();
    const base = { ...environment('ecs'), zone_id: 'Z1' };
    const files = [
      [
        'base',
        testFile(
          base,
          ['make', 'apply'],
          ...STRATEGIES.map(([name, strategy]) => [name, 'plan', { strategy }] as const),
          ['domain', 'plan', { api_domain: 'api.example.com' }],
        ),
      ],
      ['gated', testFile({ ...base, strategy: GATED[1] }, ['make', 'apply'], ['again', 'plan'])],
      ...REFUSED.map(
        ([, change], at) => [`refused${at}`, testFile({ ...base, ...change }, ['plan', 'plan'])] as const,
      ),
    ];
    for (const [name, run] of await lab.test(MODULE, Object.fromEntries(files))) runs.set(name, run);
  }, 900_000);
  afterAll(() => lab?.stop());

  const passed = (name: string): Run => {
    const run = runs.get(name);
    expect([name, run?.status, run?.problems]).toEqual([name, 'pass', []]);
    return run as Run;
  };
  const configurationOf = (values: Values | null | undefined) =>
    (values?.['deployment_configuration'] as Values[] | undefined)?.[0];
  const one = (run: Run, address: string): Resource => {
    const found = run.resources.find((resource) => resource.address === address);
    if (!found) throw new Error(`no ${address} in ${run.resources.map((r) => r.address).join('\n')}`);
    return found;
  };
  const changeOf = (run: Run, address: string): Change | undefined =>
    run.changes.find((change) => change.address === address);

  it.each(STRATEGIES)(
    '%s is a change of the service in place, and of nothing else',
    (name, _variable, wanted) => {
      const run = passed(`base/${name}`);
      expect(changed(run.changes)).toEqual(name === 'rolling' ? [] : [SERVICE]);
      expect(taken(run.changes)).toEqual([]);
      if (name === 'rolling') return;
      const after = changeOf(run, SERVICE)?.change.after;
      expect(configurationOf(after)).toMatchObject(wanted);
      // The circuit breaker is for rolling deployments alone; alarms guard all of them.
      expect(after?.['deployment_circuit_breaker']).toEqual([{ enable: false, rollback: false }]);
      expect(after?.['alarms']).toMatchObject([{ enable: true, rollback: true }]);
    },
  );

  it('a gated one is made by one apply, and a second plan has nothing to do', () => {
    expect(configurationOf(one(passed('gated/make'), SERVICE).values)).toMatchObject(GATED[2]);
    expect(changed(passed('gated/again').changes)).toEqual([]);
  });

  it('two target groups with names of their own, and two rules that forward to both, before the service is made', () => {
    const { resources } = passed('base/make');
    const groups = resources.filter(({ type }) => type === 'aws_lb_target_group').map(({ values }) => values);
    expect(new Set(groups.map(({ name }) => name)).size).toBe(2);
    for (const { name } of groups) expect(String(name)).toMatch(/^[a-z0-9][a-z0-9-]{0,30}[a-z0-9]$/);
    const rule = (key: string) =>
      one(passed('base/make'), `module.ecs["ecs"].aws_lb_listener_rule.api["${key}"]`).values;
    for (const key of ['production', 'test'])
      expect(rule(key)['action']).toMatchObject([{ type: 'forward', forward: [{ target_group: WEIGHTS }] }]);
    expect(JSON.stringify(rule('test')['condition'])).toContain('X-Candidate');
    expect(Number(rule('test')['priority'])).toBeLessThan(Number(rule('production')['priority']));
    expect(runs.get('base/make')?.outputs['candidate_headers']).toEqual({ 'X-Candidate': 'wwhd-production' });
    const advanced = (one(passed('base/make'), SERVICE).values['load_balancer'] as Values[])[0];
    expect(advanced?.['advanced_configuration']).toMatchObject([
      { alternate_target_group_arn: expect.any(String), test_listener_rule: expect.any(String) },
    ]);
  });

  it('with a domain the rules move to HTTPS', () => {
    const run = passed('base/domain');
    expect(changed(run.changes)).toEqual(
      expect.arrayContaining([
        'module.ecs["ecs"].aws_lb_listener_rule.api["production"]',
        'module.ecs["ecs"].aws_lb_listener_rule.api["test"]',
      ]),
    );
    expect(taken(run.changes)).toEqual([]);
    const rule = changeOf(run, 'module.ecs["ecs"].aws_lb_listener_rule.api["test"]')?.change.after;
    expect(JSON.stringify(rule?.['condition'])).toContain('"host_header":[{"');
    expect(JSON.stringify(rule?.['condition'])).toContain('api.example.com');
  });

  it('a healthy task counts in whichever group it is', () => {
    const alarm = one(passed('base/make'), 'module.ecs["ecs"].aws_cloudwatch_metric_alarm.unhealthy').values;
    const queries = alarm['metric_query'] as Values[];
    expect(queries).toHaveLength(3);
    expect(queries.find(({ return_data }) => return_data)?.['expression']).toBe(
      'FILL(first_group, 0) + FILL(second_group, 0)',
    );
  });

  it('may be moved by ECS alone', () => {
    const role = one(passed('base/make'), 'module.ecs["ecs"].aws_iam_role.traffic').values;
    expect(JSON.parse(String(role['assume_role_policy'])).Statement).toEqual([
      { Effect: 'Allow', Principal: { Service: 'ecs.amazonaws.com' }, Action: 'sts:AssumeRole' },
    ]);
  });

  it.each(REFUSED.map(([what, , message], at) => [what, at, message] as const))(
    '%s is refused',
    (_what, at, message) => {
      const run = runs.get(`refused${at}/plan`);
      expect(run?.status).toBe('error');
      expect(run?.problems.join('\n').replaceAll(/\s+/g, ' ')).toMatch(message);
    },
  );
});
