import { ActionError } from '../../../runtime/errors.ts';
import { dropLeft } from '../candidate/left.ts';
import type { BackendConfig, BackendPorts, BeforeUs, Journal } from '../plan/config.ts';
import { shortImage } from '../plan/image-ref.ts';
import { planChanges, planLines } from '../plan/plan.ts';
import { resultBase, type Taken, takeSnapshot } from '../plan/snapshot.ts';
import { applyChange } from '../plan/spec.ts';
import { openProbe } from '../probe/open-probe.ts';
import { deregister } from '../targets/left-behind.ts';
import { armAlarms } from '../verdict/gates.ts';
import type { Deployment } from './deployment.ts';
import type { Failure } from './failure.ts';
import { foreignOneOff, runMigration } from './migrate.ts';
import { type Prepared, prepareDeployment, regionOf } from './prepare.ts';
import { recover } from './recover.ts';
import { type BackendResult, fingerprints } from './result.ts';
import { bringLive } from './rollout.ts';
import { sayShortTime } from './short-time.ts';
import { unchangedResult } from './unchanged.ts';
import { provedUndo, undoFor } from './undo.ts';

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
  const { target } = prepared;
  await sayShortTime(prepared, config, given);
  if (config.dryRun) return planned(prepared, given);
  await journal?.check(target.arn);
  const lockLost = await journal?.open();
  const signal = lockLost ? AbortSignal.any([given.signal, lockLost]) : given.signal;
  const ports: BackendPorts = { ...given, signal };

  // The lock is ours: a candidate that waits for a run that died would be waited for until its hook gives up.
  if (config.gate) await dropLeft(target, (await journal?.unfinished(target.arn)) ?? [], ports);
  const taken = await takeSnapshot(prepared, config, ports);
  const proved = await journal?.provedInstead(target.arn, taken.snapshot.spec.image);
  if (proved) {
    ports.log.warning(
      `what runs was left by a run that died before it had proved it; a way back leads to ${shortImage(proved)}`,
    );
  }
  await journal?.begin(taken.common, beforeUs(taken));
  if (taken.plan.length === 0) return unchangedResult(prepared, taken, proved, config, ports);
  const stopped = await migrate(prepared, taken, config, ports);
  if (stopped) return stopped;
  try {
    return await rollOut(prepared, { ...taken, proved }, config, ports, recover);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await target.discard?.();
    if (!prepared.migration) throw error;
    return afterMigration(taken, prepared.migration, error);
  }
}

export const isRefusal = (error: unknown): error is ActionError =>
  error instanceof ActionError && error.outcome === 'refused';

/** The service was not changed, and the database was: that is no refusal any more. */
export function afterMigration(
  { common }: Taken,
  words: readonly string[],
  { problem }: ActionError,
): BackendResult {
  return {
    ...common,
    outcome: 'failed',
    cause: `migrate-command ran to its good end (${JSON.stringify(words)}), and then the service could not be updated: ${problem.what}`,
    causes: problem.found ? [problem.found] : [],
    details: problem.details ?? [],
    fix: `the release before runs, on the migrated database. ${problem.fix ?? 'Correct the cause above'}; then deploy again, which runs the migration once more`,
  };
}

export function beforeUs({ snapshot, common }: Taken): BeforeUs {
  return {
    image: common.previousImage,
    taskDefinition: snapshot.spec.taskDefinition,
    variables: fingerprints(snapshot.arn, snapshot.spec.variables),
    secrets: snapshot.spec.secrets,
  };
}

/** The migration, where there is one. @returns the end of the deployment where it failed. */
export async function migrate(
  { target, migration: words }: Prepared,
  { snapshot, wanted, common }: Taken,
  { migration, container, waitTimeout }: BackendConfig,
  ports: BackendPorts,
): Promise<BackendResult | undefined> {
  if (!migration || !words) return undefined;
  const region = regionOf(target.arn);
  const { log, clock, signal, aws } = ports;
  const failed = await log.group('Migrate', async () => {
    const task = { ecs: aws.ecs(region), logs: aws.logs(region), log, clock, signal };
    const oneOff = target.oneOff
      ? await target.oneOff(snapshot, wanted)
      : await foreignOneOff(migration, container, wanted.image, task.ecs);
    let goesOn = false;
    try {
      const why = await runMigration(words, oneOff, waitTimeout, task);
      // The service itself is updated to the revision only where it is its own, and where the migration passed.
      goesOn = !why && target.kind === 'ecs';
      return why;
    } finally {
      if (!goesOn)
        await (target.oneOff ? target.discard?.() : deregister(task.ecs, oneOff.taskDefinition, log));
    }
  });
  if (!failed) return undefined;
  return {
    ...common,
    outcome: failed.kind === 'timed-out' ? 'timed-out' : 'failed',
    cause: failed.why,
    causes: failed.details,
    details: failed.details,
    fix: 'users are on the release before, untouched; correct the migration and deploy again',
  };
}

/**
 * Brings the change live, with the probe on all through it.
 * @param settle what becomes of the failure, or of the success; the probe is still on then
 */
export async function rollOut<T>(
  { target, image, candidate }: Prepared,
  { snapshot, wanted, common, digest, proved }: Taken & { readonly proved?: string | undefined },
  config: BackendConfig,
  ports: BackendPorts,
  settle: (deployment: Deployment, failure: Failure | undefined) => Promise<T>,
): Promise<T> {
  const alarms = await armAlarms(config.alarms, ports.aws.alarms(regionOf(target.arn)), ports);
  const undo = undoFor(
    snapshot,
    digest,
    wanted,
    config.container,
    candidate !== undefined || config.letsThrough,
  );
  const probe = await openProbe(target, snapshot, config, ports);
  try {
    // A baseline to compare with; it costs two intervals.
    if (!config.probe.forRecordOnly) await probe?.moreSamples(3, config.probe.interval * 4);
    const deployment: Deployment = {
      config,
      ports,
      target,
      image,
      snapshot,
      wanted,
      alarms,
      probe,
      candidate,
      gate: undefined,
      common,
      undo: proved ? provedUndo(undo, proved) : undo,
      rollout: undefined,
      sent: false,
      proved: false,
      smoke: undefined,
      alarmJudgement: undefined,
    };
    return await settle(deployment, await bringLive(deployment));
  } finally {
    probe?.stop();
  }
}

function planned({ state, spec, image, change, migration }: Prepared, { log }: BackendPorts): BackendResult {
  const wanted = applyChange(spec, change);
  const plan = planChanges(state.spec, wanted);
  for (const line of planLines(plan)) log.info(line);
  if (migration) log.info(`first the migration, once: ${JSON.stringify(migration)}`);
  if (state.condition === 'busy')
    log.notice('something is under way on the service: it would be waited out first');
  return { ...resultBase(state, image.image, wanted, plan), outcome: 'planned' };
}
