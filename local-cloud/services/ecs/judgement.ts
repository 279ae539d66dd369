import type { CloudWatchService } from '../cloudwatch/index.ts';
import type { Live } from './fleet.ts';
import type { DeploymentRecord, ServiceRecord, TaskRecord } from './model.ts';
import type { EcsStore } from './store.ts';

/** Seconds at speed 1 before a task is started after one that failed. */
const RETRY = 10;

/** Tasks of the new revision that ended by themselves count against it, each once. */
export function countFailures(
  store: EcsStore,
  service: ServiceRecord,
  live: Live,
  deployment: DeploymentRecord,
): void {
  for (const task of store.tasks.values()) {
    const mine = task.serviceArn === service.arn && task.revisionArn === deployment.target;
    const ended = task.stoppingAt !== undefined && !live.counted.has(task.arn) && !live.leaving.has(task.arn);
    if (!mine || !ended || !failedByItself(task)) continue;
    live.counted.add(task.arn);
    deployment.failedTasks++;
    live.notBefore = store.context.now() + Math.max(200, (RETRY * 1000) / store.context.speed);
    store.event(service, `(deployment ${deployment.id}) (task ${task.id}) failed: ${task.stoppedReason}`);
  }
  if (deployment.configuration.deploymentCircuitBreaker?.resetOnHealthyTask === false) return;
  for (const task of store.tasksOf(service)) {
    if (!task.healthy || task.revisionArn !== deployment.target || live.wellSeen.has(task.arn)) continue;
    live.wellSeen.add(task.arn);
    deployment.failedTasks = 0;
  }
}

/** Names of a deployment's alarms that ring now. */
export function ringingAlarms(
  store: EcsStore,
  service: ServiceRecord,
  deployment: DeploymentRecord,
): string[] {
  const { alarms } = deployment.configuration;
  const watched: string[] = alarms?.enable ? alarms.alarmNames : [];
  const cloudWatch = store.context.service<CloudWatchService>('monitoring');
  return watched.filter((name) => cloudWatch.alarmState(service.region, name) === 'ALARM');
}

/** Why this deployment cannot go on; nothing where it can. */
export function whyGivenUp(
  store: EcsStore,
  service: ServiceRecord,
  live: Live,
  deployment: DeploymentRecord,
): string | undefined {
  const { deploymentCircuitBreaker } = deployment.configuration;
  if (deploymentCircuitBreaker?.enable && deployment.failedTasks >= deployment.threshold) {
    deployment.breaker = 'TRIGGERED';
    return 'Service deployment rolled back because the circuit breaker threshold was exceeded.';
  }
  const ringing = ringingAlarms(store, service, deployment).filter(
    (name) => !deployment.ignoredAlarms.includes(name),
  );
  if (service.express && deployment.source.length > 0 && live.errors.rings(store.context.now()))
    ringing.push(expressAlarm(service));
  if (ringing.length === 0) return undefined;
  deployment.triggeredAlarms = ringing;
  return `Service deployment rolled back because alarms [${ringing.join(', ')}] detected a failure.`;
}

/** Not one that a person, a smaller wanted count or a restart of the cloud has ended. */
const failedByItself = (task: TaskRecord): boolean =>
  task.stopCode === 'TaskFailedToStart' ||
  task.stopCode === 'EssentialContainerExited' ||
  (task.stoppedReason ?? '').startsWith('Task failed ELB health checks');

/** Name of the alarm that Express makes for a service. */
const expressAlarm = (service: ServiceRecord): string =>
  `${service.arn.split(':')[5]?.replaceAll('/', '-')}-rollback`;
