import { messageOf } from '../../../runtime/errors.ts';
import { formatPercent, isFailure, type Sample } from '../probe/probe-statistics.ts';
import type { Observation, Rollout } from '../targets/target.ts';
import type { Deployment } from './deployment.ts';
import { type Failure, failure } from './failure.ts';

/** The alarms are read at every so manieth look: their own periods are 10 s at the least. */
const ALARMS_EVERY = 5;

/**
 * Whether the probe's answers since users are on the new version let it stay. One failure alone is no evidence: an answer
 * may be lost on the way.
 * @param rate largest share of requests that may fail, 0 to 1
 */
export function judgeBake(
  samples: readonly Sample[],
  usuallyFine: boolean,
  rate: number,
): string | undefined {
  const failed = samples.filter((sample) => isFailure(sample, usuallyFine)).length;
  if (failed < 2 || failed <= samples.length * rate) return undefined;
  return `${failed} of ${samples.length} requests failed in the bake, more than the ${formatPercent(rate)} of max-error-rate`;
}

/**
 * Watches the bake of a strategy that shifts traffic: all users are on the new version, and the old one still runs beside
 * it. What fails here is stopped, and ECS shifts the weights back in seconds; a new update would start the old tasks anew.
 */
export class Bake {
  readonly #d: Deployment;
  readonly #rollout: Rollout;
  readonly #work: Promise<unknown>[] = [];
  #looks = 0;
  #since = 0;
  #failure: Failure | undefined;

  constructor(d: Deployment, rollout: Rollout) {
    this.#d = d;
    this.#rollout = rollout;
  }

  /** Told of each look at the rollout. */
  looked({ stage, phase }: Observation): void {
    const { target, ports } = this.#d;
    if (target.kind !== 'ecs' || stage !== 'BAKE_TIME' || phase !== 'under-way' || this.#failure) return;
    if (this.#looks === 0) {
      this.#since = ports.clock.now();
      ports.log.info('all users are on the new version, and the old one still runs: checked now');
      this.#start(() => this.#smoke());
    }
    if (this.#looks % ALARMS_EVERY === 0) this.#start(() => this.#alarms());
    this.#looks++;
    this.#probe();
  }

  /** @returns why it was stopped, when all that was begun is over */
  async end(): Promise<Failure | undefined> {
    await Promise.all(this.#work);
    return this.#failure;
  }

  #start(work: () => Promise<void>): void {
    const { signal } = this.#d.ports;
    this.#work.push(
      work().catch((error: unknown) => {
        if (!signal.aborted)
          this.#fail(failure('failed', `the bake could not be watched: ${messageOf(error)}`));
      }),
    );
  }

  #probe(): void {
    const { probe, config } = this.#d;
    if (!probe?.report().counts) return;
    const { updatedAt = 0 } = probe.marks;
    const before = probe.samples().filter(({ at }) => at < updatedAt);
    const usuallyFine = before.length > 0 && before.every(({ status }) => status > 0 && status < 400);
    const since = probe.samples().filter(({ at }) => at >= this.#since);
    const why = judgeBake(since, usuallyFine, config.probe.maxErrorRate);
    if (why) this.#fail(failure('failed', why));
  }

  async #smoke(): Promise<void> {
    const { ports, snapshot } = this.#d;
    const answer = await ports.gate?.(snapshot.url);
    if (!answer) return;
    this.#d.smoke = answer;
    if (answer.outcome === 'failed')
      this.#fail(failure('failed', 'the smoke checks failed', answer.problems));
  }

  async #alarms(): Promise<void> {
    const judged = await this.#d.alarms?.watch(0);
    if (!judged?.rang.length) return;
    this.#d.alarmJudgement = judged;
    const names = judged.rang.map(({ name }) => name).join(', ');
    const reasons = judged.rang.map(({ name, reason }) => `${name}: ${reason}`);
    this.#fail(failure('failed', `${names} began to ring in the bake`, reasons));
  }

  #fail(why: Failure): void {
    if (this.#failure) return;
    this.#failure = why;
    const { target, ports } = this.#d;
    ports.log.warning(`${why.why}: the rollout is stopped, and users go back to the old version`);
    this.#work.push(target.stop(this.#rollout).catch(() => false));
  }
}
