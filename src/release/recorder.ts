import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Outcome, SmokeOutcome } from '../runtime/outcome.ts';
import type { Ledger } from './ledger.ts';
import type { LivePart, Part } from './part.ts';
import type { PartRecord, Parts, Result } from './record.ts';
import type { ReleaseDraft } from './records.ts';
import type { LiveParts } from './take-live.ts';

type PartFields = LivePart['fields'];
/** Fields by name of the part. */
type Changed = ReadonlyMap<string, PartFields>;

export interface RecorderPorts {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly log: Log;
}

/** The release that is recorded. */
export interface Recorded {
  readonly draft: Omit<ReleaseDraft, 'parts'>;
  readonly parts: readonly Pick<Part, 'name' | 'wanted'>[];
}

/** Writes the record of a release that has all its parts in one hand, and moves the pointer to it. */
export class Recorder {
  readonly #ports: RecorderPorts;
  readonly #release: Recorded;
  readonly #startedAt: string;
  readonly #written = new Map<string, PartRecord>();
  #opening: Promise<void> | undefined;

  constructor(ports: RecorderPorts, release: Recorded) {
    this.#ports = ports;
    this.#release = release;
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

  /**
   * All parts are live and proved: the pointer moves, what can wait until then is done, and the record says that all is
   * well. A run that dies in between leaves the record open.
   * @param resultOf what the record says of a part
   */
  async seal(
    live: LiveParts,
    checks: SmokeOutcome | undefined,
    resultOf: (name: string) => Extract<Result, 'deployed' | 'unchanged'>,
  ): Promise<void> {
    const { ledger } = this.#ports;
    const { draft, parts } = this.#release;
    const written = this.#write(
      this.#all((name) => ({ ...live.get(name)?.fields, result: 'in-progress' })),
      checks,
    );
    const moving = ledger.point(
      draft.id,
      parts.map(({ name }) => name),
    );
    // Neither is left under way: whether the pointer has moved decides what a failure leads to.
    await Promise.allSettled([written, moving]);
    const [, moved] = await Promise.all([written, moving]);
    const ended = this.#with(this.#all((name) => ({ result: resultOf(name) })));
    const ending = [moved.record(ended), ...[...live.values()].map((part) => part.finish())];
    await Promise.allSettled(ending);
    await Promise.all(ending);
  }

  /** Whether the pointer has moved to this release; true also where nobody can say: then nothing more is touched. */
  isSealed(): Promise<boolean> {
    return this.#ports.ledger.current().then(
      (now) => now?.release === this.#release.draft.id,
      () => true,
    );
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
      await this.#write(
        this.#all((part) => ({ result: unknown.has(part) ? 'unknown' : outcome, cause })),
        checks,
      );
    } catch (error) {
      this.#ports.log.error(`the release record could not be written: ${messageOf(error)}`);
    }
  }

  async #open(): Promise<void> {
    const parts = this.#with(this.#all(() => ({ result: 'in-progress' })));
    await this.#ports.ledger.open({ ...this.#release.draft, parts });
  }

  /** These fields over what is recorded of the parts already; what the record is to say next. */
  #with(changed: Changed): Parts {
    const startedAt = this.#startedAt;
    for (const { name, wanted } of this.#release.parts) {
      const fields = changed.get(name);
      if (!fields) continue;
      const known = this.#written.get(name) ?? { ...wanted, startedAt };
      const { finishedAt: _, ...body } = { ...known, ...fields } as PartRecord;
      const finishedAt = new Date(this.#ports.clock.now()).toISOString();
      this.#written.set(name, body.result === 'in-progress' ? body : { ...body, finishedAt });
    }
    return Object.fromEntries(this.#written);
  }

  async #write(changed: Changed, checks?: SmokeOutcome): Promise<void> {
    const { ledger } = this.#ports;
    await ledger.writeParts(this.#release.draft.id, this.#with(changed), checks ? { checks } : {});
  }

  /** The same of every part. */
  #all(fields: (name: string) => PartFields): Changed {
    return new Map(this.#release.parts.map(({ name }) => [name, fields(name)]));
  }
}
