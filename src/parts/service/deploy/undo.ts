import { digestOf, pinTo } from '../plan/image-ref.ts';
import type { BackendSpec, SpecChange, TargetKind } from '../plan/spec.ts';
import { changeBack } from '../plan/spec.ts';
import type { BackendState } from '../targets/target.ts';

/**
 * The way back to the snapshot, as plain JSON: kept in memory for an automatic rollback, and in the job's state for the
 * `post:` step. It holds only what differs, so that a default deployment keeps no variable at all.
 */
export interface Undo {
  readonly target: TargetKind;
  readonly service: string;
  readonly container: string;
  /** Exactly what differs from the snapshot, the image as the service named it. */
  readonly change: SpecChange;
  /** The image of the snapshot by digest, where it is known: a tag may have moved meanwhile. */
  readonly pinned?: string | undefined;
  /** What the snapshot ran, as it was named there. */
  readonly previousImage: string;
  /** What we deployed over it. */
  readonly image: string;
  /** Id of our rollout, once there is one. */
  readonly rollout?: { readonly id: string; readonly startedAt: number } | undefined;
  /** True where hooks hold the service's rollouts for us: on a way back they are answered at once. */
  readonly gated?: boolean | undefined;
  /** How the deployment ended that could not be returned; left out where it was interrupted. */
  readonly ended?: 'rollback-failed' | 'timed-out' | undefined;
}

export function undoFor(
  snapshot: BackendState,
  digest: string | undefined,
  wanted: BackendSpec,
  container: string,
  gated = false,
): Undo {
  const { image } = snapshot.spec;
  return {
    target: snapshot.target,
    service: snapshot.arn,
    container,
    change: changeBack(snapshot.spec, wanted),
    pinned: digestOf(image) ? image : digest && pinTo(image, digest),
    previousImage: image,
    image: wanted.image,
    ...(gated ? { gated } : {}),
  };
}

/**
 * What to send to get back. A tag is replaced by the digest that ran behind it, for the tag itself may by now name the
 * very image that failed; a task definition that names the tag is then no way back either. Automatic deployments stay
 * off, since they follow a tag.
 */
export function wayBack(undo: Undo): SpecChange {
  if (!undo.pinned || undo.pinned === undo.previousImage) return undo.change;
  const pinned = undo.pinned;
  const { otherImages = {} } = undo.change;
  const others = Object.entries(otherImages).map(([name, image]) => [
    name,
    image === undo.previousImage ? pinned : image,
  ]);
  return {
    ...undo.change,
    image: pinned,
    otherImages: Object.fromEntries(others),
    taskDefinition: undefined,
    autoDeployments: undefined,
  };
}

/** The same way back, but to an image that was proved: not to the one that a run that died left behind. */
export function provedUndo(undo: Undo, proved: string): Undo {
  const change = { ...undo.change, image: proved, otherImages: undefined, taskDefinition: undefined };
  return { ...undo, change, pinned: proved, previousImage: proved };
}

/** The way back to an image, where all else is to stay as it is. */
export function undoToImage(now: BackendState, image: string, container: string): Undo {
  return {
    target: now.target,
    service: now.arn,
    container,
    change: { image },
    pinned: image,
    previousImage: image,
    image: now.spec.image,
  };
}
