import { ActionError, refused } from '../../../runtime/errors.ts';
import { type Prepared, refuseUnfit } from '../deploy/prepare.ts';
import { type BackendResult, fingerprints } from '../deploy/result.ts';
import { waitUntilIdle } from '../deploy/watch.ts';
import type { BackendState } from '../targets/target.ts';
import { stateToChange } from './base.ts';
import type { BackendConfig, BackendPorts } from './config.ts';
import { digestBehindTag } from './image.ts';
import { digestOf, pinTo, shortImage } from './image-ref.ts';
import { type PlanEntry, planChanges, planLines } from './plan.ts';
import { applyChange, type BackendSpec } from './spec.ts';

/** The service before we touched it, and what is to become of it. */
export interface Taken {
  readonly snapshot: BackendState;
  /** The digest that the snapshot runs, where it is known. */
  readonly digest: string | undefined;
  readonly wanted: BackendSpec;
  readonly plan: readonly PlanEntry[];
  readonly common: Omit<BackendResult, 'outcome'>;
}

/**
 * Waits out what is under way, then reads the service: what runs before is known only from before the update.
 * @throws ActionError `refused` when `lock-timeout` runs out, or the service cannot take an update.
 */
export async function takeSnapshot(
  prepared: Prepared,
  config: BackendConfig,
  ports: BackendPorts,
): Promise<Taken> {
  await waitForTurn(prepared, config, ports);
  const snapshot = await prepared.target.read();
  refuseUnfit(snapshot);
  const { spec } = await stateToChange(prepared.target, snapshot, config);
  const wanted = applyChange(spec, prepared.change);
  const plan = planChanges(snapshot.spec, wanted);
  ports.log.info(plan.length === 0 ? 'Plan: nothing to change' : 'Plan:');
  for (const line of planLines(plan)) ports.log.info(`  ${line}`);
  const base = {
    ...resultBase(snapshot, prepared.image.image, wanted, plan),
    secretVersions: prepared.secretVersions,
    gated: prepared.candidate !== undefined,
  };
  const digest = plan.length === 0 ? undefined : await snapshotDigest(snapshot, prepared, ports);
  const common = digest ? { ...base, previousImage: pinTo(snapshot.spec.image, digest) } : base;
  return { snapshot, digest, wanted, plan, common };
}

export function resultBase(
  state: BackendState,
  image: string,
  wanted: BackendSpec,
  plan: readonly PlanEntry[],
): Omit<BackendResult, 'outcome'> {
  return {
    target: state.target,
    service: state.arn,
    image,
    previousImage: state.spec.image,
    serviceUrl: state.url,
    operationId: undefined,
    taskDefinition: state.spec.taskDefinition,
    plan,
    causes: [],
    details: [],
    variables: fingerprints(state.arn, wanted.variables),
    secrets: wanted.secrets,
  };
}

/** @throws ActionError `refused` when `lock-timeout` runs out: nothing has been changed yet. */
async function waitForTurn({ target }: Prepared, config: BackendConfig, ports: BackendPorts): Promise<void> {
  try {
    await waitUntilIdle(target, config.lockTimeout, ports);
  } catch (error) {
    if (!(error instanceof ActionError) || error.outcome !== 'timed-out') throw error;
    throw refused({ ...error.problem, input: 'lock-timeout' });
  }
}

/**
 * The digest that the snapshot runs. Where the service names a tag: what the target itself knows, else what the tag
 * points to, with the doubt said, since the push that brought the new image may have moved it already.
 */
async function snapshotDigest(
  snapshot: BackendState,
  { target, image }: Prepared,
  { aws, log }: BackendPorts,
): Promise<string | undefined> {
  const named = digestOf(snapshot.spec.image);
  if (named) return named;
  const seen = await target.digestNow(snapshot);
  if (seen) return seen;
  const behind = await digestBehindTag(snapshot.spec.image, (...at) => aws.ecr(...at)).catch(() => undefined);
  if (!behind || image.digests.includes(behind)) {
    log.warning(
      `the service runs ${shortImage(snapshot.spec.image)}, a tag that by now names ${behind ? 'the new image' : 'nothing that can be looked up'}: a return to the old version can only ask for the tag. From this deployment on the service names its image by digest, and this cannot happen again.`,
    );
    return undefined;
  }
  log.notice(
    `the service runs the tag ${shortImage(snapshot.spec.image)}, which names ${behind}: that is what a rollback returns to`,
  );
  return behind;
}
