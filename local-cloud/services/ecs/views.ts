import { groupOf } from './balance.ts';
import { launchTypeOf } from './capacity.ts';
import type { HookRun } from './hooks.ts';
import type {
  DeploymentRecord,
  RevisionRecord,
  ServiceRecord,
  ServiceSettings,
  TaskRecord,
} from './model.ts';
import { deploymentConfiguration } from './revisions.ts';
import type { EcsStore } from './store.ts';
import { tagList } from './task-definitions.ts';

const time = (name: string, at: number | undefined) => (at === undefined ? {} : { [name]: new Date(at) });

/** Launch type or capacity providers; a platform has Fargate only. */
function placement(settings: ServiceSettings, version: string) {
  const providers = settings.capacityProviderStrategy;
  return {
    ...(providers?.length ? { capacityProviderStrategy: providers } : { launchType: launchTypeOf(settings) }),
    ...(launchTypeOf(settings) === 'FARGATE'
      ? { platformVersion: settings.platformVersion ?? version, platformFamily: 'Linux' }
      : {}),
  };
}

function counts(tasks: readonly TaskRecord[]) {
  const running = tasks.filter((t) => t.lastStatus === 'RUNNING').length;
  const pending = tasks.filter((t) =>
    ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(t.lastStatus),
  ).length;
  return { running, pending };
}

/** Members of CreateService and UpdateService that the model of a service does not have; some are told of its deployments. */
const OF_THE_INPUT: readonly string[] = [
  'tags',
  'clientToken',
  'cluster',
  'gatewayConnectors',
  'monitoring',
  'role',
  'serviceConnectConfiguration',
  'volumeConfigurations',
  'vpcLatticeConfigurations',
];

const without = (input: ServiceSettings, names: readonly string[]): Partial<ServiceSettings> =>
  Object.fromEntries(Object.entries(input).filter(([name]) => !names.includes(name)));

/** A service as DescribeServices shows it. */
export function describeService(store: EcsStore, service: ServiceRecord, withTags: boolean) {
  const { settings } = service;
  const { running, pending } = counts(store.tasksOf(service));
  const active = store.activeDeployment(service);
  return {
    ...without(settings, OF_THE_INPUT),
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    loadBalancers: settings.loadBalancers ?? [],
    serviceRegistries: settings.serviceRegistries ?? [],
    status: service.status,
    desiredCount: service.desired,
    runningCount: running,
    pendingCount: pending,
    ...placement(settings, 'LATEST'),
    deploymentConfiguration: deploymentConfiguration(settings.deploymentConfiguration),
    deployments: service.status === 'INACTIVE' ? [] : deploymentsOf(store, service),
    events: service.events.map((e) => ({ ...e, createdAt: new Date(e.createdAt) })),
    createdAt: new Date(service.createdAt),
    ...(active ? { currentServiceDeployment: active.arn } : {}),
    currentServiceRevisions: currentRevisions(store, service),
    placementConstraints: settings.placementConstraints ?? [],
    placementStrategy: settings.placementStrategy ?? [],
    schedulingStrategy: settings.schedulingStrategy ?? 'REPLICA',
    createdBy: `arn:aws:iam::${store.context.account}:root`,
    ...(settings.role ? { roleArn: settings.role } : {}),
    enableECSManagedTags: settings.enableECSManagedTags ?? false,
    propagateTags: settings.propagateTags ?? 'NONE',
    enableExecuteCommand: settings.enableExecuteCommand ?? false,
    availabilityZoneRebalancing: settings.availabilityZoneRebalancing ?? 'DISABLED',
    ...(service.express ? { resourceManagementType: 'ECS' } : {}),
    ...(withTags ? { tags: tagList(service.tags) } : {}),
  };
}

function currentRevisions(store: EcsStore, service: ServiceRecord) {
  const byRevision = new Map<string, TaskRecord[]>();
  if (service.currentRevision) byRevision.set(service.currentRevision, []);
  for (const task of store.tasksOf(service)) {
    const arn = task.revisionArn ?? '';
    byRevision.set(arn, [...(byRevision.get(arn) ?? []), task]);
  }
  return [...byRevision].map(([arn, tasks]) => revisionSummary(store, service, arn, tasks));
}

