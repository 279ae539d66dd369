import { refused } from '../../../runtime/errors.ts';
import type { BackendPorts } from '../plan/config.ts';
import { repositoryOf } from '../plan/image-ref.ts';
import type { ServiceRef } from '../plan/service-ref.ts';
import { conditionOf } from '../verdict/verdict.ts';
import { appRunnerTarget } from './apprunner.ts';
import { type ContainerWish, containerNames } from './container-choice.ts';
import { EcsTarget } from './ecs.ts';
import type { EcsPorts } from './ecs-base.ts';
import { ExpressTarget } from './ecs-express.ts';
import { describeService } from './ecs-facts.ts';
import type { Target } from './target.ts';

export interface TargetWish {
  readonly ref: ServiceRef;
  /** ECS: names of the containers that get the image; '' where its repository decides. */
  readonly container: string;
  /** The image that is to run, or that a way back is about. */
  readonly image: string;
  /** True where scaling numbers are given, so that the present ones have to be read. */
  readonly scales: boolean;
}

/** The target that runs the service. @throws ActionError `refused` where there is no such service. */
export async function openTarget(
  wish: TargetWish,
  { aws, log, clock }: Pick<BackendPorts, 'aws' | 'log' | 'clock'>,
): Promise<Target> {
  const { ref, scales } = wish;
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
  const containers = { names: containerNames(wish.container), repository: repositoryOf(wish.image) };
  return openEcs(ref, containers, ports);
}

/** An ECS ARN does not say whether Express manages the service; the service itself does. */
async function openEcs(ref: ServiceRef, containers: ContainerWish, ports: EcsPorts): Promise<Target> {
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
  return isExpress
    ? new ExpressTarget(service, containers, ports)
    : new EcsTarget(service, containers, ports);
}
