import type { EcsApi } from '../../../aws/ecs.ts';
import { awsProblem, mayBeDone, readAwsError } from '../../../aws/errors.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { ActionError } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { seconds, shortArn } from './ecs-facts.ts';
import { LOST } from './target.ts';

type Brief = Awaited<ReturnType<EcsApi['deployments']>>[number];

const UNDER_WAY = [
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
] as const;
/** A service deployment appears in the list some seconds after the update. Milliseconds. */
const APPEARS_WITHIN = 30_000;

/** Whose deployments they are, and how they are asked for. */
export interface DeploymentsPorts {
  readonly arn: string;
  readonly cluster: string;
  readonly name: string;
  readonly api: EcsApi;
  readonly clock: Clock;
  readonly log: Log;
}

/** The service deployments of one service: which is ours, what is under way, what came after. */
export class ServiceDeployments {
  readonly #ports: DeploymentsPorts;

  constructor(ports: DeploymentsPorts) {
    this.#ports = ports;
  }

  async underWay(): Promise<string | undefined> {
    const [running] = await this.#list(UNDER_WAY);
    return running && `service deployment ${shortArn(running.serviceDeploymentArn)} (${running.status})`;
  }

  /** One that is under way and brings this image: of a run that died before it heard which it had started. */
  async bringing(image: string): Promise<{ id: string; startedAt: number } | undefined> {
    for (const brief of await this.#list(UNDER_WAY)) {
      const revision = await this.#ports.api.revision(brief.targetServiceRevisionArn ?? '');
      if (revision?.containerImages?.some((one) => one.image === image)) {
        return { id: brief.serviceDeploymentArn ?? LOST, startedAt: seconds(brief.createdAt) * 1000 };
      }
    }
    return undefined;
  }

  /** A service deployment that was made after ours, by someone else. */
  async replacement(mine: string): Promise<string | undefined> {
    const all = await this.#list();
    const own = all.find((one) => one.serviceDeploymentArn === mine);
    const later = all.find((one) => own && one !== own && seconds(one.createdAt) > seconds(own.createdAt));
    return later && `service deployment ${shortArn(later.serviceDeploymentArn)}`;
  }

  /** @returns false where it is over already, or was never found. */
  async stop(id: string): Promise<boolean> {
    if (id === '' || id === LOST) return false;
    try {
      await this.#ports.api.stopDeployment(id);
      return true;
    } catch (error) {
      this.#ports.log.debug(`ecs:StopServiceDeployment: ${readAwsError(error).code}`);
      return false;
    }
  }

  /** Answers a hook that holds a rollout. @returns false where it does not wait any more. @throws ActionError */
  async answer(id: string, hook: string, action: 'CONTINUE' | 'ROLLBACK'): Promise<boolean> {
    const { api } = this.#ports;
    try {
      await api.continueDeployment(id, hook, action);
      return true;
    } catch (error) {
      if (readAwsError(error).code === 'InvalidParameterException') return false;
      if (mayBeDone(error) && !(await this.#waits(id, hook))) return true;
      throw awsProblem(error, {
        operation: 'ecs:ContinueServiceDeployment',
        resource: id,
        input: 'gate',
        afterChange: true,
      });
    }
  }

  /** True also where it cannot be read. */
  async #waits(id: string, hook: string): Promise<boolean> {
    const deployment = await this.#ports.api.deployment(id).catch(() => 'unknown' as const);
    if (deployment === 'unknown') return true;
    const found = deployment?.lifecycleHookDetails?.find(({ hookId }) => hookId === hook);
    return found?.status === 'AWAITING_ACTION';
  }

  /**
   * Those that are there before an update. @param evenBlind `undefined` where they cannot be read, and no error
   */
  async known(evenBlind: boolean): Promise<ReadonlySet<string> | undefined> {
    try {
      return new Set((await this.#list()).map((one) => one.serviceDeploymentArn ?? ''));
    } catch (error) {
      if (!evenBlind) throw error;
      return undefined;
    }
  }

  /** Reads what {@link find} and a watch read. @throws ActionError `refused` where one of it may not be read. */
  async rehearse(): Promise<void> {
    const [newest] = await this.#list();
    const { api, arn } = this.#ports;
    const may = <T>(operation: string, read: Promise<T>) =>
      read.catch((error) => {
        throw awsProblem(error, { operation, resource: arn, input: 'service' });
      });
    if (!newest?.serviceDeploymentArn || !newest.targetServiceRevisionArn) return;
    await Promise.all([
      may('ecs:DescribeServiceDeployments', api.deployment(newest.serviceDeploymentArn)),
      may('ecs:DescribeServiceRevisions', api.revision(newest.targetServiceRevisionArn)),
    ]);
  }

  /**
   * Our own service deployment: one that was not there before, and that brings what we asked for. The update has been
   * sent, so no error ends this but the loss of the permission.
   * @param known `undefined`: it was not possible to read the list before the update
   * @returns its ARN, or {@link LOST}
   */
  async find(
    known: ReadonlySet<string> | undefined,
    isOurs: (brief: Brief) => Promise<boolean>,
    within = APPEARS_WITHIN,
  ): Promise<string> {
    if (!known) return LOST;
    const { clock, log } = this.#ports;
    const end = clock.now() + within;
    const judged = new Set(known);
    for (;;) {
      try {
        const found = await this.#firstOf(judged, isOurs);
        if (found) return found;
      } catch (error) {
        const { kind, code } = readAwsError(error instanceof ActionError ? error.problem.cause : error);
        log.warning(`the service deployment of the update could not be looked up (${code})`);
        if (kind === 'denied' || kind === 'credentials') return LOST;
      }
      if (clock.now() >= end) {
        log.warning('no service deployment of the update was found');
        return LOST;
      }
      await clock.sleep(1000);
    }
  }

  async #firstOf(judged: Set<string>, isOurs: (brief: Brief) => Promise<boolean>) {
    for (const brief of await this.#list()) {
      const arn = brief.serviceDeploymentArn ?? '';
      if (judged.has(arn) || !brief.targetServiceRevisionArn) continue;
      if (await isOurs(brief)) return arn;
      judged.add(arn);
    }
    return undefined;
  }

  async #list(status?: Parameters<EcsApi['deployments']>[2]): Promise<Brief[]> {
    const { api, cluster, name, arn } = this.#ports;
    return api.deployments(cluster, name, status).catch((error) => {
      throw awsProblem(error, {
        operation: 'ecs:ListServiceDeployments',
        resource: arn,
        input: 'service',
      });
    });
  }
}