function revisionSummary(store: EcsStore, service: ServiceRecord, arn: string, tasks: readonly TaskRecord[]) {
  const { running, pending } = counts(tasks);
  const active = store.activeDeployment(service);
  const wanted = active
    ? active.rollback
      ? active.rollback.revisionArn
      : active.target
    : service.currentRevision;
  return {
    arn,
    requestedTaskCount: arn === wanted ? service.desired : tasks.length,
    runningTaskCount: running,
    pendingTaskCount: pending,
  };
}

/** The older view: PRIMARY is what the service goes to, ACTIVE what it comes from. */
function deploymentsOf(store: EcsStore, service: ServiceRecord) {
  const active = store.activeDeployment(service);
  const newest = service.deployments[0];
  if (!newest) return [];
  const goingBack = newest.rollback !== undefined || (!active && newest.target !== service.currentRevision);
  const primary = goingBack && service.currentRevision ? service.currentRevision : newest.target;
  const others = active
    ? [...new Set(store.tasksOf(service).map((t) => t.revisionArn))].filter((arn) => arn && arn !== primary)
    : [];
  return [
    legacy(store, service, newest, primary, 'PRIMARY'),
    ...others.map((arn) => {
      const own = service.deployments.find((d) => d.target === arn) ?? newest;
      return legacy(store, service, own, arn ?? '', 'ACTIVE');
    }),
  ];
}

function legacy(
  store: EcsStore,
  service: ServiceRecord,
  deployment: DeploymentRecord,
  revisionArn: string,
  status: 'PRIMARY' | 'ACTIVE',
) {
  const revision = store.revisions.get(revisionArn);
  const { running, pending } = counts(store.tasksOf(service).filter((t) => t.revisionArn === revisionArn));
  const rolledBack = status === 'PRIMARY' && deployment.target !== revisionArn;
  const state = rolloutState(store, service, deployment, status);
  return {
    ...without(revision?.settings ?? {}, ['loadBalancers', 'serviceRegistries']),
    id: rolledBack ? `${deployment.id.slice(0, -1)}0` : deployment.id,
    status,
    taskDefinition: revision?.taskDefinition,
    desiredCount: status === 'PRIMARY' ? service.desired : running,
    pendingCount: pending,
    runningCount: running,
    failedTasks: rolledBack ? 0 : deployment.failedTasks,
    createdAt: new Date(deployment.createdAt),
    updatedAt: new Date(deployment.updatedAt),
    ...placement({ ...service.settings, ...revision?.settings }, '1.4.0'),
    ...state,
  };
}

function rolloutState(
  store: EcsStore,
  service: ServiceRecord,
  deployment: DeploymentRecord,
  status: 'PRIMARY' | 'ACTIVE',
) {
  const id = deployment.id;
  if (status === 'ACTIVE') {
    if (deployment.rollback)
      return {
        rolloutState: 'FAILED',
        rolloutStateReason: deployment.statusReason ?? 'tasks failed to start.',
      };
    // One that a newer deployment replaced never reached its steady state.
    return deployment.status === 'SUCCESSFUL'
      ? { rolloutState: 'COMPLETED', rolloutStateReason: `ECS deployment ${id} completed.` }
      : { rolloutState: 'IN_PROGRESS', rolloutStateReason: `ECS deployment ${id} in progress.` };
  }
  if (store.activeDeployment(service))
    return {
      rolloutState: 'IN_PROGRESS',
      rolloutStateReason: deployment.rollback
        ? `ECS deployment circuit breaker: rolling back to deploymentId ${id}.`
        : `ECS deployment ${id} in progress.`,
    };
  const failed = ['ROLLBACK_FAILED'].includes(deployment.status);
  return failed
    ? {
        rolloutState: 'FAILED',
        rolloutStateReason: deployment.statusReason ?? `ECS deployment ${id} failed.`,
      }
    : { rolloutState: 'COMPLETED', rolloutStateReason: `ECS deployment ${id} completed.` };
}

