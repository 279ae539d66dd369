import type { ChildProcess } from 'node:child_process';
import {
  appRunner,
  call,
  createEcs,
  createRunner,
  describeRunner,
  ecs,
  pushApp,
  type TestApp,
  type TestService,
  taskDefinition,
  updateImage,
  waitRunner,
} from './backend.ts';
import { type FaultStage, pauseFault, updated } from './backend-faults.ts';
import type { FaultRequest } from './cloud.ts';
import { createPair } from './load-balancer.ts';
import { until } from './until.ts';

export type Target = TestService['target'];
export const TARGETS: readonly Target[] = ['apprunner', 'ecs', 'ecs-express'];

/** How a deployment over version 1 must end, by the cloud's own state. */
export interface End {
  readonly outcome: string;
  /** What runs; `nothing` where the service was down before and stays so. */
  readonly runs: 'old' | 'new' | 'any' | 'nothing';
  /** How often the service was updated since the action began, and not one time more. */
  readonly updates: number | 'any';
  readonly says?: RegExp;
}

/** One thing that goes wrong, on every target that knows it. */
export interface Fault extends End {
  readonly name: string;
  readonly on?: readonly Target[];
  /** Where it is played at each `npm test`; elsewhere with the conformance tests, and with WWHD_EXHAUSTIVE=1. */
  readonly quick?: readonly Target[];
  /** What is deployed; left out, version 2, which is fine. */
  readonly app?: Omit<TestApp, 'version'>;
  readonly image?: (stage: FaultStage) => string;
  readonly faults?: (target: Target) => readonly FaultRequest[];
  /** SERVICE stands for the service's address, NAME for its name. */
  readonly inputs?: Readonly<Record<string, string>>;
  /** Instead of the service that runs version 1. */
  readonly create?: (stage: FaultStage, name: string) => Promise<TestService>;
  readonly before?: (stage: FaultStage, service: TestService) => Promise<unknown>;
  readonly during?: (stage: FaultStage, service: TestService, child: ChildProcess) => Promise<unknown>;
  /** After the main step, its post step: what that says. */
  readonly post?: RegExp;
  /** With a release bucket; what the record says of the backend in the end. */
  readonly recorded?: string;
  /** Nothing at all about the service was changed, not even a task definition registered. */
  readonly untouched?: boolean;
  /** A revision that was registered stays. */
  readonly leaves?: boolean;
  readonly but?: Partial<Record<Target, Partial<End> & Pick<Fault, 'inputs' | 'post' | 'recorded'>>>;
}

const ECS: readonly Target[] = ['ecs', 'ecs-express'];
const service = (target: Target) => (target === 'apprunner' ? 'apprunner' : 'ecs');
const update = (target: Target) =>
  target === 'ecs-express' ? 'UpdateExpressGatewayService' : 'UpdateService';
const watching = (target: Target) =>
  target === 'apprunner' ? 'ListOperations' : 'DescribeServiceDeployments';

/** A fault on the wire of the target's own API. */
const onWire = (fault: FaultRequest) => (target: Target) => [{ ...fault, service: service(target) }];
const ofKind = (fault: FaultRequest) => () => [fault];
const ending = (status: string) => ofKind({ kind: 'operation-status', status, count: 1 });

const LIVE = { outcome: 'deployed', runs: 'new', updates: 1 } as const;
const BY_TARGET = { outcome: 'rolled-back', runs: 'old', updates: 1 } as const;
const BY_US = { outcome: 'rolled-back', runs: 'old', updates: 2 } as const;
const REFUSED = { outcome: 'refused', runs: 'old', updates: 0 } as const;

/** Somebody else starts what takes the target long: a deployment of what runs already. */
async function occupy({ cloud, one }: FaultStage, of: TestService): Promise<void> {
  await cloud.fault({ kind: 'stuck', resource: of.name });
  if (of.target === 'apprunner') await appRunner(cloud, 'StartDeployment', { ServiceArn: of.arn });
  else if (of.target === 'ecs')
    await ecs(cloud, 'UpdateService', { cluster: 'main', service: of.name, forceNewDeployment: true });
  else await updateImage(cloud, of, one);
}

/** Asked for what is under way, the action has seen the other one: now that may end. */
async function whenAsked({ cloud }: FaultStage, of: TestService): Promise<void> {
  const operation = of.target === 'apprunner' ? 'ListOperations' : 'ListServiceDeployments';
  const asked = async () => (await cloud.requests({ operation, resource: of.name })).length;
  const before = await asked();
  await until(async () => (await asked()) >= before + 2, 'two more looks at the rollout');
  await pauseFault(cloud, of.name);
}

