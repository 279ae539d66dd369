import { abortable, type WatchPorts } from '../deploy/watch.ts';
import { shortImage } from '../plan/image-ref.ts';
import type { Target } from '../targets/target.ts';
import { isOurPause } from './hooks.ts';

/**
 * Drops a candidate that waits for the answer of a run that died.
 * @param images what such runs were about to bring
 * @throws the signal's reason when it is aborted, or what the target's reads reject with
 */
export async function dropLeft(
  target: Target,
  images: readonly string[],
  { log, signal }: WatchPorts,
): Promise<void> {
  for (const image of images) {
    const rollout = await abortable(target.bringing?.(image) ?? Promise.resolve(undefined), signal);
    if (!rollout) continue;
    const pauses = (await abortable(target.observe(rollout), signal))?.pauses ?? [];
    const [pause] = pauses.filter(isOurPause);
    if (!pause) continue;
    log.warning(
      `${shortImage(image)} waits at ${pause.stage} for the answer of a run that died: it is dropped`,
    );
    if (!(await target.answer?.(rollout, pause.id, 'ROLLBACK'))) await target.stop(rollout);
    return;
  }
}
