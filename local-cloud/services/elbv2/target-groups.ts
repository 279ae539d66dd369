import type { CloudRequest } from '../../core/service.ts';
import type { Inputs, TargetDescription } from '../shapes/inputs/elbv2.ts';
import { page } from '../shapes/page.ts';
import type { GroupSettings, TargetGroup } from './model.ts';
import { checkName, sameSettings } from './names.ts';
import { type ElbStore, refuse } from './store.ts';
import type { Traffic } from './traffic.ts';

/** What CreateTargetGroup fills in for an application load balancer's group (ELB API, CreateTargetGroup). */
function complete(input: Inputs['CreateTargetGroup']): GroupSettings {
  const { Protocol, Port } = input;
  if (!Protocol || !Port) throw refuse('ValidationError', 'A protocol and a port must be specified');
  return {
    TargetType: 'instance',
    HealthCheckProtocol: input.Protocol === 'TCP' ? 'TCP' : 'HTTP',
    HealthCheckPort: 'traffic-port',
    HealthCheckEnabled: true,
    ...(input.Protocol === 'TCP' ? {} : { HealthCheckPath: '/', Matcher: { HttpCode: '200' } }),
    ...input,
    Protocol,
    Port,
    HealthCheckIntervalSeconds: input.HealthCheckIntervalSeconds ?? 30,
    HealthCheckTimeoutSeconds: input.HealthCheckTimeoutSeconds ?? 5,
    HealthyThresholdCount: input.HealthyThresholdCount ?? 5,
    UnhealthyThresholdCount: input.UnhealthyThresholdCount ?? 2,
  };
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html */
const ATTRIBUTES = {
  'deregistration_delay.timeout_seconds': '300',
  'load_balancing.algorithm.type': 'round_robin',
  'slow_start.duration_seconds': '0',
  'stickiness.enabled': 'false',
};

/** What each attribute may be. */
const ALLOWED: Readonly<Record<string, (value: string) => boolean>> = {
  'deregistration_delay.timeout_seconds': (value) => inRange(value, 0, 3600),
  'load_balancing.algorithm.type': (value) =>
    ['round_robin', 'least_outstanding_requests', 'weighted_random'].includes(value),
  'slow_start.duration_seconds': (value) => value === '0' || inRange(value, 30, 900),
  'stickiness.enabled': (value) => ['true', 'false'].includes(value),
};

const inRange = (value: string, from: number, to: number): boolean =>
  /^\d+$/.test(value) && Number(value) >= from && Number(value) <= to;

function check(input: GroupSettings): void {
  if (!input.VpcId) throw refuse('ValidationError', 'A VPC ID must be specified');
  if (!['HTTP', 'HTTPS', 'TCP'].includes(input.Protocol))
    throw refuse('InvalidConfigurationRequest', `The local cloud has no target groups of ${input.Protocol}`);
  if (input.HealthCheckTimeoutSeconds >= input.HealthCheckIntervalSeconds)
    throw refuse('ValidationError', 'Health check interval must be greater than the timeout.');
  const { HealthCheckPath: path, Matcher: matcher } = input;
  if (path !== undefined && !path.startsWith('/'))
    throw refuse('ValidationError', `Health check path '${path}' must begin with a '/'`);
  for (const code of matcher?.HttpCode?.match(/\d+/g) ?? [])
    if (Number(code) < 200 || Number(code) > 499)
      throw refuse(
        'ValidationError',
        `Health check matcher HTTP code '${code}' must be within '200-499' inclusive`,
      );
}

export function targetGroupOperations(store: ElbStore, traffic: Traffic) {
  const describe = (group: TargetGroup) => {
    const { Tags: _tags, ...shown } = group.input;
    return {
      TargetGroupArn: group.arn,
      TargetGroupName: group.name,
      ...shown,
      Name: undefined,
      LoadBalancerArns: store.balancersOf(group),
    };
  };
  const attributes = (group: TargetGroup) => ({
    Attributes: Object.entries(group.attributes).map(([Key, Value]) => ({ Key, Value })),
  });
  const resource = (input: { readonly TargetGroupArn?: string; readonly Name?: string }) =>
    input.TargetGroupArn ?? input.Name;
  return {
    CreateTargetGroup: {
      resource,
      run: (input: Inputs['CreateTargetGroup'], request: CloudRequest) => {
        checkName('Target group', input.Name);
        const settings = complete(input);
        check(settings);
        const known = [...store.groups.values()].find(
          (one) => one.name === input.Name && one.region === request.region,
        );
        if (known && sameSettings(known.input, settings)) return { TargetGroups: [describe(known)] };
        if (known)
          throw refuse(
            'DuplicateTargetGroupName',
            `A target group with the same name '${input.Name}' exists, but with different settings`,
          );
        const group: TargetGroup = {
          arn: store.arn(request.region, `targetgroup/${input.Name}/${store.newId()}`),
          name: input.Name,
          region: request.region,
          input: settings,
          attributes: { ...ATTRIBUTES },
          targets: [],
        };
        store.groups.set(group.arn, group);
        return { TargetGroups: [describe(group)] };
      },
    },
    DescribeTargetGroups: {
      resource: (input: Inputs['DescribeTargetGroups']) =>
        (input.TargetGroupArns ?? input.Names ?? []).join(','),
      run: (input: Inputs['DescribeTargetGroups'], request: CloudRequest) => {
        for (const arn of input.TargetGroupArns ?? []) store.group(arn, request);
        const all = [...store.groups.values()]
          .filter((one) => one.region === request.region)
          .filter((one) => !input.TargetGroupArns || input.TargetGroupArns.includes(one.arn))
          .filter((one) => !input.Names || input.Names.includes(one.name))
          .map(describe)
          .filter((one) => !input.LoadBalancerArn || one.LoadBalancerArns.includes(input.LoadBalancerArn));
        if (input.Names && all.length === 0)
          throw refuse('TargetGroupNotFound', 'One or more target groups not found');
        const { items, next } = page(all, input.Marker, input.PageSize ?? 400, 'ValidationError');
        return { TargetGroups: items, NextMarker: next };
      },
    },
    DeleteTargetGroup: {
      resource,
      run: (input: Inputs['DeleteTargetGroup'], request: CloudRequest) => {
        const group = store.groups.get(input.TargetGroupArn);
        if (!group || group.region !== request.region) return {};
        if (store.balancersOf(group).length > 0)
          throw refuse(
            'ResourceInUse',
            `Target group '${group.arn}' is currently in use by a listener or a rule`,
          );
        store.groups.delete(group.arn);
        return {};
      },
    },
    DescribeTargetGroupAttributes: {
      resource,
      run: (input: Inputs['DescribeTargetGroupAttributes'], request: CloudRequest) =>
        attributes(store.group(input.TargetGroupArn, request)),
    },
    ModifyTargetGroupAttributes: {
      resource,
      run: (input: Inputs['ModifyTargetGroupAttributes'], request: CloudRequest) => {
        const group = store.group(input.TargetGroupArn, request);
        for (const { Key = '', Value = '' } of input.Attributes) {
          if (!(Key in group.attributes))
            throw refuse(
              'InvalidConfigurationRequest',
              `Target group attribute key '${Key}' is not recognized`,
            );
          if (!ALLOWED[Key]?.(Value))
            throw refuse('ValidationError', `'${Key}' value '${Value}' is not valid`);
        }
        for (const { Key = '', Value = '' } of input.Attributes) group.attributes[Key] = Value;
        return attributes(group);
      },
    },
    RegisterTargets: {
      resource,
      run: (input: Inputs['RegisterTargets'], request: CloudRequest) => {
        const group = store.group(input.TargetGroupArn, request);
        for (const { Id, Port } of input.Targets) {
          if (Id !== '127.0.0.1')
            throw refuse('InvalidTarget', `The local cloud reaches targets on 127.0.0.1 only, not '${Id}'`);
          const port = Port ?? group.input.Port;
          const known = group.targets.find((one) => one.port === port && one.state !== 'draining');
          if (known) continue;
          const fresh = { id: Id, port, why: 'Elb.RegistrationInProgress', good: 0, bad: 0, checkAt: 0 };
          group.targets.push({ ...fresh, state: 'initial' });
        }
        return {};
      },
    },
    DeregisterTargets: {
      resource,
      run: (input: Inputs['DeregisterTargets'], request: CloudRequest) => {
        const group = store.group(input.TargetGroupArn, request);
        for (const { Id, Port } of input.Targets) {
          const mine = group.targets.filter(
            (one) => one.id === Id && (Port === undefined || one.port === Port),
          );
          for (const target of mine) traffic.deregister(group, target);
        }
        return {};
      },
    },
    DescribeTargetHealth: {
      resource,
      run: (input: Inputs['DescribeTargetHealth'], request: CloudRequest) => {
        const group = store.group(input.TargetGroupArn, request);
        const tasks = traffic
          .tasksOf(group)
          .map(({ port, state }) => ({ id: '127.0.0.1', port, state, why: '' }));
        const all = [...tasks, ...group.targets];
        return {
          TargetHealthDescriptions: input.Targets?.length
            ? input.Targets.flatMap((asked) => healthAsked(asked, all))
            : all.map(healthOf),
        };
      },
    },
  };
}

interface Seen {
  readonly id: string;
  readonly port: number;
  readonly state: string;
  readonly why: string;
}

/** https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html */
const REASON: Readonly<Record<string, string>> = {
  initial: 'Elb.InitialHealthChecking',
  unhealthy: 'Target.FailedHealthChecks',
  draining: 'Target.DeregistrationInProgress',
  unused: 'Target.NotInUse',
};

/** Without a port where the target is not registered, and was asked for without one. */
interface TargetHealthDescription {
  readonly Target: { readonly Id: string; readonly Port: number | undefined };
  readonly HealthCheckPort?: string;
  readonly TargetHealth: {
    readonly State: string;
    readonly Reason?: string | undefined;
    readonly Description?: string | undefined;
  };
}

function healthOf({ id, port, state, why }: Seen): TargetHealthDescription {
  const Reason = why.startsWith('HTTP') ? 'Target.ResponseCodeMismatch' : REASON[state];
  const Description = why.startsWith('HTTP')
    ? `Health checks failed with these codes: [${why.slice(5)}]`
    : why || undefined;
  return {
    Target: { Id: id, Port: port },
    HealthCheckPort: String(port),
    TargetHealth: { State: state, ...(state === 'healthy' ? {} : { Reason, Description }) },
  };
}

/** A target that is asked for by name; one that is not registered is told so. */
function healthAsked(asked: TargetDescription, all: readonly Seen[]): TargetHealthDescription[] {
  const mine = all.filter(
    (one) => one.id === asked.Id && (asked.Port === undefined || asked.Port === one.port),
  );
  if (mine.length > 0) return mine.map(healthOf);
  const TargetHealth = {
    State: 'unused',
    Reason: 'Target.NotRegistered',
    Description: 'Target is not registered to the target group',
  };
  return [{ Target: { Id: asked.Id, Port: asked.Port }, TargetHealth }];
}
