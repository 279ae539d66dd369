import { ActionError, messageOf } from '../../../runtime/errors.ts';
import { isOurPause } from '../candidate/hooks.ts';
import { concealVariables } from '../plan/conceal.ts';
import { digestOf, shortImage } from '../plan/image-ref.ts';
import { planChanges, planLines } from '../plan/plan.ts';
import { applyChange, type SpecChange } from '../plan/spec.ts';
import type { BackendState, Pause, Running, Target } from '../targets/target.ts';
import { isComplete, LISTS_LAG, sayTasks } from './proof.ts';
import { type Undo, wayBack } from './undo.ts';
import { whatRuns } from './verify.ts';
import { type WatchPorts, waitUntilIdle, watchRollout } from './watch.ts';

export type Restored =
  /**
   * Back on the snapshot. `byTarget`: the target had done it by itself. `proved`: the wanted tasks are seen to run; a
   * service that was scaled to zero meanwhile has its configuration back, and no more can be said.
   */
  | {
      readonly kind: 'restored';
      readonly byTarget: boolean;
      readonly operationId: string | undefined;
      readonly proved: boolean;
    }
  /** Something is still under way that AWS cannot cancel. */
  | { readonly kind: 'still-busy'; readonly why: string }
  /** `isKnown`: what runs could be read; else nobody can say which version is live. */
  | { readonly kind: 'failed'; readonly why: string; readonly isKnown: boolean };

/** How long an operation that should not be there any more is waited out before a return to the snapshot, at most. */
const GRACE = 5 * 60_000;

/** How far a restoration is proved, to end a sentence. */
export const sayProof = ({ proved }: { readonly proved: boolean }): string =>
  proved
    ? 'and that was verified'
    : 'the configuration only, not proved: the service is scaled to zero tasks';

/**
 * Returns the service to its snapshot, watches that, and verifies it by what runs. Where the target has already gone
 * back by itself, that is only verified.
 * @param timeout milliseconds for the wait for what is under way, and again for the return itself
 * @throws the signal's reason when it is aborted; nothing else.
 */
export async function returnToSnapshot(
  target: Target,
  undo: Undo,
  timeout: number,
  ports: WatchPorts,
): Promise<Restored> {
  try {
    await waitUntilIdle(target, Math.min(timeout, GRACE), ports);
  } catch (error) {
    if (ports.signal.aborted) throw error;
    if (error instanceof ActionError && error.outcome === 'timed-out') {
      return { kind: 'still-busy', why: error.problem.what };
    }
    // What cannot be watched is put back all the same: what runs then is the proof.
    ports.log.warning(`whether anything is under way cannot be read: ${messageOf(error)}`);
  }
  try {
    const now = await target.running(undefined);
    if (!isConfigured(now.state, undo)) return await goBack(target, now.state, undo, timeout, ports);
    const running = await whatRuns(target, undefined, digestsOf(undo), timeout, ports);
    if (running && isBack(running, undo)) return restored(running, true, undefined);
    // The configuration is the snapshot's, and its tasks are not there: they are asked for once more.
    return await goBack(target, running?.state ?? now.state, undo, timeout, ports, true);
  } catch (error) {
    if (ports.signal.aborted) throw error;
    return notRestored(target, messageOf(error));
  }
}

/** A way back that could not be gone, with what runs now, where that can be read. */
async function notRestored(target: Target, why: string): Promise<Restored> {
  const running = await target.running(undefined).catch(() => undefined);
  return {
    kind: 'failed',
    why: running ? `${why}; what runs is ${sayRunning(running)}` : why,
    isKnown: !!running,
  };
}

const restored = ({ tasks }: Running, byTarget: boolean, operationId: string | undefined): Restored => ({
  kind: 'restored',
  byTarget,
  operationId,
  proved: tasks?.wanted !== 0,
});

/**
 * True where nothing of our change is left in the configuration of the service. A copy of the snapshot's task definition
 * is not told by its number: where our change had another base, only one that we have just made counts.
 */
function isConfigured(now: BackendState, undo: Undo, isCopied = !undo.change.base): boolean {
  const same = (change: SpecChange) => planChanges(now.spec, applyChange(now.spec, change)).length === 0;
  return same(undo.change) || (isCopied && same({ ...wayBack(undo), base: undefined }));
}

function digestsOf(undo: Undo): string[] {
  const digest = undo.pinned && digestOf(undo.pinned);
  return digest ? [digest] : [];
}

/** True where the configuration is the snapshot's, and its wanted tasks run, and no others. */
function isBack(running: Running, undo: Undo, isCopied?: boolean): boolean {
  const { state, digests } = running;
  if (state.condition !== 'ready' || !isConfigured(state, undo, isCopied) || !isComplete(running))
    return false;
  const [before] = digestsOf(undo);
  return !before || digests.every((digest) => digest === before);
}

async function goBack(
  target: Target,
  now: BackendState,
  undo: Undo,
  timeout: number,
  ports: WatchPorts,
  restart = false,
): Promise<Restored> {
  const { log, clock } = ports;
  const allowed = timeout + (now.strategy?.length ?? 0);
  const end = clock.now() + allowed;
  const wanted = applyChange(now.spec, restart ? { ...wayBack(undo), restart: [] } : wayBack(undo));
  concealVariables([now.spec.variables, wanted.variables], now, log);
  log.info(`returning to ${shortImage(wanted.image)}`);
  for (const line of planLines(planChanges(now.spec, wanted))) log.info(`  ${line}`);
  const rollout = await target.start(now, wanted, true);
  // What ran before has been proved: our hooks let it through at once.
  const answers = async (pause: Pause) =>
    !!undo.gated && isOurPause(pause) && !!(await target.answer?.(rollout, pause.id, 'CONTINUE'));
  const watched = await watchRollout(target, rollout, allowed, ports, { answers });
  const left = Math.max(LISTS_LAG, end - clock.now());
  // Without the permission to follow it, nobody can tell who came after; what runs can be told all the same.
  const followed = watched.ending === 'denied' ? undefined : rollout;
  const running = await whatRuns(target, followed, digestsOf(undo), left, ports);
  if (running && !running.replacedBy && isBack(running, undo, true))
    return restored(running, false, rollout.id);
  return { kind: 'failed', why: whyNot(running, watched.status, watched.reason), isKnown: !!running };
}

function whyNot(running: Running | undefined, status: string, reason: string | undefined): string {
  const ended = `it ended as ${status}${reason ? `: ${reason.replace(/\.$/, '')}` : ''}`;
  if (!running) return `${ended}, and what runs now cannot be read`;
  if (running.replacedBy) return `another deployment (${running.replacedBy}) took its place`;
  return `${ended}, and what runs is ${sayRunning(running)}`;
}

function sayRunning(running: Running): string {
  const runs = [...running.digests, ...(running.tasks?.others ?? [])].join(', ') || 'nothing';
  return `${runs}${running.tasks ? ` (${sayTasks(running) || 'all wanted tasks'})` : ''}`;
}
