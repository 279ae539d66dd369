import { randomUUID } from 'node:crypto';
import type { EcsApi, EcsTask, NetworkConfiguration } from '../../../aws/ecs.ts';
import { awsProblem, explainAws, mayBeDone, readAwsError } from '../../../aws/errors.ts';
import type { LogsApi } from '../../../aws/logs.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { formatDuration } from '../../../runtime/duration.ts';
import { ActionError, messageOf } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { poll } from '../../../runtime/poll.ts';
import type { MigrationConfig } from '../plan/config.ts';
import { repositoryOf } from '../plan/image-ref.ts';
import { chooseContainers, containerNames } from '../targets/container-choice.ts';
import { describeStopped, tailOf } from '../targets/ecs-facts.ts';
import type { OneOff } from '../targets/target.ts';
import { copyDefinition, specOfContainer } from '../targets/task-definition.ts';
import { type Failure, failure } from './failure.ts';

export interface MigrationPorts {
  readonly ecs: EcsApi;
  readonly logs: LogsApi;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Runs the command in the new image, once, before the switch, and waits for its end. A task that does not end in time,
 * or whose deployment is cancelled, is stopped.
 * @returns why the switch must not happen; `undefined` where the command ended with 0.
 * @throws ActionError when the task cannot be started; the signal's reason when it is aborted.
 */
export async function runMigration(
  words: readonly string[],
  oneOff: OneOff,
  timeout: number,
  ports: MigrationPorts,
): Promise<Failure | undefined> {
  const { log, clock } = ports;
  const since = clock.now();
  const started = await startTask(words, oneOff, ports);
  const arn = started.taskArn ?? '';
  log.info(`task ${arn} runs ${JSON.stringify(words)}`);
  try {
    const ended = await waitForEnd(arn, oneOff, timeout, ports);
    const lines = await lastLines(oneOff, arn, since, ports);
    for (const line of lines) log.info(`  ${line}`);
    const code = ended.containers?.find((one) => one.name === oneOff.container)?.exitCode;
    log.info(`ended after ${formatDuration(clock.now() - since)} with exit code ${code ?? 'none'}`);
    if (code === 0) return undefined;
    const why = code === undefined ? 'did not run to its end' : `ended with exit code ${code}`;
    return failure('failed', `migrate-command ${why}; the service was not touched`, [
      describeStopped(ended),
      ...lines.slice(-10),
    ]);
  } catch (error) {
    await ports.ecs.stopTask(oneOff.cluster, arn, 'wwhd-deploy: gave up waiting').catch(() => {});
    if (ports.signal.aborted) throw error;
    if (!(error instanceof ActionError) || error.outcome !== 'timed-out') return lostSight(arn, error);
    const lines = await lastLines(oneOff, arn, since, ports);
    return failure(
      'timed-out',
      `migrate-command did not end within ${formatDuration(timeout)} and was stopped; the service was not touched`,
      lines.slice(-10),
    );
  }
}

/** The task was started, and what became of it cannot be read: it may have changed the database. */
function lostSight(arn: string, thrown: unknown): Failure {
  const error = explainAws(thrown) ?? thrown;
  return failure(
    'failed',
    `migrate-command was started and could not be watched to its end: look at task ${arn} and at the database; the service was not touched`,
    [messageOf(error)],
  );
}

async function startTask(
  words: readonly string[],
  oneOff: OneOff,
  { ecs }: MigrationPorts,
): Promise<EcsTask> {
  const { task, failure: refusal } = await ecs
    .runTask({
      cluster: oneOff.cluster,
      taskDefinition: oneOff.taskDefinition,
      count: 1,
      startedBy: 'wwhd-deploy',
      // The same token makes the SDK's own second attempt the same task: a migration must not run twice.
      clientToken: randomUUID(),
      ...(oneOff.network ? { networkConfiguration: oneOff.network } : {}),
      ...oneOff.placement,
      overrides: { containerOverrides: [{ name: oneOff.container, command: [...words] }] },
    })
    .catch((error) => {
      throw awsProblem(error, {
        operation: 'ecs:RunTask',
        resource: oneOff.taskDefinition,
        input: 'migrate-command',
        afterChange: mayBeDone(error),
      });
    });
  if (task?.taskArn) return task;
  throw new ActionError('failed', {
    input: 'migrate-command',
    what: 'the one-off task could not be placed; the service was not touched',
    found: refusal,
    fix: 'correct its cluster, network or capacity',
  });
}

async function waitForEnd(
  arn: string,
  oneOff: OneOff,
  timeout: number,
  { ecs, clock, signal, log }: MigrationPorts,
): Promise<EcsTask> {
  let said = '';
  return poll({ what: `task ${arn} to end`, every: 1000, timeout, clock, signal }, async () => {
    try {
      const task = await ecs.task(oneOff.cluster, arn);
      const status = task?.lastStatus ?? 'not in the list yet';
      if (status !== said) log.info(`  ${status}`);
      said = status;
      return status === 'STOPPED' ? task : undefined;
    } catch (error) {
      const { kind, code } = readAwsError(error);
      if (kind === 'denied' || kind === 'credentials') throw error;
      log.warning(`a status request did not work (${code}); asked again`);
      return undefined;
    }
  });
}

async function lastLines(
  oneOff: OneOff,
  arn: string,
  since: number,
  ports: MigrationPorts,
): Promise<string[]> {
  try {
    const { definition } = await ports.ecs.taskDefinition(oneOff.taskDefinition);
    return await tailOf(ports.logs, definition, oneOff.container, arn, since - 1000);
  } catch (error) {
    ports.log.debug(`the migration's log could not be read: ${readAwsError(error).code}`);
    return [];
  }
}

/** A task definition that is not the service's: for App Runner, which has none. Its copy gets the new image. */
export async function foreignOneOff(
  migration: MigrationConfig,
  container: string,
  image: string,
  ecs: EcsApi,
): Promise<OneOff> {
  const { cluster, network } = migration;
  const { definition, tags } = await foreignDefinition(migration, ecs);
  const wish = { names: containerNames(container), repository: repositoryOf(image) };
  const { main: chosen } = chooseContainers(definition, wish, {});
  const now = { ...specOfContainer(chosen), cpu: definition.cpu, memory: definition.memory };
  const copy = copyDefinition(definition, tags, chosen.name ?? '', now, { ...now, image });
  const arn = await ecs.registerTaskDefinition(copy).catch(fail(migration, 'ecs:RegisterTaskDefinition'));
  return {
    cluster,
    taskDefinition: arn,
    container: chosen.name ?? '',
    network,
    placement: { launchType: 'FARGATE' },
  };
}

/** @throws ActionError that names the input */
export function foreignDefinition(migration: MigrationConfig, ecs: EcsApi) {
  return ecs.taskDefinition(migration.taskDefinition).catch(fail(migration, 'ecs:DescribeTaskDefinition'));
}

const fail =
  ({ taskDefinition }: MigrationConfig, operation: string) =>
  (error: unknown) => {
    throw awsProblem(error, { operation, resource: taskDefinition, input: 'migrate-task-definition' });
  };

/** `subnets=a,b security-groups=c public-ip=true`, as one line or several. */
export function parseNetwork(text: string): NetworkConfiguration | undefined {
  const fields = new Map(
    text
      .split(/\s+/)
      .filter(Boolean)
      .map((part) => {
        const [name = '', value = ''] = part.split('=', 2);
        return [name, value.split(',').filter(Boolean)] as const;
      }),
  );
  const subnets = fields.get('subnets') ?? [];
  if (subnets.length === 0) return undefined;
  return {
    awsvpcConfiguration: {
      subnets,
      securityGroups: fields.get('security-groups') ?? [],
      assignPublicIp: fields.get('public-ip')?.[0] === 'true' ? 'ENABLED' : 'DISABLED',
    },
  };
}
