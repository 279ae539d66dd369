import type { RunContext } from '../runtime/action.ts';
import type { Clock } from '../runtime/clock.ts';
import { ActionError, messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { closeAbandonedRecords } from './abandoned.ts';
import { endingOf, unknownParts } from './ending.ts';
import type { Hold, Ledger } from './ledger.ts';
import type { Part, PreparedPart } from './part.ts';
import { prepareAll, type Unprepared } from './prepare-all.ts';
import type { Pointer } from './record.ts';
import { Recorder } from './recorder.ts';
import { refuseEarly } from './refuse-early.ts';
import { ChecksFailed, type ReleaseEnd, type ReleaseSteps, takeLive } from './take-live.ts';

/** A whole release, as it is to be. */
export interface DeployRequest {
  readonly id: string;
  readonly parts: readonly Unprepared[];
  /** Names of the parts: those of a wave are activated together, one wave after the other. */
  readonly waves: ReadonlyArray<readonly string[]>;
  readonly dryRun: boolean;
  readonly rollbackOnFailure: boolean;
}

export interface DeployPorts {
  readonly ledger: Ledger;
  readonly run: RunContext;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Runs the smoke checks on the release as a whole; absent where there are none. */
  readonly gate: ReleaseSteps['gate'];
  /** Told of each plan, before the lock is asked for. */
  planned(parts: readonly PreparedPart[]): Promise<void>;
  /** Takes the lock. */
  lock(): Promise<Hold>;
  /**
   * May these parts go live? Asked before the lock, where nothing has been written yet, and again under it.
   * @returns names of the parts of which the ledger knows no release: what they run is adopted
   * @throws ActionError `refused`: an older commit, another service under a part's name
   */
  guard(parts: readonly PreparedPart[], current: Pointer | undefined, log: Log): Promise<ReadonlySet<string>>;
  /** The record is there, and from now on something may be changed. @param before the pointer as it stands */
  opened(before: Pointer | undefined): void;
  /** There is nothing left to put right. */
  closed(): void;
  /** True while a post step has something to put right. */
  isOpen(): boolean;
}

/** How a deployment ended. */
export type Deployed =
  | { readonly kind: 'planned'; readonly parts: readonly PreparedPart[] }
  | {
      readonly kind: 'ended';
      readonly parts: readonly Part[];
      readonly end: ReleaseEnd;
      /** What was live before, after what was there has been adopted. */
      readonly before: Pointer | undefined;
    };

/**
 * Deploys a release of any number of parts: prepare all, lock, fence, adopt what was live, then take it live as a whole
 * (see {@link takeLive}). A release is whole or it was never there.
 * @throws ActionError `refused` as long as nothing has been changed; the signal's reason when it is aborted: then the
 * post step puts right what {@link DeployPorts.isOpen} says
 */
export async function deployRelease(request: DeployRequest, ports: DeployPorts): Promise<Deployed> {
  const { ledger, log } = ports;
  const prepared = await prepareAll(request.parts);
  try {
    await ports.planned(prepared);
    const quiet = { ...log, notice: () => {} };
    const ask = async () => void (await ports.guard(prepared, await ledger.current(), quiet));
    if (request.dryRun) {
      await ask();
      return { kind: 'planned', parts: prepared };
    }
    await refuseEarly(ledger, ask);
    const hold = await ports.lock();
    try {
      return await deployLocked(request, ports, prepared, hold);
    } finally {
      // While something is open, nobody else comes in between before the post step has put it right.
      await (ports.isOpen() ? hold.leave() : hold.release());
    }
  } finally {
    for (const part of prepared) part.close?.();
  }
}

async function deployLocked(
  request: DeployRequest,
  ports: DeployPorts,
  prepared: readonly PreparedPart[],
  hold: Hold,
): Promise<Deployed> {
  const signal = AbortSignal.any([ports.signal, hold.signal]);
  const current = await ports.ledger.current();
  const firsts = await ports.guard(prepared, current, ports.log);
  const parts = await Promise.all(
    prepared.map((part) => part.take({ signal, isFirst: firsts.has(part.name) })),
  );
  const before = (await adopt(parts, request.id, ports)) ?? current;
  const end = await carryOut(request, { ...ports, signal }, parts, before);
  return { kind: 'ended', parts, end, before };
}

/** What was live before the first release is recorded as a release of its own. @returns the pointer to it, where there is any */
async function adopt(
  parts: readonly Part[],
  release: string,
  { ledger, run, log }: DeployPorts,
): Promise<Pointer | undefined> {
  const found = await Promise.all(
    parts.map(async (part) => {
      const adopted = await part.adopt?.();
      return adopted ? [{ name: part.name, ...adopted }] : [];
    }),
  );
  const adopted = found.flat();
  if (adopted.length === 0) return undefined;
  const id = `${release}.adopted`;
  await ledger.open({ id, type: 'adoption', run: { ...run, commit: '' } });
  await ledger.writeParts(id, Object.fromEntries(adopted.map(({ name, record }) => [name, record])));
  const pointer = await ledger.movePointer(
    id,
    adopted.map(({ name }) => name),
  );
  await Promise.all(adopted.map(({ settle }) => settle()));
  log.info(`what was live before the first release is recorded as release ${id}`);
  return pointer;
}

async function carryOut(
  request: DeployRequest,
  ports: DeployPorts,
  parts: readonly Part[],
  before: Pointer | undefined,
): Promise<ReleaseEnd> {
  const { ledger, log, signal, run } = ports;
  const recorder = new Recorder(ports, { draft: { id: request.id, type: 'deployment', run }, parts });
  const changing = new Set(parts.filter(({ plan }) => plan.changes).map(({ name }) => name));
  try {
    const end = await takeLive(inWaves(parts, request.waves), {
      log,
      signal,
      gate: ports.gate,
      putBackOnFailure: request.rollbackOnFailure,
      doing: 'activating',
      open: async () => {
        await recorder.open();
        ports.opened(before);
      },
      seal: (live, checks) =>
        recorder.seal(live, checks, (name) => (changing.has(name) ? 'deployed' : 'unchanged')),
      isSealed: () => recorder.isSealed(),
    });
    ports.closed();
    if (end.kind === 'put-back' || end.kind === 'torn') {
      const checks = end.cause instanceof ChecksFailed ? 'failed' : undefined;
      const { outcome } = endingOf(end, changing.size > 0, request.rollbackOnFailure);
      await recorder.end(outcome, messageOf(end.cause), checks, unknownParts(end));
    }
    await closeAbandonedRecords(ledger, request.id, parts, ports);
    return end;
  } catch (error) {
    await recorder.end(error instanceof ActionError ? error.outcome : 'failed', messageOf(error));
    throw error;
  }
}

/** The parts in their waves; each stands in one. */
const inWaves = (parts: readonly Part[], waves: DeployRequest['waves']) =>
  waves.map((wave) => wave.flatMap((name) => parts.filter((part) => part.name === name)));