/**
 * Somebody else deploys version 3 in the moment that ours is done, or while it runs. The action cannot see how its own
 * stands until then: what it sees is decided, whatever the machine's pace.
 */
async function compete(stage: FaultStage, of: TestService): Promise<void> {
  const { cloud } = stage;
  const three = await pushApp(cloud, { version: '3' });
  await updated(cloud, of);
  if (of.target !== 'apprunner') {
    if (of.target === 'ecs') await ecs(cloud, 'RegisterTaskDefinition', taskDefinition(of.name, three));
    await updateImage(cloud, of, three);
    await pauseFault(cloud, of.name);
    return;
  }
  await cloud.fault({ kind: 'error', status: 503, operation: 'ListOperations', resource: of.name });
  await pauseFault(cloud, of.name, 'stuck');
  await waitRunner(cloud, of.arn);
  await updateImage(cloud, of, three);
  await pauseFault(cloud, of.name);
}

const alarm = (name: string) => ({
  AlarmName: name,
  Namespace: 'App',
  MetricName: name,
  Statistic: 'Sum',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanThreshold',
});
const cloudWatch = (stage: FaultStage, operation: string, input: object) =>
  call(stage.cloud, 'monitoring', `GraniteServiceVersion20100801.${operation}`, input, '1.0');
const setAlarm = (stage: FaultStage, name: string, state: string) =>
  cloudWatch(stage, 'SetAlarmState', { AlarmName: name, StateValue: state, StateReason: '5xx rate' });

/** The version is on its way and goes no further: a signal meets the action while it watches. */
const signal = (name: NodeJS.Signals) => async (stage: FaultStage, of: TestService, child: ChildProcess) => {
  await updated(stage.cloud, of);
  child.kill(name);
};

/** The update has left us and has not been answered: the signal comes then, and the update is done after it. */
async function cancelledOnTheWay({ cloud }: FaultStage, of: TestService, child: ChildProcess): Promise<void> {
  const held = async () =>
    (await cloud.faults()).some((one) => one.kind === 'hold' && isOf(one, of) && one.hits > 0);
  await until(held, 'the update to be on its way');
  child.kill('SIGTERM');
  // Time enough to end as interrupted; what is on the wire keeps the process for as long as it is there.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  await pauseFault(cloud, of.name);
}

const isOf = (fault: Readonly<Record<string, unknown>>, of: TestService) =>
  String(fault['resource'] ?? '').includes(of.name);

/** A service that App Runner never got to run. */
async function neverCreated({ cloud }: FaultStage, name: string): Promise<TestService> {
  const sick = await pushApp(cloud, { version: name, health: 500 }, 'api', name);
  const made = await createRunner(cloud, name, sick, { becomes: 'CREATE_FAILED' });
  return {
    target: 'apprunner',
    name,
    arn: made.ServiceArn,
    url: `http://${made.ServiceUrl}`,
    update: 'UpdateService',
    images: async () => {
      const now = await describeRunner(cloud, made.ServiceArn);
      return now.Status === 'CREATE_FAILED' ? [] : [now.Status];
    },
  };
}

/** Strategies that shift the traffic: the same deployments, statuses and way back as rolling ones. */
const STRATEGIES = {
  BLUE_GREEN: { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 },
  BROKEN_CIRCUIT: {
    strategy: 'BLUE_GREEN',
    bakeTimeInMinutes: 1,
    deploymentCircuitBreaker: { enable: true, rollback: true },
  },
  LINEAR: {
    strategy: 'LINEAR',
    linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 0 },
    bakeTimeInMinutes: 0,
  },
  /** An hour of AWS's, and longer here too than the time-out that is given. */
  SLOW: {
    strategy: 'LINEAR',
    linearConfiguration: { stepPercent: 50, stepBakeTimeInMinutes: 20 },
    bakeTimeInMinutes: 20,
  },
} as const;

const shifting = (strategy: keyof typeof STRATEGIES) => async (stage: FaultStage, name: string) => {
  const { balancer } = await createPair(stage.cloud, name);
  return createEcs(stage.cloud, name, stage.one, {
    deployment: STRATEGIES[strategy],
    loadBalancers: [balancer],
  });
};

