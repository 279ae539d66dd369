import type { Adopted, LivePart, Part, PartPlan, PreparedPart, Turn } from '../../release/part.ts';
import { LeftAsItIs } from '../../release/part.ts';
import type { ServicePart } from '../../release/record.ts';
import { ActionError, LeftUnknown } from '../../runtime/errors.ts';
import { afterMigration, beforeUs, isRefusal, migrate, rollOut } from './deploy/deploy.ts';
import type { Deployment } from './deploy/deployment.ts';
import type { Failure } from './deploy/failure.ts';
import { liveFields, returnOrThrow, undoDeployment } from './deploy/live.ts';
import { type Prepared, prepareDeployment } from './deploy/prepare.ts';
import { servicePartOf } from './deploy/recorded.ts';
import { recover } from './deploy/recover.ts';
import { estimateOf } from './deploy/release.ts';
import type { BackendResult } from './deploy/result.ts';
import { sayShortTime } from './deploy/short-time.ts';
import { unchangedResult } from './deploy/unchanged.ts';
import { type Undo, undoToImage } from './deploy/undo.ts';
import type { BackendConfig, BackendPorts } from './plan/config.ts';
import { digestOf, shortImage } from './plan/image-ref.ts';
import { type PlanEntry, planChanges, planLines } from './plan/plan.ts';
import { type Taken, takeSnapshot } from './plan/snapshot.ts';
import { applyChange } from './plan/spec.ts';
import { formatPercent } from './probe/probe-statistics.ts';

export interface ServicePartPorts extends Omit<BackendPorts, 'onSettled'> {
  /** See Journal.provedInstead. */
  provedInstead(service: string, image: string): Promise<string | undefined>;
}

/**
 * A service as a part of a deployment. Everything is read and checked; nothing is changed.
 * @throws ActionError `refused` with the input at fault.
 */
export async function prepareServicePart(
  name: string,
  config: BackendConfig,
  ports: ServicePartPorts,
): Promise<PreparedPart> {
  const prepared = await prepareDeployment(config, ports);
  await sayShortTime(prepared, config, ports);
  const { state, spec, change, target, migration } = prepared;
  const changes = planChanges(state.spec, applyChange(spec, change));
  return {
    name,
    kind: 'service',
    occupant: { service: target.arn },
    plan: planOf(prepared, changes, [
      ...(migration ? [`first the migration, once: ${JSON.stringify(migration)}`] : []),
      ...(state.condition === 'busy'
        ? ['something is under way on the service: it is waited out first']
        : []),
    ]),
    take: (turn) => take({ name, config, ports: { ...ports, signal: turn.signal }, prepared }, turn),
  };
}

function planOf({ state }: Prepared, changes: readonly PlanEntry[], also: readonly string[] = []): PartPlan {
  return {
    changes: changes.length > 0,
    lines: changes.length > 0 ? [...planLines(changes), ...also] : ['runs this version already'],
    estimate: changes.length > 0 ? estimateOf(state) : 0,
    keptVariables: [],
    json: changes,
  };
}

/** A service whose turn it is. */
interface Ready {
  readonly name: string;
  readonly config: BackendConfig;
  readonly ports: ServicePartPorts;
  readonly prepared: Prepared;
}

async function take(ready: Ready, { isFirst }: Turn): Promise<Part> {
  const { name, config, ports, prepared } = ready;
  const { target } = prepared;
  const taken = await takeSnapshot(prepared, config, ports);
  const proved = await ports.provedInstead(target.arn, taken.snapshot.spec.image);
  if (proved) {
    ports.log.warning(
      `what the ${name} runs was left by a run that died before it had proved it; a way back leads to ${shortImage(proved)}`,
    );
  }
  const left = proved === undefined ? undefined : undoToImage(taken.snapshot, proved, config.container);
  const plan = planOf(prepared, taken.plan);
  const runs = taken.plan.length === 0;
  return {
    name,
    kind: 'service',
    // What a run that died has left is proved now, and put back where the release fails.
    plan: { ...plan, changes: plan.changes || left !== undefined },
    wanted: servicePartOf(taken.common, 'in-progress', new Date(ports.clock.now()).toISOString()),
    url: taken.snapshot.url,
    ...(isFirst && isAdopted(taken) ? { adopt: async () => adopted(taken, ports) } : {}),
    ...(runs ? {} : { stage: () => stage(ready, taken) }),
    activate: () => (runs ? proveRunning(ready, taken, left) : activate(ready, taken, proved)),
    prove: () => proveRunning(ready, taken, undefined),
    ...(left ? { putBack: () => returnOrThrow(target, left, config.waitTimeout, ports) } : {}),
  };
}

