import { ActionError, refused } from '../runtime/errors.ts';
import { publicUrl } from '../runtime/url.ts';
import type { BackendConfig, BackendPorts, Journal } from './config.ts';
import type { Deployment } from './deployment.ts';
import { armAlarms } from './gates.ts';
import { digestBehindTag } from './image.ts';
import { digestOf, parseImageRef, shortImage } from './image-ref.ts';
import { type PlanEntry, planChanges, planLines } from './plan.ts';
import { type Prepared, prepareDeployment, refuseUnfit } from './prepare.ts';
import { startProbe } from './probe.ts';
import { recover } from './recover.ts';
import type { BackendResult } from './result.ts';
import { fingerprints } from './result.ts';
import { bringLive } from './rollout.ts';
import { applyChange, type BackendSpec } from './spec.ts';
import type { BackendState } from './targets/target.ts';
import { unchangedResult } from './unchanged.ts';
import { undoFor } from './undo.ts';
import { waitUntilIdle } from './watch.ts';

/**
 * Deploys an image: everything is checked before the lock is asked for, the service is changed at most once forward and
 * once back, and every end has its outcome.
 * @param journal the ledger's part; left out, there is no lock and no record.
 * @throws ActionError `refused` as long as nothing has been changed; after that every end is a result.
 */
export async function deployBackend(
  config: BackendConfig,
  given: BackendPorts,
  journal?: Journal,
): Promise<BackendResult> {
  const prepared = await given.log.group('Check the service, the image and the secrets', () =>
    prepareDeployment(config, given),
  );
  const { target, image, change } = prepared;
  if (config.dryRun) return planned(prepared, given);
  const lockLost = await journal?.open();
  const signal = lockLost ? AbortSignal.any([given.signal, lockLost]) : given.signal;
  const ports: BackendPorts = { ...given, signal };

  await waitForTurn(prepared, config, ports);
  const snapshot = await target.read();
  refuseUnfit(snapshot);
  const wanted = applyChange(snapshot.spec, change);
  const plan = planChanges(snapshot.spec, wanted);
  sayPlan(plan, ports);
  const common = resultBase(snapshot, image.image, wanted, plan);
  await journal?.begin(common);
  if (plan.length === 0) return unchangedResult({ config, ports, target, image, common });

  const digest = await snapshotDigest(snapshot, prepared, ports);
  const url = probeUrl(config, snapshot);
  const gates = { clock: ports.clock, log: ports.log, signal };
  const alarms =
    config.alarms.length > 0
      ? await armAlarms(config.alarms, ports.aws.alarms(config.service.region), gates)
      : undefined;
  const probe = url ? startProbe(url, config.probe.interval, ports.clock) : undefined;
  if (!probe) ports.log.notice('the service has no public address: no probe');
  try {
    // A baseline to compare with; it costs two intervals.
    await probe?.moreSamples(3, config.probe.interval * 4);
    const deployment: Deployment = {
      config,
      ports,
      target,
      image,
      snapshot,
      wanted,
      alarms,
      probe,
      common,
      undo: undoFor(snapshot, digest, wanted, config.container),
      rollout: undefined,
      smoke: undefined,
      alarmJudgement: undefined,
    };
    const failure = await bringLive(deployment);
    return await recover(deployment, failure);
  } finally {
    probe?.stop();
  }
}

function planned({ state, image, change }: Prepared, { log }: BackendPorts): BackendResult {
  const wanted = applyChange(state.spec, change);
  const plan = planChanges(state.spec, wanted);
  for (const line of planLines(plan)) log.info(line);
  if (state.condition === 'busy')
    log.notice('something is under way on the service: it would be waited out first');
  return { ...resultBase(state, image.image, wanted, plan), outcome: 'planned' };
}

function resultBase(
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

function sayPlan(plan: readonly PlanEntry[], { log }: BackendPorts): void {
  log.info(plan.length === 0 ? 'Plan: nothing to change' : 'Plan:');
  for (const line of planLines(plan)) log.info(`  ${line}`);
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
  const behind = await digestBehindTag(parseImageRef(snapshot.spec.image), (...at) => aws.ecr(...at)).catch(
    () => undefined,
  );
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

function probeUrl(config: BackendConfig, state: BackendState): string | undefined {
  if (config.probe.url) return config.probe.url;
  return state.url && `${publicUrl(state.url)}${state.health.path}`;
}
