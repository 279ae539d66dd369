import type { Ledger } from '../../release/ledger.ts';
import type { PartPort } from '../../release/part.ts';
import type { PartRecord, Parts, ServicePart, SitePart } from '../../release/record.ts';
import type { RunContext } from '../../runtime/action.ts';
import type { Clock } from '../../runtime/clock.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Outcome, SmokeOutcome } from '../../runtime/outcome.ts';
import type { Survey } from './survey.ts';

type PartFields = Partial<ServicePart> | Partial<SitePart>;
/** Fields by name of the part. */
type Changed = ReadonlyMap<string, PartFields>;

export interface RecorderPorts {
  readonly ledger: Ledger;
  readonly run: RunContext;
  readonly clock: Clock;
  readonly log: Log;
}

/** The rollback whose release is recorded. */
export interface Recorded {
  readonly found: Survey;
  readonly parts: readonly PartPort[];
  readonly id: string;
  readonly reason: string;
}

/** Writes the rollback's own release record. */
export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #rollback: Recorded;
  readonly #startedAt: string;
  readonly #written = new Map<string, PartRecord>();
  #opening: Promise<void> | undefined;

  constructor(ports: RecorderPorts, rollback: Recorded) {
    this.#ports = ports;
    this.#rollback = rollback;
    this.#startedAt = new Date(ports.clock.now()).toISOString();
  }

  /**
   * Opens the record, once, with all parts under way: a run that dies leaves its trace, and the next one goes on with it.
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

  /** These fields over what is recorded of the parts already; what the record is to say next. */
  with(changed: Changed): Parts {
    const startedAt = this.#startedAt;
    for (const { name, wanted } of this.#rollback.parts) {
      const fields = changed.get(name);
      if (!fields) continue;
      const known = this.#written.get(name) ?? { ...wanted, startedAt };
      const { finishedAt: _, ...body } = { ...known, ...fields } as PartRecord;
      const finishedAt = new Date(this.#ports.clock.now()).toISOString();
      this.#written.set(name, body.result === 'in-progress' ? body : { ...body, finishedAt });
    }
    return Object.fromEntries(this.#written);
  }

  async write(changed: Changed, checks?: SmokeOutcome): Promise<void> {
    await this.#ports.ledger.writeParts(this.#rollback.id, this.with(changed), checks ? { checks } : {});
  }

  /** The same of every part. */
  all(fields: (name: string) => PartFields): Changed {
    return new Map(this.#rollback.parts.map(({ name }) => [name, fields(name)]));
  }

  /**
   * Writes how every part ended that is not known to have ended well. Never throws.
   * @param unknown parts of which nobody can say what is live
   */
  async end(
    outcome: Outcome,
    cause: string,
    checks?: SmokeOutcome,
    unknown: ReadonlySet<string> = new Set(),
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
      parts: this.with(this.all(() => ({ result: 'in-progress' }))),
    });
  }
}