/** What ran before the first release is a release too, and can be gone back to: by digest. */
const isAdopted = ({ common }: Taken): boolean =>
  common.previousImage !== common.image && digestOf(common.previousImage) !== undefined;

function adopted(taken: Taken, { clock }: ServicePartPorts): Adopted {
  const at = new Date(clock.now()).toISOString();
  const { target, service, serviceUrl } = taken.common;
  const { image, taskDefinition, variables, secrets } = beforeUs(taken);
  const record: ServicePart = {
    kind: 'service',
    target,
    service,
    image,
    ...(serviceUrl ? { serviceUrl } : {}),
    ...(taskDefinition ? { taskDefinition } : {}),
    variables,
    secrets,
    result: 'deployed',
    startedAt: at,
    finishedAt: at,
  };
  return { record, settle: async () => {} };
}

/** The migration, in the new image: the service itself is not touched. */
async function stage({ prepared, config, ports }: Ready, taken: Taken): Promise<void> {
  const stopped = await migrate(prepared, taken, config, ports);
  if (stopped) throw errorOf(stopped, config);
}

async function activate(
  { prepared, config, ports }: Ready,
  taken: Taken,
  proved?: string,
): Promise<LivePart> {
  try {
    return await rollOut(prepared, { ...taken, proved }, config, ports, (d, failure) =>
      settle(d, failure, config),
    );
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await prepared.target.discard?.();
    if (!prepared.migration) throw error;
    throw errorOf(afterMigration(taken, prepared.migration, error), config);
  }
}

async function settle(d: Deployment, failure: Failure | undefined, config: BackendConfig): Promise<LivePart> {
  const result = await recover(d, failure);
  if (failure) throw errorOf(result, config);
  return {
    fields: liveFields(d),
    url: d.snapshot.url,
    checks: d.smoke?.outcome,
    report: reportOf(result),
    finish: async () => {},
    undo: () => undoDeployment(d, config.waitTimeout),
  };
}

/** What runs is what is wanted: it is proved all the same, for green means live. */
async function proveRunning(
  { prepared, config, ports }: Ready,
  taken: Taken,
  left: Undo | undefined,
): Promise<LivePart> {
  if (left) ports.onUndo?.(left);
  const proved = left?.pinned;
  const result = await unchangedResult(prepared, taken, proved, config, ports);
  if (result.outcome !== 'unchanged') throw errorOf(result, config);
  const { image, taskDefinition, serviceUrl, variables, secrets, secretVersions } = result;
  return {
    fields: {
      image,
      ...(taskDefinition ? { taskDefinition } : {}),
      ...(serviceUrl ? { serviceUrl } : {}),
      variables,
      secrets,
      ...(secretVersions ? { secretVersions } : {}),
    },
    url: result.serviceUrl,
    checks: result.smoke?.outcome,
    finish: async () => {},
    undo: async () => {
      if (left) await returnOrThrow(prepared.target, left, config.waitTimeout, ports);
    },
  };
}

function reportOf({ probe }: BackendResult): LivePart['report'] {
  if (!probe) return undefined;
  return {
    facts: [`${formatPercent(probe.report.availability)} of requests answered`],
    details: probe.chart,
  };
}

/** A deployment's red end as an error. */
function errorOf(result: BackendResult, { rollbackOnFailure }: BackendConfig): ActionError {
  const { outcome, cause = 'the deployment failed', causes, details, fix, isUnknown } = result;
  const problem = { what: cause, details: [...new Set([...causes, ...details])].slice(0, 20), fix };
  if (isUnknown) return new LeftUnknown(outcome, problem);
  const isLeft = !rollbackOnFailure && result.operationId !== undefined && outcome === 'failed';
  return isLeft ? new LeftAsItIs(outcome, problem) : new ActionError(outcome, problem);
}
