import type { Ledger } from '../../release/ledger.ts';
import type { BackendHalf, FrontendHalf, Part } from '../../release/record.ts';
import type { RunContext } from '../../runtime/action.ts';
import type { Clock } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Outcome, SmokeOutcome } from '../../runtime/outcome.ts';
import type { HalfPort } from './half.ts';
import type { Survey } from './survey.ts';

type HalfFields = Partial<BackendHalf & FrontendHalf>;
type Changed = Partial<Record<Part, HalfFields>>;
type Halves = { backend?: BackendHalf; frontend?: FrontendHalf };

export interface RecorderPorts {
  readonly ledger: Ledger;
  readonly run: RunContext;
  readonly clock: Clock;
  readonly log: Log;
}

/** The rollback whose release is recorded. */
export interface Recorded {
  readonly found: Survey;
  readonly halves: readonly HalfPort[];
  readonly id: string;
  readonly reason: string;
}

/** Writes the rollback's own release record. */
export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #rollback: Recorded;
  readonly #startedAt: string;
  readonly #written = new Map<Part, HalfFields>();
  #opening: Promise<void> | undefined;

  constructor(ports: RecorderPorts, rollback: Recorded) {
    this.#ports = ports;
    this.#rollback = rollback;
    this.#startedAt = new Date(ports.clock.now()).toISOString();
  }

  /**
   * Opens the record, once, with all halves under way: a run that dies leaves its trace, and the next one goes on with it.
   * @throws ActionError `refused` where the id is that of another release
   */
  open(): Promise<void> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** False where it was not opened or could not be: then nothing has been changed. */
  async isOpen(): Promise<boolean> {
    try {
      await this.#opening;
      return this.#opening !== undefined;
    } catch {
      return false;
    }
  }

  /** These halves over what is recorded of them already; what the record is to say next. */
  with(changed: Changed): Halves {
    const { halves } = this.#rollback;
    const startedAt = this.#startedAt;
    for (const [part, fields] of Object.entries(changed) as [Part, HalfFields][]) {
      const known = this.#written.get(part) ?? {
        ...halves.find((other) => other.part === part)?.half,
        startedAt,
      };
      const { finishedAt: _, ...body } = { ...known, ...fields };
      const finishedAt = new Date(this.#ports.clock.now()).toISOString();
      this.#written.set(part, body.result === 'in-progress' ? body : { ...body, finishedAt });
    }
    return Object.fromEntries(this.#written);
  }

  async write(changed: Changed, checks?: SmokeOutcome): Promise<void> {
    const halves = this.with(changed);
    await this.#ports.ledger.writeHalves(this.#rollback.id, { ...halves, ...(checks ? { checks } : {}) });
  }

  /** The same of every half. */
  all(fields: (part: Part) => HalfFields): Changed {
    return Object.fromEntries(this.#rollback.halves.map(({ part }) => [part, fields(part)]));
  }

  /**
   * Writes how every half ended that is not known to have ended well. Never throws.
   * @param unknown halves of which nobody can say what is live
   */
  async end(
    outcome: Outcome,
    cause: string,
    checks?: SmokeOutcome,
    unknown: ReadonlySet<Part> = new Set(),
  ): Promise<void> {
    if (!(await this.isOpen())) return;
    try {
      await this.write(
        this.all((part) => ({ result: unknown.has(part) ? 'unknown' : outcome, cause })),
        checks,
      );
    } catch (error) {
      this.#ports.log.error(`the release record could not be written: ${messageOf(error)}`);
    }
  }

  async #open(): Promise<void> {
    const { found, id, reason } = this.#rollback;
    const { target, current } = found;
    const { ledger, run } = this.#ports;
    await ledger.open({
      id,
      type: 'rollback',
      // What is live after it is the restored commit: an older one is fenced off from that on.
      run: { ...run, commit: target.commit, ref: target.ref },
      restores: target.id,
      replaces: found.resumes?.replaces ?? current.release,
      reason,
      halves: this.with(this.all(() => ({ result: 'in-progress' }))),
    });
  }
}
