import type { EcsApi } from '../../aws/ecs.ts';
import { awsProblem, readAwsError } from '../../aws/errors.ts';
import type { Clock } from '../../runtime/clock.ts';
import type { Log } from '../../runtime/log.ts';
import { seconds, shortArn } from './ecs-facts.ts';

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
/** Id of a rollout that cannot be found: it counts as vanished, and so as failed. */
export const LOST = 'not found';

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

  async arns(): Promise<ReadonlySet<string>> {
    return new Set((await this.#list()).map((one) => one.serviceDeploymentArn ?? ''));
  }

  /** Our own service deployment: one that was not there before, and that brings what we asked for. */
  async find(
    known: ReadonlySet<string>,
    isOurs: (brief: Brief) => Promise<boolean>,
    within = APPEARS_WITHIN,
  ): Promise<string> {
    const { clock, log } = this.#ports;
    const end = clock.now() + within;
    const judged = new Set(known);
    for (;;) {
      for (const brief of await this.#list()) {
        const arn = brief.serviceDeploymentArn ?? '';
        if (judged.has(arn) || !brief.targetServiceRevisionArn) continue;
        if (await isOurs(brief)) return arn;
        judged.add(arn);
      }
      if (clock.now() >= end) {
        log.warning('the update was accepted, and no service deployment of it appeared');
        return LOST;
      }
      await clock.sleep(1000);
    }
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
