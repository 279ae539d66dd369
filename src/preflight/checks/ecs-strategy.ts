import type { DeploymentLifecycleHook, Service } from '@aws-sdk/client-ecs';
import type { Reader } from '../../aws/reader.ts';
import { advice, type Finding, fromError, ok, unknown, wrong } from '../finding.ts';

/** Where deploy-backend's `gate: pause` answers, and with which strategy. */
const GATE = { strategy: 'BLUE_GREEN', stage: 'POST_TEST_TRAFFIC_SHIFT' };
/** Minutes that ECS waits where no time is set: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentLifecycleHookTimeoutConfiguration.html */
const A_DAY = 1440;
/** Minutes that a job may run on a hosted runner: https://docs.github.com/en/actions/reference/limits */
const JOB = 360;

/** Pure: whether a service that moves traffic has what that needs, and who answers its PAUSE hooks. */
export function judgeStrategy({ deploymentConfiguration: c, loadBalancers = [] }: Service): Finding[] {
  const strategy = c?.strategy ?? 'ROLLING';
  const hooks = (c?.lifecycleHooks ?? []).filter(({ targetType }) => targetType === 'PAUSE');
  const untested =
    strategy !== 'ROLLING' && !loadBalancers.some(({ advancedConfiguration: a }) => a?.testListenerRule);
  return [
    ...(untested
      ? [
          advice(
            `it deploys by ${strategy} and has no test listener: nothing can be asked before users reach it`,
            'add a testListenerRule to advancedConfiguration (infra/terraform has one)',
          ),
        ]
      : []),
    ...hooks.flatMap((hook) => judgePause(hook, strategy)),
  ];
}

function judgePause(
  { lifecycleStages = [], timeoutConfiguration: timeout }: DeploymentLifecycleHook,
  strategy: string,
): Finding[] {
  const at = `the PAUSE hook at ${lifecycleStages.join(', ')}`;
  const minutes = timeout?.timeoutInMinutes ?? A_DAY;
  if (timeout?.action === 'CONTINUE')
    return [
      wrong(
        `${at} goes on by itself after ${minutes} minutes: a release that nobody has looked at goes live`,
        'set its timeoutConfiguration to the action ROLLBACK',
      ),
    ];
  const isOurs = strategy === GATE.strategy && lifecycleStages.every((stage) => stage === GATE.stage);
  if (!isOurs)
    return [
      advice(
        `${at} is not answered by deploy-backend: each release waits there for somebody, ${minutes} minutes at most`,
        `answer it with \`aws ecs continue-service-deployment\`; \`gate: pause\` answers ${GATE.stage} of ${GATE.strategy}`,
      ),
    ];
  if (minutes > JOB)
    return [
      advice(
        `${at} waits ${minutes} minutes, longer than a job runs: a candidate of a run that died stays so long`,
        'set its timeoutInMinutes to 30, as infra/terraform does',
      ),
    ];
  return [ok(`${at} is answered by \`gate: pause\`, and gives up after ${minutes} minutes`)];
}

/** The alarms that the service itself is watched by: ECS passes over one that rings when a deployment starts. */
export async function ownAlarms({ deploymentConfiguration: c }: Service, aws: Reader): Promise<Finding[]> {
  const names = c?.alarms?.enable ? (c.alarms.alarmNames ?? []) : [];
  if (names.length === 0) return [];
  try {
    const answer = await aws.json<Record<string, { AlarmName?: string; StateValue?: string }[]>>(
      'cloudWatch',
      'DescribeAlarms',
      { AlarmNames: names, AlarmTypes: ['MetricAlarm', 'CompositeAlarm'], MaxRecords: 100 },
    );
    const found = [...(answer['MetricAlarms'] ?? []), ...(answer['CompositeAlarms'] ?? [])];
    return judgeOwnAlarms(names, found);
  } catch (error) {
    return [fromError(error, 'cloudwatch:DescribeAlarms', () => unknown('CloudWatch did not know them'))];
  }
}

/** Pure. https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-alarm-failure.html */
export function judgeOwnAlarms(
  names: readonly string[],
  found: readonly { readonly AlarmName?: string; readonly StateValue?: string }[],
): Finding[] {
  const stateOf = new Map(found.map(({ AlarmName, StateValue }) => [AlarmName, StateValue]));
  const gone = names.filter((name) => !stateOf.has(name));
  const ringing = names.filter((name) => stateOf.get(name) === 'ALARM');
  return [
    ...(gone.length > 0
      ? [
          wrong(
            `its own deployments are watched by alarms that are not there: ${gone.join(', ')}`,
            'make them, or take them out of deploymentConfiguration.alarms',
          ),
        ]
      : []),
    ...(ringing.length > 0
      ? [
          advice(
            `${ringing.join(', ')} rings: ECS passes over an alarm that rings when a deployment starts`,
            'find out why before you deploy',
          ),
        ]
      : []),
    ...(gone.length + ringing.length === 0 ? [ok(`${names.length} alarms of its own are quiet`)] : []),
  ];
}