/** A deployment as DescribeServiceDeployments shows it. */
export function describeDeployment(store: EcsStore, deployment: DeploymentRecord) {
  const service = store.services.get(deployment.serviceArn);
  const tasks = service ? store.tasksOf(service) : [];
  const of = (arn: string) => counts(tasks.filter((t) => t.revisionArn === arn));
  const summary = (arn: string, requested: number, weight: number, test = 0) => ({
    arn,
    requestedTaskCount: requested,
    runningTaskCount: of(arn).running,
    pendingTaskCount: of(arn).pending,
    requestedProductionTrafficWeight: weight,
    requestedTestTrafficWeight: test,
  });
  const { alarms } = deployment.configuration;
  const watched = [...new Set([...(alarms?.enable ? alarms.alarmNames : []), ...deployment.triggeredAlarms])];
  const rolling = deployment.configuration.strategy === 'ROLLING';
  return {
    serviceDeploymentArn: deployment.arn,
    serviceArn: deployment.serviceArn,
    clusterArn: deployment.clusterArn,
    createdAt: new Date(deployment.createdAt),
    ...time('startedAt', deployment.startedAt),
    ...time('finishedAt', deployment.finishedAt),
    ...time('stoppedAt', deployment.stoppedAt),
    updatedAt: new Date(deployment.updatedAt),
    sourceServiceRevisions: deployment.source.map((arn) =>
      summary(arn, of(arn).running, rolling ? 0 : 100 - deployment.weight),
    ),
    targetServiceRevision: summary(
      deployment.target,
      service?.desired ?? 0,
      rolling ? 100 : deployment.weight,
      deployment.testWeight,
    ),
    status: deployment.status,
    ...(deployment.statusReason ? { statusReason: deployment.statusReason } : {}),
    ...(deployment.lifecycleStage && !rolling ? { lifecycleStage: deployment.lifecycleStage } : {}),
    ...(deployment.hooks.length > 0 ? { lifecycleHookDetails: deployment.hooks.map(describeHook) } : {}),
    deploymentConfiguration: deployment.configuration,
    ...(deployment.rollback
      ? {
          rollback: {
            reason: deployment.rollback.reason,
            startedAt: new Date(deployment.rollback.startedAt),
            ...(deployment.rollback.revisionArn
              ? { serviceRevisionArn: deployment.rollback.revisionArn }
              : {}),
          },
        }
      : {}),
    deploymentCircuitBreaker: {
      status: deployment.breaker,
      failureCount: deployment.failedTasks,
      threshold: deployment.threshold,
    },
    ...(watched.length > 0
      ? {
          alarms: {
            status: deployment.triggeredAlarms.length > 0 ? 'TRIGGERED' : 'MONITORING',
            alarmNames: watched,
            triggeredAlarmNames: deployment.triggeredAlarms,
          },
        }
      : {}),
  };
}

const describeHook = (run: HookRun) => ({
  hookId: run.id,
  targetType: run.targetType,
  ...(run.targetArn ? { targetArn: run.targetArn } : {}),
  status: run.status,
  expiresAt: new Date(run.expiresAt),
  timeoutAction: run.timeoutAction,
});

/** A revision as DescribeServiceRevisions shows it: what ran, by digest. */
export function describeRevision(store: EcsStore, revision: RevisionRecord) {
  const service = store.services.get(revision.serviceArn);
  const balancers = (revision.settings.loadBalancers ?? []).map((one) => ({
    targetGroupArn: groupOf(one, revision),
    productionListenerRule: one.advancedConfiguration?.productionListenerRule,
  }));
  return {
    ...revision.settings,
    serviceRevisionArn: revision.arn,
    serviceArn: revision.serviceArn,
    clusterArn: revision.clusterArn,
    taskDefinition: revision.taskDefinition,
    ...placement(revision.settings, '1.4.0'),
    containerImages: revision.images,
    guardDutyEnabled: false,
    createdAt: new Date(revision.createdAt),
    ...(balancers.length > 0 ? { resolvedConfiguration: { loadBalancers: balancers } } : {}),
    ...(revision.express && service
      ? {
          ecsManagedResources: {
            ingressPaths: [{ accessType: 'PUBLIC', endpoint: `127.0.0.1:${service.port}` }],
          },
        }
      : {}),
  };
}
