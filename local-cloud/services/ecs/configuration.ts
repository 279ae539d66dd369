import { isObject } from '../../core/shape.ts';
import type { LoadBalancingService } from '../elbv2/index.ts';
import type { DeploymentConfiguration, DeploymentLifecycleHook, LoadBalancer } from '../shapes/inputs/ecs.ts';
import type { ServiceSettings } from './model.ts';
import { type EcsStore, refuse } from './store.ts';
import { shifts } from './strategy.ts';

const invalid = (message: string) => refuse('InvalidParameterException', message);

/** Members of a configuration that are numbers with a range (ECS API, DeploymentConfiguration and what it holds). */
const RANGES = [
  ['bakeTimeInMinutes', 0, 1440],
  ['canaryConfiguration.canaryPercent', 0.1, 100],
  ['canaryConfiguration.canaryBakeTimeInMinutes', 0, 1440],
  ['linearConfiguration.stepPercent', 3, 100],
  ['linearConfiguration.stepBakeTimeInMinutes', 0, 1440],
  ['earlySuccessCriteria.healthyPercent', 0, 100],
  ['minimumHealthyPercent', 0, 100],
  ['maximumPercent', 100, 200],
] as const;

const at = (configuration: DeploymentConfiguration, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>((value, name) => (isObject(value) ? value[name] : undefined), configuration);

/**
 * A service's deployment configuration by itself.
 * @throws InvalidParameterException
 */
export function checkConfiguration(configuration: DeploymentConfiguration, controller: string): void {
  const { strategy = 'ROLLING', minimumHealthyPercent: min = 100, maximumPercent: max = 200 } = configuration;
  for (const [path, from, to] of RANGES) {
    const value = at(configuration, path);
    if (typeof value === 'number' && (value < from || value > to))
      throw invalid(`${path.split('.').at(-1)} must be between ${from} and ${to}.`);
  }
  if (max <= min && max === 100 && min === 100)
    throw invalid('The deployment configuration maximumPercent must be greater than minimumHealthyPercent.');
  if (strategy !== 'ROLLING' && controller !== 'ECS')
    throw invalid(
      `The deployment strategy ${strategy} needs the deployment controller ECS, not ${controller}.`,
    );
  checkOwnMembers(configuration, strategy);
  checkTenths(configuration);
  for (const hook of configuration.lifecycleHooks ?? []) checkHook(hook);
  checkEarlySuccess(configuration, strategy, min);
  const { value } = configuration.deploymentCircuitBreaker?.thresholdConfiguration ?? {};
  if (value !== undefined && value < 1)
    throw invalid('The threshold of the circuit breaker must be 1 at least.');
}

function checkOwnMembers(configuration: DeploymentConfiguration, strategy: string): void {
  for (const [member, owner] of [
    ['canaryConfiguration', 'CANARY'],
    ['linearConfiguration', 'LINEAR'],
  ] as const)
    if (configuration[member] && strategy !== owner)
      throw invalid(`${member} is valid only with the deployment strategy ${owner}.`);
}

function checkTenths(configuration: DeploymentConfiguration): void {
  for (const path of ['canaryConfiguration.canaryPercent', 'linearConfiguration.stepPercent']) {
    const value = at(configuration, path);
    if (typeof value === 'number' && Math.abs(value * 10 - Math.round(value * 10)) > 1e-9)
      throw invalid(`${path.split('.').at(-1)} must be a multiple of 0.1.`);
  }
}

function checkHook(hook: DeploymentLifecycleHook): void {
  const stages: string[] = hook.lifecycleStages ?? [];
  if (stages.length === 0) throw invalid('A lifecycle hook must have lifecycleStages.');
  if (hook.targetType === 'PAUSE') {
    const wrong = stages.find((stage) => ['TEST_TRAFFIC_SHIFT', 'PRODUCTION_TRAFFIC_SHIFT'].includes(stage));
    if (wrong) throw invalid(`A PAUSE lifecycle hook cannot be configured at ${wrong}.`);
    if (hook.hookTargetArn) throw invalid('hookTargetArn is not applicable to a PAUSE lifecycle hook.');
  } else {
    if (!hook.hookTargetArn) throw invalid('An AWS_LAMBDA lifecycle hook must have a hookTargetArn.');
    if (!hook.roleArn) throw invalid('An AWS_LAMBDA lifecycle hook must have a roleArn.');
  }
  const minutes = hook.timeoutConfiguration?.timeoutInMinutes;
  if (minutes !== undefined && (minutes < 1 || minutes > 20160))
    throw invalid('timeoutInMinutes must be between 1 and 20160.');
}

function checkEarlySuccess(
  { earlySuccessCriteria: early }: DeploymentConfiguration,
  strategy: string,
  minimum: number,
): void {
  if (!early?.enable) return;
  if (strategy !== 'ROLLING')
    throw invalid('earlySuccessCriteria is valid only with the deployment strategy ROLLING.');
  if (early.healthyPercent === undefined || !early.sourceServiceRevisionCleanup)
    throw invalid('earlySuccessCriteria must have healthyPercent and sourceServiceRevisionCleanup.');
  if (early.healthyPercent < minimum)
    throw invalid('healthyPercent of earlySuccessCriteria must not be below minimumHealthyPercent.');
}

/**
 * What a strategy needs of the service's load balancers: two target groups, and a production rule that ECS may change (ECS
 * developer guide, "Required resources" of each strategy). Service Connect would do too; its traffic is not split here.
 * @throws InvalidParameterException
 */
export function checkStrategy(store: EcsStore, settings: ServiceSettings): void {
  const strategy = settings.deploymentConfiguration?.strategy ?? 'ROLLING';
  const balancing = store.context.service<LoadBalancingService>('elasticloadbalancing');
  const balancers = settings.loadBalancers ?? [];
  for (const balancer of balancers) if (balancer.advancedConfiguration) checkAdvanced(balancing, balancer);
  if (!shifts({ strategy }) || settings.serviceConnectConfiguration?.enabled) return;
  if (balancers.length === 0)
    throw invalid(`The deployment strategy ${strategy} needs a load balancer with two target groups.`);
  if (balancers.some((one) => !one.advancedConfiguration))
    throw invalid(
      `The deployment strategy ${strategy} needs an advancedConfiguration for each load balancer.`,
    );
}

function checkAdvanced(balancing: LoadBalancingService, balancer: LoadBalancer): void {
  const { alternateTargetGroupArn, productionListenerRule, testListenerRule, roleArn } =
    balancer.advancedConfiguration ?? {};
  if (!alternateTargetGroupArn || !productionListenerRule || !roleArn)
    throw invalid(
      'advancedConfiguration must have alternateTargetGroupArn, productionListenerRule and roleArn.',
    );
  if (alternateTargetGroupArn === balancer.targetGroupArn)
    throw invalid('alternateTargetGroupArn must be another target group than targetGroupArn.');
  if (!balancing.check(alternateTargetGroupArn))
    throw invalid(`The target group with targetGroupArn ${alternateTargetGroupArn} does not exist.`);
  const shares = balancing.sharesOf(productionListenerRule);
  if (!shares) throw invalid(`The listener rule ${productionListenerRule} does not exist.`);
  if (!shares.some(({ arn }) => arn === balancer.targetGroupArn || arn === alternateTargetGroupArn))
    throw invalid(
      `The listener rule ${productionListenerRule} forwards to neither of the two target groups.`,
    );
  if (testListenerRule === undefined) return;
  if (testListenerRule === productionListenerRule)
    throw invalid('testListenerRule must be another rule than productionListenerRule.');
  if (!balancing.sharesOf(testListenerRule))
    throw invalid(`The listener rule ${testListenerRule} does not exist.`);
}
