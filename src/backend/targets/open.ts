import { refused } from '../../runtime/errors.ts';
import type { BackendPorts } from '../config.ts';
import type { ServiceRef } from '../service-ref.ts';
import { conditionOf } from '../verdict.ts';
import { appRunnerTarget } from './apprunner.ts';
import { EcsTarget } from './ecs.ts';
import type { EcsPorts } from './ecs-base.ts';
import { ExpressTarget } from './ecs-express.ts';
import { describeService } from './ecs-facts.ts';
import type { Target } from './target.ts';

export interface TargetWish {
  readonly ref: ServiceRef;
  /** ECS: the container that gets the image; '' where there is only one to choose. */
  readonly container: string;
  /** True where scaling numbers are given, so that the present ones have to be read. */
  readonly scales: boolean;
}

/** The target that runs the service. @throws ActionError `refused` where there is no such service. */
export async function openTarget(
  wish: TargetWish,
  { aws, log, clock }: Pick<BackendPorts, 'aws' | 'log' | 'clock'>,
): Promise<Target> {
  const { ref, scales, container } = wish;
  const { region } = ref;
  const logs = aws.logs(region);
  if (ref.target === 'apprunner') {
    return appRunnerTarget(ref, { api: aws.appRunner(region), logs, log, scales });
  }
  const ports: EcsPorts = {
    api: aws.ecs(region),
    scaling: aws.autoScaling(region),
    loadBalancers: () => aws.loadBalancers(region),
    logs,
    log,
    clock,
    scales,
  };
  return openEcs(ref, container, ports);
}

/** An ECS ARN does not say whether Express manages the service; the service itself does. */
async function openEcs(ref: ServiceRef, container: string, ports: EcsPorts): Promise<Target> {
  const cluster = ref.cluster ?? 'default';
  const service = await describeService(ports.api, cluster, ref.name);
  if (!service) {
    throw refused({
      input: 'service',
      what: `there is no ECS service named ${ref.name} in cluster ${cluster} of this account and region`,
      fix: 'correct the name, the cluster or AWS_REGION, or give the ARN of the service',
    });
  }
  if (conditionOf('ecs', service.status ?? '') === 'gone') {
    throw refused({
      input: 'service',
      what: 'is deleted',
      found: `status ${service.status} of ${service.serviceArn}`,
      fix: 'create it again, or correct the name',
    });
  }
  const isExpress = service.resourceManagementType === 'ECS';
  if (ref.targetGiven && isExpress !== (ref.target === 'ecs-express')) {
    throw refused({
      input: 'target',
      what: `does not fit: this service is ${isExpress ? '' : 'not '}managed by ECS Express Mode`,
      found: `target ${ref.target}, service ${service.serviceArn}`,
      fix: `set it to ${isExpress ? 'ecs-express' : 'ecs'}, or leave it out where \`service\` is an ARN`,
    });
  }
  return isExpress ? new ExpressTarget(service, container, ports) : new EcsTarget(service, container, ports);
}