/** A hook that somebody put on the service: it stops each deployment of it once the new tasks run. */
const holdAtScaleUp = ({ cloud }: FaultStage, of: TestService) =>
  ecs(cloud, 'UpdateService', {
    cluster: 'main',
    service: of.name,
    deploymentConfiguration: {
      ...STRATEGIES.BLUE_GREEN,
      lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: ['POST_SCALE_UP'] }],
    },
  });

interface HookAnswer {
  readonly serviceDeployments: ReadonlyArray<{
    readonly serviceDeploymentArn: string;
    readonly lifecycleHookDetails?: ReadonlyArray<{ readonly hookId: string; readonly status: string }>;
  }>;
}

/** Somebody answers the hook, later than our own wait would have lasted. */
async function answerHook({ cloud }: FaultStage, of: TestService, _child: ChildProcess): Promise<void> {
  const waiting = await until(async () => {
    const { serviceDeployments: all } = await ecs<HookAnswer>(cloud, 'ListServiceDeployments', {
      cluster: 'main',
      service: of.name,
      status: ['IN_PROGRESS'],
    });
    const serviceDeploymentArns = all.map((one) => one.serviceDeploymentArn);
    if (serviceDeploymentArns.length === 0) return undefined;
    const told = await ecs<HookAnswer>(cloud, 'DescribeServiceDeployments', { serviceDeploymentArns });
    return told.serviceDeployments.find((one) =>
      one.lifecycleHookDetails?.some((hook) => hook.status === 'AWAITING_ACTION'),
    );
  }, 'the hook to wait');
  await new Promise((resolve) => setTimeout(resolve, 14_000));
  await ecs(cloud, 'ContinueServiceDeployment', {
    serviceDeploymentArn: waiting.serviceDeploymentArn,
    hookId: waiting.lifecycleHookDetails?.[0]?.hookId,
    action: 'CONTINUE',
  });
}

/** Everything that is asked about the service is denied once the update is sent. */
async function loseAllPermissions({ cloud }: FaultStage, of: TestService): Promise<void> {
  await updated(cloud, of);
  await cloud.fault({ kind: 'denied', service: service(of.target), resource: of.name });
}

/** SUCCESSFUL as soon as half of the tasks are new: the old ones may still run. */
const EARLY_SUCCESS = {
  minimumHealthyPercent: 50,
  maximumPercent: 100,
  earlySuccessCriteria: { enable: true, healthyPercent: 50, sourceServiceRevisionCleanup: 'DEFERRED' },
};

/** A service that stops its old task before it starts the new one, with an image of its own. */
async function stopsFirst({ cloud }: FaultStage, name: string): Promise<TestService> {
  const own = await pushApp(cloud, { version: `old ${name}` }, 'api', `old-${name}`);
  return createEcs(cloud, name, own, {
    deployment: { minimumHealthyPercent: 0, maximumPercent: 100 },
  });
}

/** A lifecycle policy took away what ran before. */
async function loseOldImage({ cloud }: FaultStage, of: TestService): Promise<void> {
  const [old] = await of.images();
  await cloud.fault({ kind: 'missing-image', resource: old ?? '' });
}

