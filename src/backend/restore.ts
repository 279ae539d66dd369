import { ActionError, messageOf } from '../runtime/errors.ts';
import { concealVariables } from './conceal.ts';
import { digestOf, shortImage } from './image-ref.ts';
import { planChanges, planLines } from './plan.ts';
import { applyChange, type SpecChange } from './spec.ts';
import type { BackendState, Target } from './targets/target.ts';
import { type Undo, wayBack } from './undo.ts';
import { judgeWatched } from './verify.ts';
import { type WatchPorts, waitUntilIdle, watchRollout } from './watch.ts';

export type Restored =
  /** Back on the snapshot, and seen to run. `byTarget`: the target had done it by itself. */
  | { readonly kind: 'restored'; readonly byTarget: boolean; readonly operationId: string | undefined }
  /** Something is still under way that AWS cannot cancel. */
  | { readonly kind: 'still-busy'; readonly why: string }
  | { readonly kind: 'failed'; readonly why: string };

/** How long an operation that should not be there any more is waited out before a return to the snapshot, at most. */
const GRACE = 5 * 60_000;

/**
 * Returns the service to its snapshot, watches that, and verifies it like a deployment. Where the target has already
 * gone back by itself, that is only verified.
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
    return { kind: 'failed', why: messageOf(error) };
  }
  try {
    const running = await target.running(undefined);
    if (isBack(running.state, running.digests, undo)) {
      return { kind: 'restored', byTarget: true, operationId: undefined };
    }
    return await goBack(target, running.state, undo, timeout, ports);
  } catch (error) {
    if (ports.signal.aborted) throw error;
    return { kind: 'failed', why: messageOf(error) };
  }
}

/** True where nothing of our change is left, and what runs, as far as it can be known, is what ran before. */
function isBack(now: BackendState, digests: readonly string[], undo: Undo): boolean {
  if (now.condition !== 'ready') return false;
  const same = (change: SpecChange) => planChanges(now.spec, applyChange(now.spec, change)).length === 0;
  if (!same(undo.change) && !same(wayBack(undo))) return false;
  const before = undo.pinned && digestOf(undo.pinned);
  return !before || digests.length === 0 || digests.every((digest) => digest === before);
}

async function goBack(
  target: Target,
  now: BackendState,
  undo: Undo,
  timeout: number,
  ports: WatchPorts,
): Promise<Restored> {
  const wanted = applyChange(now.spec, wayBack(undo));
  concealVariables([now.spec.variables, wanted.variables], now, ports.log);
  ports.log.info(`returning to ${shortImage(wanted.image)}`);
  for (const line of planLines(planChanges(now.spec, wanted))) ports.log.info(`  ${line}`);
  const rollout = await target.start(now, wanted);
  const watched = await watchRollout(target, rollout, timeout, ports);
  const digest = digestOf(wanted.image);
  const { verdict, running } = await judgeWatched(
    target,
    rollout,
    watched,
    digest ? [digest] : [],
    ports.log,
  );
  // A snapshot that is known by its tag only can be verified by that name, and no further.
  const byName =
    !digest &&
    watched.ending === 'final' &&
    watched.phase === 'succeeded' &&
    running?.state.condition === 'ready' &&
    running.state.spec.image === wanted.image &&
    !running.replacedBy;
  if (verdict.kind === 'live' || byName) {
    return { kind: 'restored', byTarget: false, operationId: rollout.id };
  }
  return { kind: 'failed', why: verdict.why };
}
