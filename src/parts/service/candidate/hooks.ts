import { type ActionError, refused } from '../../../runtime/errors.ts';

/** A lifecycle hook of a service, as its deployment configuration has it. */
export interface LifecycleHook {
  /** `PAUSE` or `AWS_LAMBDA`. */
  readonly type: string;
  readonly stages: readonly string[];
  /** What ECS does when nobody answers: `ROLLBACK` where none is configured. */
  readonly timeoutAction: 'ROLLBACK' | 'CONTINUE';
  /** Minutes until then: a day where none is configured. */
  readonly timeout: number;
}

/** What {@link refuseGate} looks at. */
export interface GatedService {
  readonly arn: string;
  readonly target: string;
  /** `ROLLING`, `BLUE_GREEN`, … */
  readonly strategy: string;
  readonly hooks: readonly LifecycleHook[];
}

/**
 * Where a PAUSE hook is ours with `gate: pause`: the new tasks get test traffic by then, and no user has reached them
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-lifecycle-hooks.html). AWS has no field that
 * says whose a hook is.
 */
const GATE_STAGE = 'POST_TEST_TRAFFIC_SHIFT';

/** Strategies that have that stage: users come after it, all at once or step by step. */
const GATED = ['BLUE_GREEN', 'CANARY', 'LINEAR'];

/** True for a wait that `gate: pause` makes ours to end. */
export const isOurPause = ({ type, stage }: { readonly type: string; readonly stage: string }): boolean =>
  type === 'PAUSE' && stage === GATE_STAGE;

/** The hook that holds the rollout for us. */
export const gateHook = (hooks: readonly LifecycleHook[]): LifecycleHook | undefined =>
  hooks.find(({ type, stages }) => stages.some((stage) => isOurPause({ type, stage })));

/** Why the service cannot be gated; `undefined` where it can. */
export function refuseGate({ arn, target, strategy, hooks }: GatedService): ActionError | undefined {
  const no = (what: string, found: string, fix: string) => refused({ input: 'gate', what, found, fix });
  if (target !== 'ecs') {
    return no(
      'a candidate can be asked before users reach it only on an ECS service with a strategy of its own',
      `target ${target}`,
      'leave `gate` out: the deployment is checked after the switch, and undone where that fails',
    );
  }
  if (!GATED.includes(strategy)) {
    return no(
      `pause is for services that deploy by ${GATED.join(', ')}: with another strategy users reach the new version before it can be asked`,
      `strategy ${strategy} of ${arn}`,
      'set the strategy of the service (Terraform: deployment_configuration), or leave `gate` out',
    );
  }
  const hook = gateHook(hooks);
  if (!hook) {
    const said = hooks.map(({ type, stages }) => `${type} at ${stages.join(', ')}`).join('; ');
    return no(
      `pause needs a PAUSE hook of the service at ${GATE_STAGE}, which holds the rollout until this action has asked the candidate`,
      `${said || 'no lifecycle hook'} on ${arn}`,
      `add to the service's deploymentConfiguration: "lifecycleHooks": [{"targetType": "PAUSE", "lifecycleStages": ["${GATE_STAGE}"], "timeoutConfiguration": {"timeoutInMinutes": 30, "action": "ROLLBACK"}}]. It stops everybody's deployments of this service, until somebody answers`,
    );
  }
  if (hook.timeoutAction === 'CONTINUE') {
    return no(
      'the PAUSE hook goes on by itself when nobody answers: a version that nobody has asked would go live',
      `timeout action CONTINUE after ${hook.timeout} minutes on ${arn}`,
      "set the hook's timeoutConfiguration to the action ROLLBACK",
    );
  }
  return undefined;
}
