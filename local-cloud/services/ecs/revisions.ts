import { locate, PullError } from '../../images/pull.ts';
import type { EcrService } from '../ecr/index.ts';
import type { DeploymentConfiguration, Inputs } from '../shapes/inputs/ecs.ts';
import type {
  DeploymentRecord,
  ExpressConfiguration,
  RevisionRecord,
  ServiceRecord,
  ServiceSettings,
} from './model.ts';
import { breakerThreshold } from './rolling.ts';
import type { EcsStore } from './store.ts';
import { shifts } from './strategy.ts';

/** Members of a service that a revision fixes (ECS API, ServiceRevision). */
const REVISED = [
  'launchType',
  'capacityProviderStrategy',
  'platformVersion',
  'networkConfiguration',
  'loadBalancers',
  'serviceRegistries',
  'serviceConnectConfiguration',
  'volumeConfigurations',
  'vpcLatticeConfigurations',
] as const;

/** Members of UpdateService that make a new revision, and so a deployment. */
export const makesRevision = (
  input: ServiceSettings & Pick<Inputs['UpdateService'], 'forceNewDeployment'>,
): boolean => input.forceNewDeployment === true || REVISED.some((member) => input[member] !== undefined);

/** Fixes what a service runs now: its task definition, its settings, and the digests of its images. */
export function newRevision(
  store: EcsStore,
  service: ServiceRecord,
  taskDefinition: string,
  express?: ExpressConfiguration,
): RevisionRecord {
  const cluster = service.clusterArn.split('/').at(-1);
  const definition = store.definitions.get(taskDefinition)?.document;
  const settings = Object.fromEntries(
    REVISED.filter((m) => service.settings[m] !== undefined).map((m) => [m, service.settings[m]]),
  );
  const revision: RevisionRecord = {
    arn: store.arn(service.region, `service-revision/${cluster}/${service.name}/${store.newNumber()}`),
    serviceArn: service.arn,
    clusterArn: service.clusterArn,
    region: service.region,
    taskDefinition,
    createdAt: store.context.now(),
    settings,
    images: (definition?.containerDefinitions ?? []).map((container) => {
      const imageDigest = digestOf(store, container.image, service.region);
      return {
        containerName: container.name,
        image: container.image,
        ...(imageDigest ? { imageDigest } : {}),
      };
    }),
    ...(takesAlternate(store, service) ? { alternate: true } : {}),
    ...(express ? { express } : {}),
  };
  store.revisions.set(revision.arn, revision);
  return revision;
}

/** A strategy that shifts puts each revision into the target group that the last one is not in; others stay where it is. */
function takesAlternate(store: EcsStore, service: ServiceRecord): boolean {
  const current = store.revisions.get(service.currentRevision ?? '');
  if (!current) return false;
  return shifts(service.settings.deploymentConfiguration ?? {})
    ? !current.alternate
    : current.alternate === true;
}

function digestOf(store: EcsStore, image: string, region: string): string | undefined {
  try {
    return locate(store.context.service<EcrService>('ecr').images, image, region).digest;
  } catch (error) {
    if (error instanceof PullError) return undefined;
    throw error;
  }
}

/** What CreateService fills in (ECS API, DeploymentConfiguration). */
export function deploymentConfiguration(given: DeploymentConfiguration | undefined): DeploymentConfiguration {
  return {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    strategy: 'ROLLING',
    bakeTimeInMinutes: 0,
    ...given,
  };
}

/** Starts a deployment of a revision; one that was under way is stopped and replaced by it. */
export function newDeployment(
  store: EcsStore,
  service: ServiceRecord,
  revision: RevisionRecord,
): DeploymentRecord {
  const now = store.context.now();
  const before = store.activeDeployment(service);
  if (before) {
    before.status = 'STOPPED';
    before.statusReason = 'Service deployment was replaced by a newer one.';
    before.updatedAt = now;
    before.stoppedAt = now;
    before.finishedAt = now;
  }
  const cluster = service.clusterArn.split('/').at(-1);
  const running = store
    .tasksOf(service)
    .map((t) => t.revisionArn)
    .filter((arn) => arn !== undefined);
  const configuration = deploymentConfiguration(service.settings.deploymentConfiguration);
  const hidden = store.context.fault('ecs', 'vanish', service.arn);
  const deployment: DeploymentRecord = {
    arn: store.arn(
      service.region,
      `service-deployment/${cluster}/${service.name}/${store.newId().slice(0, 21)}`,
    ),
    id: `ecs-svc/${store.newNumber()}`,
    region: service.region,
    serviceArn: service.arn,
    clusterArn: service.clusterArn,
    createdAt: now,
    updatedAt: now,
    source: [...new Set([...(service.currentRevision ? [service.currentRevision] : []), ...running])],
    target: revision.arn,
    status: 'PENDING',
    stageAt: now,
    configuration,
    failedTasks: 0,
    threshold: breakerThreshold(
      service.desired,
      configuration.deploymentCircuitBreaker?.thresholdConfiguration,
    ),
    breaker: configuration.deploymentCircuitBreaker?.enable ? 'MONITORING' : 'DISABLED',
    triggeredAlarms: [],
    weight: 0,
    testWeight: 0,
    step: 0,
    hooks: [],
    ignoredAlarms: [],
    ...(hidden ? { hidden: true } : {}),
  };
  service.deployments.unshift(deployment);
  for (const old of service.deployments.splice(100)) store.deployments.delete(old.arn);
  store.deployments.set(deployment.arn, deployment);
  store.changed();
  return deployment;
}