/** Every line of the issue, a row each: what goes wrong, and how it must end on each target. */
export const FAULTS: readonly Fault[] = [
  { name: 'nothing goes wrong', ...LIVE, recorded: 'deployed' },
  {
    name: 'the version that runs already',
    image: (stage) => stage.one,
    // ECS: the circuit breaker would be turned on.
    before: async ({ cloud }, of) =>
      of.target === 'ecs' &&
      ecs(cloud, 'UpdateService', {
        cluster: 'main',
        service: of.name,
        deploymentConfiguration: { deploymentCircuitBreaker: { enable: true, rollback: true } },
      }),
    outcome: 'unchanged',
    runs: 'old',
    updates: 0,
    recorded: 'unchanged',
    untouched: true,
  },

  // -- the version is bad
  {
    name: 'a version whose health fails: the target goes back by itself, and that is not repeated',
    quick: ['apprunner', 'ecs', 'ecs-express'],
    app: { health: 404 },
    ...BY_TARGET,
    recorded: 'rolled-back',
    says: /went back to api@sha256:\w+ by itself, and that was verified[\s\S]*404/,
  },
  {
    name: 'a version that ends at its start',
    quick: ['apprunner', 'ecs'],
    app: { exit: 3, says: 'Error: Cannot find module "x"' },
    ...BY_TARGET,
    says: /last log lines:[\s\S]*Cannot find module/,
    but: { apprunner: { says: /module was not found[\s\S]*last log lines:[\s\S]*Cannot find module/ } },
  },
  {
    name: 'a version that listens on another port',
    quick: ['apprunner'],
    // Port 0: any free one, and so not the one that is asked for.
    app: { port: 0 },
    ...BY_TARGET,
    says: /must listen on 0\.0\.0\.0:8080/,
  },
  {
    name: 'a version that is slow to start',
    on: ECS,
    faults: ofKind({ kind: 'slow-start', ms: 2500 }),
    ...LIVE,
  },
  {
    name: 'an image for another platform',
    quick: ['apprunner'],
    app: { platforms: ['linux/arm64'] },
    ...REFUSED,
    untouched: true,
    says: /not made for linux\/amd64/,
  },
  {
    name: 'an image that is not there',
    quick: ['ecs-express'],
    image: ({ one }) => one.replace(/@.*/, `@sha256:${'0'.repeat(64)}`),
    ...REFUSED,
    untouched: true,
    says: /there is no digest sha256:0+/,
  },
  {
    name: 'an image that is gone when it is pulled',
    quick: ['apprunner'],
    app: {},
    faults: (target) => [{ kind: 'missing-image', ...(target === 'apprunner' ? { count: 1 } : {}) }],
    ...BY_TARGET,
    says: /could not be pulled|not in the registry any more/,
  },
  {
    name: 'smoke checks that fail: back to the snapshot by a second update',
    quick: ['apprunner', 'ecs', 'ecs-express'],
    inputs: { 'smoke-checks': 'yes' },
    ...BY_US,
    says: /the smoke checks failed; the service was returned to/,
  },
  {
    name: 'smoke checks that fail, and no rollback wanted',
    quick: ['apprunner'],
    inputs: { 'smoke-checks': 'yes', 'rollback-on-failure': 'false' },
    outcome: 'failed',
    runs: 'new',
    updates: 1,
    says: /rollback-on-failure is false/,
  },
  {
    name: 'a probe that fails too often',
    quick: ['apprunner'],
    app: { root: 503 },
    inputs: { 'probe-url': 'SERVICE/page', 'max-error-rate': '1%' },
    ...BY_US,
    says: /requests to http:\S+\/page failed \(\d+ × HTTP 503\), more than the 1% of max-error-rate/,
    // Express's own alarm watches the answers too, and may be first.
    but: { 'ecs-express': { updates: 1, says: /by itself|HTTP 503/ } },
  },
  {
    name: 'an alarm that goes into ALARM in the bake time',
    quick: ['apprunner'],
    inputs: { alarms: 'loud-NAME\nold-NAME\nblind-NAME', 'bake-time': '30s' },
    before: async (stage, { name }) => {
      for (const one of ['loud', 'old', 'blind'])
        await cloudWatch(stage, 'PutMetricAlarm', alarm(`${one}-${name}`));
      await setAlarm(stage, `loud-${name}`, 'OK');
      await setAlarm(stage, `old-${name}`, 'ALARM');
    },
    during: async (stage, of) => {
      await updated(stage.cloud, of);
      await setAlarm(stage, `loud-${of.name}`, 'ALARM');
    },
    ...BY_US,
    says: /old-\S+ is in ALARM already[\s\S]*blind-\S+ has INSUFFICIENT_DATA[\s\S]*loud-\S+ went into ALARM/,
  },
  {
    name: 'an alarm that a fault makes ring',
    inputs: { alarms: 'forced-NAME', 'bake-time': '30s' },
    before: async (stage, { name }) => {
      await cloudWatch(stage, 'PutMetricAlarm', alarm(`forced-${name}`));
      await setAlarm(stage, `forced-${name}`, 'OK');
    },
    during: async (stage, of) => {
      await updated(stage.cloud, of);
      await stage.cloud.fault({ kind: 'alarm', state: 'ALARM', resource: `forced-${of.name}` });
    },
    ...BY_US,
    says: /forced-\S+ went into ALARM/,
  },

  // -- other strategies than rolling
  { name: 'BLUE_GREEN: nothing goes wrong', on: ['ecs'], create: shifting('BLUE_GREEN'), ...LIVE },
  {
    name: 'a strategy that is slower than wait-timeout: its own length is allowed',
    on: ['ecs'],
    quick: ['ecs'],
    create: shifting('SLOW'),
    inputs: { 'wait-timeout': '10s' },
    ...LIVE,
    says: /LINEAR, 2 steps of 50 %, 20m00s after each, then 20m00s of bake: \S+ by itself[\s\S]*TRAFFIC_SHIFT, 50 % of the traffic/,
  },
  {
    name: 'a PAUSE hook is told at once, with the command that goes on; its wait is not ours, nor its answer',
    on: ['ecs'],
    quick: ['ecs'],
    create: shifting('BLUE_GREEN'),
    before: holdAtScaleUp,
    during: answerHook,
    inputs: { 'wait-timeout': '10s' },
    ...LIVE,
    says: /waits at POST_SCALE_UP for the hook PAUSE \(ecs-pause-\S+\) until \S+Z; then ECS goes back by itself[\s\S]*--hook-id ecs-pause-\S+ --action CONTINUE[\s\S]*--action ROLLBACK/,
  },
  { name: 'LINEAR: nothing goes wrong', on: ['ecs'], create: shifting('LINEAR'), ...LIVE },
  {
    name: 'BLUE_GREEN: a version whose health fails gets no traffic, and is stopped when the time is over',
    on: ['ecs'],
    create: shifting('BLUE_GREEN'),
    app: { health: 500 },
    inputs: { 'wait-timeout': '6s' },
    ...BY_TARGET,
    says: /when wait-timeout ran out; the rollout was stopped by us, and ecs\S* went back to/,
  },
  {
    name: 'BLUE_GREEN, and a circuit breaker that the team has switched on: left on, and it opens',
    on: ['ecs'],
    create: shifting('BROKEN_CIRCUIT'),
    app: { health: 500 },
    ...BY_TARGET,
    says: /by itself/,
  },
  {
    name: 'LINEAR: a never-ending deployment is stopped, and the traffic is back',
    on: ['ecs'],
    create: shifting('LINEAR'),
    faults: ofKind({ kind: 'stuck' }),
    inputs: { 'wait-timeout': '6s' },
    ...BY_TARGET,
    says: /when wait-timeout ran out; the rollout was stopped by us, and ecs\S* went back to/,
  },

  // -- what the target says in the end
  {
    name: 'FAILED',
    on: ['apprunner'],
    quick: ['apprunner'],
    faults: ending('FAILED'),
    ...BY_TARGET,
    says: /ended as FAILED/,
  },
  {
    name: 'ROLLBACK_SUCCEEDED',
    on: ['apprunner'],
    quick: ['apprunner'],
    faults: ending('ROLLBACK_SUCCEEDED'),
    ...BY_TARGET,
    says: /by itself/,
  },
  {
    name: 'STOPPED: nothing of ours is left, and that is seen',
    on: ECS,
    quick: ['ecs'],
    faults: ending('STOPPED'),
    ...BY_US,
    says: /stopped \(STOPPED\)/,
  },
  {
    name: 'ROLLBACK_SUCCESSFUL',
    on: ECS,
    quick: ['ecs'],
    faults: ending('ROLLBACK_SUCCESSFUL'),
    ...BY_TARGET,
    says: /by itself/,
  },
  {
    name: 'ROLLBACK_FAILED',
    quick: ['apprunner', 'ecs'],
    faults: ending('ROLLBACK_FAILED'),
    ...BY_TARGET,
    says: /own way back failed/,
  },
  {
    name: 'a bad version, and a way back of the target that fails: what runs is verified all the same',
    app: { health: 500 },
    faults: ofKind({ kind: 'rollback-fails' }),
    ...BY_TARGET,
    says: /own way back failed/,
  },
  {
    name: 'a status nobody has heard of',
    // Express's own canary is given its six minutes before wait-timeout counts.
    on: ['apprunner', 'ecs'],
    quick: ['apprunner'],
    faults: ending('PARTIALLY_DONE'),
    inputs: { 'wait-timeout': '2s' },
    ...BY_TARGET,
    says: /PARTIALLY_DONE is not a status that is known/,
    but: {
      // Here there is a way to go back, and that takes its time.
      ecs: { updates: 2, inputs: { 'wait-timeout': '15s' } },
    },
  },
  {
    name: 'a success that deployed nothing: what runs is not what was asked for',
    quick: ['apprunner', 'ecs'],
    faults: (target) => ending(target === 'apprunner' ? 'SUCCEEDED' : 'SUCCESSFUL')(),
    ...BY_TARGET,
    says: /but what runs is sha256\S+ and not what was asked for/,
    but: { ecs: { updates: 2 }, 'ecs-express': { updates: 2 } },
  },

  // -- the moment of proof
  {
    name: 'scaled out in the moment of success: the new task is waited for',
    on: ECS,
    quick: ['ecs'],
    faults: ofKind({ kind: 'scale-out', desired: 2, count: 1 }),
    ...LIVE,
  },
  {
    name: 'one of two Spot tasks is stopped in the moment of success, and replaced late',
    on: ['ecs'],
    quick: ['ecs'],
    create: (stage, name) => createEcs(stage.cloud, name, stage.one, { desired: 2 }),
    faults: ofKind({ kind: 'spot-stop', count: 1 }),
    before: ({ cloud }, of) => cloud.fault({ kind: 'slow-start', ms: 9000, after: 1, resource: of.name }),
    ...LIVE,
  },
  {
    name: 'lists that lag behind the truth: read again before anything is judged',
    on: ECS,
    quick: ['ecs'],
    faults: ofKind({ kind: 'stale-list', ms: 6000 }),
    ...LIVE,
  },
  {
    name: 'lists that lag behind the truth, on the way back too',
    on: ECS,
    faults: ofKind({ kind: 'stale-list', ms: 6000 }),
    inputs: { 'smoke-checks': 'yes' },
    ...BY_US,
    says: /the smoke checks failed; the service was returned to/,
  },
  {
    name: 'early success: the last task is waited for',
    on: ['ecs'],
    create: (stage, name) =>
      createEcs(stage.cloud, name, stage.one, { desired: 2, deployment: EARLY_SUCCESS }),
    ...LIVE,
  },
  {
    name: 'tasks that do not tell their digest: the revision does',
    on: ECS,
    quick: ['ecs'],
    faults: ofKind({ kind: 'no-digest' }),
    ...LIVE,
    runs: 'any',
  },
  {
    name: 'gone back, and no task runs: that is no way back',
    on: ['ecs'],
    quick: ['ecs'],
    create: stopsFirst,
    before: loseOldImage,
    app: { health: 500 },
    faults: ofKind({ kind: 'rollback-fails' }),
    outcome: 'rollback-failed',
    runs: 'nothing',
    updates: 2,
    says: /0 of 1 wanted tasks run/,
    inputs: { 'wait-timeout': '45s' },
  },
  {
    name: 'a never-ending operation: stopped where the target can, else said',
    on: ['apprunner', 'ecs'],
    quick: ['apprunner', 'ecs'],
    faults: ofKind({ kind: 'stuck' }),
    inputs: { 'wait-timeout': '6s' },
    ...BY_TARGET,
    says: /when wait-timeout ran out; the rollout was stopped by us, and ecs\S* went back to/,
    but: {
      apprunner: {
        inputs: { 'wait-timeout': '2s' },
        outcome: 'timed-out',
        says: /cannot cancel a rollout[\s\S]*could not be returned/,
      },
    },
  },
  {
    name: 'an operation that vanishes from every list: it cannot be followed, and is not believed',
    quick: ['apprunner'],
    faults: ofKind({ kind: 'vanish', count: 1 }),
    ...BY_US,
    says: /no longer in the list/,
  },

  // -- others at work
  {
    name: 'an operation that runs already is waited out',
    quick: ['apprunner'],
    before: occupy,
    during: whenAsked,
    ...LIVE,
    says: /waiting for what is already under way: (START_DEPLOYMENT|service deployment)/,
  },
  {
    name: 'one that runs already and does not end: no longer than lock-timeout, and nothing is changed',
    quick: ['apprunner'],
    before: occupy,
    inputs: { 'lock-timeout': '1s' },
    ...REFUSED,
    untouched: true,
    says: /timed out after .* waiting for another operation/,
  },
  {
    name: 'a competing deployment that took the place of ours is not green, and is left alone',
    quick: ['ecs'],
    faults: ofKind({ kind: 'stuck' }),
    during: compete,
    outcome: 'failed',
    runs: 'any',
    updates: 2,
    says: /another deployment .* took the place of this one.*; the service was left/,
  },
  {
    name: 'a paused service',
    on: ['apprunner'],
    quick: ['apprunner'],
    before: async ({ cloud }, of) => {
      await appRunner(cloud, 'PauseService', { ServiceArn: of.arn });
      await waitRunner(cloud, of.arn, 'PAUSED');
    },
    ...REFUSED,
    runs: 'nothing',
    untouched: true,
    says: /is paused[\s\S]*resume-service/,
  },
  {
    name: 'a service that was never created well',
    on: ['apprunner'],
    quick: ['apprunner'],
    create: neverCreated,
    ...REFUSED,
    runs: 'nothing',
    untouched: true,
    says: /CREATE_FAILED[\s\S]*delete it and create it again/,
  },
  {
    name: 'a service that is scaled to zero',
    on: ECS,
    quick: ['ecs'],
    before: ({ cloud }, of) =>
      ecs(cloud, 'UpdateService', {
        cluster: of.target === 'ecs' ? 'main' : 'default',
        service: of.name,
        desiredCount: 0,
      }),
    ...REFUSED,
    runs: 'nothing',
    untouched: true,
    says: /scaled to zero tasks/,
  },
  {
    name: 'a service that is deleted',
    before: async ({ cloud }, of) => {
      if (of.target === 'apprunner') {
        await appRunner(cloud, 'DeleteService', { ServiceArn: of.arn });
        await waitRunner(cloud, of.arn, 'DELETED');
      } else if (of.target === 'ecs')
        await ecs(cloud, 'DeleteService', { cluster: 'main', service: of.name, force: true });
      else await ecs(cloud, 'DeleteExpressGatewayService', { serviceArn: of.arn });
    },
    ...REFUSED,
    runs: 'nothing',
    untouched: true,
    says: /is deleted|not there|there is no/,
  },

  // -- the wire
  {
    name: 'throttling at 40 %',
    quick: ['apprunner'],
    faults: onWire({ kind: 'throttle', rate: 0.4, seed: 1 }),
    ...LIVE,
  },
  {
    name: 'bursts of 5xx',
    quick: ['apprunner', 'ecs'],
    faults: onWire({ kind: 'error', status: 503, after: 1, count: 4 }),
    ...LIVE,
  },
  {
    name: 'connections that are reset',
    quick: ['apprunner', 'ecs-express'],
    faults: onWire({ kind: 'reset', rate: 0.3, seed: 1 }),
    ...LIVE,
  },
  {
    name: 'an update whose answer is lost',
    quick: ['apprunner', 'ecs'],
    faults: (target) => onWire({ kind: 'reset-after', operation: update(target), count: 1 })(target),
    ...LIVE,
    // ECS takes the SDK's second attempt as the same update once more.
    updates: 2,
    but: { apprunner: { updates: 1, says: /answer to the update was lost/ } },
  },
  {
    name: 'answers of all kinds that are lost',
    faults: onWire({ kind: 'reset-after', rate: 0.3, seed: 2 }),
    ...LIVE,
    updates: 'any',
  },
  {
    name: 'access denied half-way, and for good: what cannot be watched is put back, and what runs proves it',
    quick: ['apprunner', 'ecs'],
    faults: (target) =>
      onWire({ kind: 'denied', operation: watching(target), after: target === 'apprunner' ? 2 : 1 })(target),
    ...BY_US,
    says: /permission to watch/,
  },
  {
    name: 'everything about the service is denied in the middle, for good: nobody says what is live',
    quick: ['apprunner', 'ecs', 'ecs-express'],
    faults: ofKind({ kind: 'stuck' }),
    during: loseAllPermissions,
    outcome: 'rollback-failed',
    runs: 'any',
    updates: 1,
    recorded: 'unknown',
    says: /the new version \(api@sha256:\w+\) may be live: with fresh credentials, look at it by `aws (apprunner describe-service|ecs describe-services) /,
    post: /what it runs is not known: look at it by `aws /,
    but: {
      // Its faults are over before the post step, which then puts it right.
      apprunner: {
        runs: 'old',
        updates: 2,
        recorded: 'rolled-back',
        post: /ended as rollback-failed; the service was returned to api@sha256:\w+, verified/,
      },
    },
  },
  {
    name: 'the list of deployments is denied from the update on: the new version does not stay unwatched',
    on: ECS,
    quick: ['ecs'],
    faults: onWire({ kind: 'denied', operation: 'ListServiceDeployments', after: 3 }),
    ...BY_US,
    says: /could not be looked up[\s\S]*no longer in the list/,
  },
  {
    name: 'the list of deployments fails from the update on, for good',
    on: ECS,
    faults: onWire({ kind: 'error', status: 500, operation: 'ListServiceDeployments', after: 3 }),
    ...BY_US,
    says: /could not be looked up[\s\S]*no longer in the list/,
  },
  {
    name: 'revisions that may not be read: known before the update',
    on: ECS,
    quick: ['ecs-express'],
    faults: onWire({ kind: 'denied', operation: 'DescribeServiceRevisions' }),
    ...REFUSED,
    untouched: true,
    says: /ecs:DescribeServiceRevisions on arn/,
  },
  {
    name: 'revisions that may not be read any more after the update',
    on: ECS,
    quick: ['ecs'],
    faults: onWire({ kind: 'denied', operation: 'DescribeServiceRevisions', after: 1 }),
    ...BY_US,
    says: /could not be looked up/,
    // There the update's answer names the revision, and the tasks tell their digests: nothing more is asked.
    but: { 'ecs-express': { ...LIVE, says: /what runs is the digest that was asked for/ } },
  },
  {
    name: 'access denied half-way, once: what cannot be watched is put back',
    on: ECS,
    quick: ['ecs'],
    faults: onWire({ kind: 'denied', operation: 'DescribeServiceDeployments', after: 1, count: 1 }),
    ...BY_US,
    says: /permission to watch/,
  },
  {
    name: 'the update itself denied',
    quick: ['apprunner', 'ecs'],
    faults: (target) => onWire({ kind: 'denied', operation: update(target) })(target),
    ...REFUSED,
    says: /(apprunner|ecs):Update\w+ on arn/,
  },
  {
    name: 'the update denied, and nothing may be deregistered: what stays is named',
    on: ['ecs'],
    quick: ['ecs'],
    faults: () => [
      { kind: 'denied', operation: 'UpdateService' },
      { kind: 'denied', operation: 'DeregisterTaskDefinition' },
    ],
    ...REFUSED,
    leaves: true,
    says: /could not be deregistered \(AccessDeniedException\)[\s\S]*aws ecs deregister-task-definition --task-definition arn:\S+:2/,
  },

  // -- the run itself ends
  {
    name: 'SIGTERM while the update is on its way: the way back stays',
    quick: ['apprunner', 'ecs'],
    faults: (target) => onWire({ kind: 'hold', operation: update(target), count: 1 })(target),
    during: cancelledOnTheWay,
    outcome: 'interrupted',
    runs: 'old',
    updates: 'any',
    recorded: 'interrupted',
    post: /interrupted; the service (is on|was returned to) api@sha256:\w+, verified/,
  },
  {
    name: 'SIGTERM: the post step returns the service, and frees the lock',
    quick: ['apprunner', 'ecs'],
    faults: ofKind({ kind: 'stuck' }),
    during: signal('SIGTERM'),
    outcome: 'interrupted',
    runs: 'old',
    updates: 2,
    recorded: 'interrupted',
    post: /interrupted; the service (is on|was returned to) api@sha256:\w+, verified/,
    but: { ecs: { updates: 1 }, 'ecs-express': { updates: 1 } },
  },
  {
    name: 'kill -9, then the post step',
    quick: ['apprunner'],
    faults: ofKind({ kind: 'stuck' }),
    during: signal('SIGKILL'),
    outcome: 'killed',
    runs: 'old',
    updates: 2,
    recorded: 'interrupted',
    post: /interrupted; the service (is on|was returned to) api@sha256:\w+, verified/,
    but: { ecs: { updates: 1 }, 'ecs-express': { updates: 1 } },
  },
];

export interface Row extends Omit<Fault, 'on' | 'but' | 'faults' | 'quick'> {
  readonly target: Target;
  readonly faults: readonly FaultRequest[];
  readonly isQuick: boolean;
  /** Keeps the names of services apart. */
  readonly index: number;
}

/** The table's rows of one target, with what is particular to it filled in. */
export function rowsOf(target: Target): Row[] {
  return FAULTS.filter(({ on }) => (on ?? TARGETS).includes(target)).map((fault, index) => ({
    ...fault,
    ...fault.but?.[target],
    target,
    index,
    faults: fault.faults?.(target) ?? [],
    isQuick: fault.quick?.includes(target) ?? false,
  }));
}

/** What every `npm test` plays. */
export const quickRows = (target: Target): Row[] =>
  rowsOf(target).filter((row) => row.isQuick || process.env['WWHD_EXHAUSTIVE'] === '1');
