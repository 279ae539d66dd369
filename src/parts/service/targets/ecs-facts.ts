import type { EcsApi, EcsService, EcsTask, TaskDefinition } from '../../../aws/ecs.ts';
import { awsProblem } from '../../../aws/errors.ts';
import type { LogsApi } from '../../../aws/logs.ts';
import { refused } from '../../../runtime/errors.ts';
import type { LifecycleHook } from '../candidate/hooks.ts';
import { digestOf } from '../plan/image-ref.ts';
import type { BackendSpec } from '../plan/spec.ts';

/** `undefined` where there is no such service. @throws ActionError `refused` where the cluster is not there. */
export async function describeService(
  api: EcsApi,
  cluster: string,
  name: string,
): Promise<EcsService | undefined> {
  return api.service(cluster, name).catch((error) => {
    throw awsProblem(error, {
      operation: 'ecs:DescribeServices',
      resource: `${name} in cluster ${cluster}`,
      input: 'service',
    });
  });
}

/** @throws ActionError `refused` where secrets are wanted and there is no role to read them with. */
export function refuseRoleless(role: string | undefined, wanted: BackendSpec, arn: string): void {
  if (role || Object.keys(wanted.secrets).length === 0) return;
  throw refused({
    input: 'secrets',
    what: 'the task definition has no execution role, and ECS reads secrets with it',
    found: arn,
    fix: 'give it an execution role that may call secretsmanager:GetSecretValue on them',
  });
}

/** Task definition that the service is to run. An Express service need not name it itself. */
export const definitionOfService = (service: EcsService): string | undefined =>
  service.taskDefinition ?? primaryOf(service)?.taskDefinition;

const primaryOf = (service: EcsService) => service.deployments?.find((one) => one.status === 'PRIMARY');

/**
 * True while ECS is on its way to the wanted number of tasks of the service's revision: false where its newest
 * deployment brings another one, or was given up.
 */
export function isComing(service: EcsService): boolean {
  const primary = primaryOf(service);
  if (!primary) return true;
  return primary.taskDefinition === definitionOfService(service) && primary.rolloutState !== 'FAILED';
}

/** Digest of what a task's container runs, as far as the task tells. */
export function digestOfTask(task: EcsTask, container: string): string | undefined {
  const found = task.containers?.find((one) => one.name === container);
  return found?.imageDigest || digestOf(found?.image ?? '');
}

/** Why a task stopped, with its containers' exit codes. */
export function describeStopped(task: Pick<EcsTask, 'taskArn' | 'stoppedReason' | 'containers'>): string {
  const containers = (task.containers ?? [])
    .filter((container) => container.exitCode !== undefined || container.reason)
    .map((container) => {
      const code = container.exitCode === undefined ? '' : ` exited with code ${container.exitCode}`;
      return `${container.name}${code}${container.reason ? `: ${container.reason}` : ''}`;
    });
  return [`task ${shortArn(task.taskArn)}: ${task.stoppedReason ?? 'stopped'}`, ...containers].join('; ');
}

/** The last lines that a container of a task printed, where it logs to CloudWatch. */
export async function tailOf(
  logs: LogsApi,
  definition: TaskDefinition,
  container: string,
  taskArn: string | undefined,
  since: number,
): Promise<string[]> {
  const options = definition.containerDefinitions?.find((one) => one.name === container)?.logConfiguration;
  const group = options?.options?.['awslogs-group'];
  const prefix = options?.options?.['awslogs-stream-prefix'];
  if (options?.logDriver !== 'awslogs' || !group) return [];
  const streamPrefix = prefix ? `${prefix}/${container}/${taskArn ? shortArn(taskArn) : ''}` : undefined;
  return logs.tail(group, { since, limit: 20, streamPrefix });
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentLifecycleHook.html, with its defaults */
export const hooksOf = ({ deploymentConfiguration }: EcsService): LifecycleHook[] =>
  (deploymentConfiguration?.lifecycleHooks ?? []).map(
    ({ targetType, lifecycleStages, timeoutConfiguration }) => ({
      type: targetType ?? 'AWS_LAMBDA',
      stages: lifecycleStages ?? [],
      timeoutAction: timeoutConfiguration?.action ?? 'ROLLBACK',
      timeout: timeoutConfiguration?.timeoutInMinutes ?? 1440,
    }),
  );

/** A date of an answer: seconds since the epoch, see json-client.ts. */
export const seconds = (date: Date | undefined): number => Number(date ?? 0);
export const shortArn = (arn: string | undefined): string => (arn ?? '').split('/').at(-1) ?? '';
