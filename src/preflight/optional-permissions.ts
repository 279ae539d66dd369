import type { BackendPlace, PreflightConfig } from './config.ts';
import type { Home, Needed } from './permissions.ts';

/** What the service itself says, as far as it could be read. */
export interface ServiceFacts {
  /** ARN of the task definition that runs, with its revision. */
  readonly definition?: string | undefined;
  /** Log groups of its containers. */
  readonly logGroups: readonly string[];
}

const ROTATED = 'start of the app with a secret that was rotated';
const MIGRATION = '`migrate-command`';
const SCALING = '`min-instances`, `max-instances` and `cpu-target`';
const SCAN = '`scan-gate`';

/** Pure: what some deployments need and others do not, each with what needs it. `infra/terraform` grants all of it. */
export function optionalPermissions(config: PreflightConfig, home: Home, facts: ServiceFacts): Needed[] {
  const { backend, repository } = config;
  const { partition, account, region } = home;
  const mark: Needed = {
    for: 'mark of each release on the dashboard',
    resource: '*',
    actions: ['cloudwatch:PutMetricData'],
    // The namespace of src/aws/metrics.ts.
    context: { 'cloudwatch:namespace': 'WWHD/Deploy' },
  };
  const scan: Needed = {
    for: SCAN,
    resource: `arn:${partition}:ecr:${region}:${repository?.account ?? account}:repository/${repository?.name}`,
    actions: ['ecr:DescribeImageScanFindings', 'ecr:StartImageScan'],
  };
  return [
    ...(backend || config.site ? [mark] : []),
    ...(repository ? [scan] : []),
    ...(backend ? logPermissions(facts.logGroups, home) : []),
    ...(backend?.target === 'apprunner' ? appRunnerPermissions(backend, home) : []),
    ...(backend && backend.target !== 'apprunner' ? ecsPermissions(backend, home, facts) : []),
  ];
}

function logPermissions(groups: readonly string[], { partition, account, region }: Home): Needed[] {
  return groups.map((group) => ({
    for: "line of the app's log in the diagnosis of a failed deployment",
    resource: `arn:${partition}:logs:${region}:${account}:log-group:${group}`,
    actions: ['logs:FilterLogEvents'],
  }));
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapprunner.html */
function appRunnerPermissions({ arn, name }: BackendPlace, { partition, account, region }: Home): Needed[] {
  const apprunner = `arn:${partition}:apprunner:${region}:${account}`;
  const service = arn ?? `${apprunner}:service/${name}/*`;
  const scaling = '`min-instances`, `max-instances` and `max-concurrency`';
  return [
    { for: ROTATED, resource: service, actions: ['apprunner:StartDeployment'] },
    {
      for: 'note of who else owns the service',
      resource: service,
      actions: ['apprunner:ListTagsForResource'],
    },
    { for: scaling, resource: '*', actions: ['apprunner:DescribeAutoScalingConfiguration'] },
    {
      for: scaling,
      resource: `${apprunner}:autoscalingconfiguration/*`,
      actions: ['apprunner:CreateAutoScalingConfiguration', 'apprunner:UpdateService'],
    },
    ...(arn
      ? []
      : [{ for: 'finding a service by its name', resource: '*', actions: ['apprunner:ListServices'] }]),
  ];
}

function ecsPermissions(backend: BackendPlace, home: Home, { definition }: ServiceFacts): Needed[] {
  const { target, arn, name, cluster = 'default' } = backend;
  const ecs = `arn:${home.partition}:ecs:${home.region}:${home.account}`;
  const path = arn?.split(':service/')[1] ?? `${cluster}/${name}`;
  const [own = cluster] = path.split('/');
  const service = arn ?? `${ecs}:service/${path}`;
  return [
    {
      for: 'removal of a revision that no task runs',
      resource: '*',
      actions: ['ecs:DeregisterTaskDefinition'],
    },
    ...migrationPermissions(target, definition, ecs, own),
    ...(target === 'ecs'
      ? [
          ...scalingPermissions(path, home),
          {
            for: '`gate: pause`',
            resource: `${ecs}:service-deployment/${path}/*`,
            actions: ['ecs:ContinueServiceDeployment'],
          },
          { for: '`gate: pause`', resource: '*', actions: ['elasticloadbalancing:DescribeRules'] },
        ]
      : [{ for: ROTATED, resource: service, actions: ['ecs:UpdateService'] }]),
  ];
}

/** Express keeps its own family to itself: there the migration has one beside it. */
function migrationPermissions(
  target: BackendPlace['target'],
  definition: string | undefined,
  ecs: string,
  cluster: string,
): Needed[] {
  if (!definition) return [];
  const family = definition.replace(/:\d+$/, '');
  return [
    {
      for: MIGRATION,
      resource: `${family}${target === 'ecs' ? '' : '-migrate'}:*`,
      actions: ['ecs:RunTask'],
      context: { 'ecs:cluster': `${ecs}:cluster/${cluster}` },
    },
    { for: MIGRATION, resource: `${ecs}:task/${cluster}/*`, actions: ['ecs:StopTask'] },
  ];
}

/** https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapplicationautoscaling.html */
function scalingPermissions(path: string, { partition, account, region }: Home): Needed[] {
  const of = (names: readonly string[]) => names.map((name) => `application-autoscaling:${name}`);
  return [
    { for: SCALING, resource: '*', actions: of(['DescribeScalableTargets', 'DescribeScalingPolicies']) },
    {
      for: SCALING,
      resource: `arn:${partition}:application-autoscaling:${region}:${account}:scalable-target/*`,
      actions: of([
        'RegisterScalableTarget',
        'DeregisterScalableTarget',
        'PutScalingPolicy',
        'DeleteScalingPolicy',
      ]),
      context: {
        'application-autoscaling:service-namespace': 'ecs',
        'application-autoscaling:scalable-dimension': 'ecs:service:DesiredCount',
      },
    },
    {
      // Target tracking makes and takes its alarms in the name of whoever sets it.
      for: SCALING,
      resource: `arn:${partition}:cloudwatch:${region}:${account}:alarm:TargetTracking-service/${path}-*`,
      actions: ['cloudwatch:PutMetricAlarm', 'cloudwatch:DeleteAlarms'],
    },
  ];
}
