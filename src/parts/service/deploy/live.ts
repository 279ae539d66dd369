import type { ServicePart } from '../../../release/record.ts';
import { ActionError, LeftUnknown } from '../../../runtime/errors.ts';
import type { Target } from '../targets/target.ts';
import type { Deployment } from './deployment.ts';
import { lookCommand } from './look-at.ts';
import { returnToSnapshot } from './restore.ts';
import type { Undo } from './undo.ts';
import type { WatchPorts } from './watch.ts';

/** What the record says of a service that has just been made live. */
export const liveFields = (d: Deployment): Partial<ServicePart> => ({
  image: d.image.image,
  previousImage: d.common.previousImage,
  ...(d.rollout ? { operationId: d.rollout.id } : {}),
  ...(d.common.taskDefinition ? { taskDefinition: d.common.taskDefinition } : {}),
  variables: d.common.variables,
  secrets: d.common.secrets,
  secretVersions: d.common.secretVersions ?? {},
  ...(d.probe ? { availability: d.probe.report().availability } : {}),
});

/** Puts back what ran before a deployment that is live, and verifies it. @throws ActionError `rollback-failed`. */
export const undoDeployment = (d: Deployment, timeout: number): Promise<void> =>
  returnOrThrow(d.target, d.undo, timeout, d.ports);

/** @throws ActionError `rollback-failed`, or LeftUnknown where nobody can say what runs */
export async function returnOrThrow(
  target: Target,
  undo: Undo,
  timeout: number,
  ports: WatchPorts,
): Promise<void> {
  const restored = await returnToSnapshot(target, undo, timeout, ports);
  if (restored.kind === 'restored') return;
  const what = `the return to ${undo.previousImage} did not work: ${restored.why}`;
  const problem = { what, fix: `look at the service now: ${lookCommand(target.kind, target.arn)}` };
  if (restored.kind === 'failed' && !restored.isKnown) throw new LeftUnknown('rollback-failed', problem);
  throw new ActionError('rollback-failed', problem);
}
