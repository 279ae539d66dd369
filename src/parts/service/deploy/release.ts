import type { ServicePart } from '../../../release/record.ts';
import { ActionError, LeftUnknown } from '../../../runtime/errors.ts';
import type { BackendConfig, BackendPorts } from '../plan/config.ts';
import { parseImageRef } from '../plan/image-ref.ts';
import { type PlanEntry, planChanges, planLines } from '../plan/plan.ts';
import { type SecretRef, splitNative } from '../plan/secret-ref.ts';
import { parseServiceRef } from '../plan/service-ref.ts';
import { takeSnapshot } from '../plan/snapshot.ts';
import { applyChange, type BackendSpec } from '../plan/spec.ts';
import type { BackendState, Target } from '../targets/target.ts';
import { rollOut } from './deploy.ts';
import type { Deployment } from './deployment.ts';
import type { Failure } from './failure.ts';
import { liveFields, undoDeployment } from './live.ts';
import { prepareDeployment } from './prepare.ts';
import { recover } from './recover.ts';
import { fingerprints } from './result.ts';
import { sayShortTime } from './short-time.ts';

/** A recorded backend that is to be live again. The caller holds the lock and writes the record. Milliseconds. */
export interface RestoreConfig {
  readonly wanted: ServicePart;
  /** In place of the recorded one: an ARN, or a name; '' keeps it. */
  readonly service?: string | undefined;
  readonly waitTimeout: number;
  readonly lockTimeout: number;
  /** `timeout-minutes` of the job, where it is told. */
  readonly jobTimeout?: number | undefined;
  /** The service's PAUSE hook is ours, as the ledger knows: it is let through. */
  readonly gated?: boolean | undefined;
}

/** What a return would change. That it could be made proves that it can be finished: service, image, secrets are there. */
export interface BackendRestorePlan {
  readonly changes: boolean;
  readonly plan: readonly PlanEntry[];
  /** The plan for people, a line each. */
  readonly lines: readonly string[];
  /** Milliseconds that it takes, by the experience of the target. */
  readonly estimate: number;
  /** Plain variables that have changed since: their values are not recorded, so they stay as they are now. */
  readonly keptVariables: readonly string[];
  /** What runs now. */
  readonly currentImage: string;
  readonly url: string | undefined;
  /** True while something is under way on the service: what was read may be half-way, so plan again when it is over. */
  readonly busy: boolean;
}

/** A recorded backend that is live again, and can still be undone. */
export interface BackendRestoration {
  readonly fields: Partial<ServicePart>;
  readonly url: string | undefined;
  /** Puts back what ran before, and verifies it. @throws ActionError `rollback-failed`. */
  undo(): Promise<void>;
}

/** App Runner takes 3 to 5 minutes for an update, ECS about the time of its health checks and the draining. */
const ESTIMATE = { apprunner: 240_000, ecs: 180_000, 'ecs-express': 420_000 } as const;

/**
 * Reads what a return to `wanted` would change. Changes nothing.
 * @throws ActionError `refused`: no such service, the image is gone from the registry, a secret is gone, …
 */
export async function planRestoreBackend(
  config: RestoreConfig,
  ports: BackendPorts,
): Promise<BackendRestorePlan> {
  const { target, state, change } = await prepareDeployment(backendConfig(config), ports);
  const plan = planChanges(state.spec, applyChange(state.spec, change));
  return {
    changes: plan.length > 0,
    plan,
    lines: planLines(plan),
    estimate: plan.length > 0 ? estimateOf(state) : 0,
    keptVariables: config.wanted.taskDefinition ? [] : changedVariables(config.wanted, state),
    currentImage: state.spec.image,
    url: state.url,
    busy: await isBusy(target, state),
  };
}

/** An Express service's own strategy is in its number already. */
export const estimateOf = ({ target, strategy }: BackendState): number =>
  ESTIMATE[target] + (target === 'ecs' ? (strategy?.length ?? 0) : 0);

/** App Runner says it of the service itself; an ECS service is `ACTIVE` whatever goes on. */
async function isBusy(target: Target, state: BackendState): Promise<boolean> {
  if (state.condition === 'busy') return true;
  return target.kind !== 'apprunner' && (await target.underWay()) !== undefined;
}

/** Names of plain variables whose fingerprint is not the recorded one, and of those that came or went. */
export function changedVariables(
  recorded: Pick<ServicePart, 'variables'>,
  state: { readonly arn: string; readonly spec: Pick<BackendSpec, 'variables'> },
): string[] {
  if (!recorded.variables) return [];
  const now = fingerprints(state.arn, state.spec.variables);
  const names = new Set([...Object.keys(recorded.variables), ...Object.keys(now)]);
  return [...names].filter((name) => recorded.variables?.[name] !== now[name]).sort();
}

/**
 * Makes a recorded backend live and verifies it. Where that does not work, what ran before is put back.
 * @throws ActionError `refused`: nothing was changed; `failed`: what was before is live; `rollback-failed`: neither is
 * known to be; `timed-out`: one cannot know yet; `interrupted`.
 */
export async function restoreBackend(
  config: RestoreConfig,
  ports: BackendPorts,
): Promise<BackendRestoration> {
  const wanted = backendConfig(config);
  const prepared = await prepareDeployment(wanted, ports);
  // The lock is held by now, and the service was seen to be free.
  await sayShortTime(prepared, { ...wanted, lockTimeout: 0 }, ports);
  const taken = await takeSnapshot(prepared, wanted, ports);
  if (taken.plan.length === 0) {
    return { fields: fieldsOf(taken.snapshot), url: taken.snapshot.url, undo: async () => {} };
  }
  return rollOut(prepared, taken, wanted, ports, (d, failure) => settle(d, failure, config.waitTimeout));
}

async function settle(
  d: Deployment,
  failure: Failure | undefined,
  timeout: number,
): Promise<BackendRestoration> {
  if (failure) {
    const { outcome, cause = failure.why, causes: details, fix, isUnknown } = await recover(d, failure);
    const problem = { what: cause, details, fix };
    if (isUnknown) throw new LeftUnknown(outcome, problem);
    // "rolled back" is said from the deployment's point of view: for a return to a release it is a failure.
    throw new ActionError(outcome === 'rolled-back' ? 'failed' : outcome, problem);
  }
  d.ports.onSettled?.();
  return {
    fields: { ...fieldsOf(d.snapshot), ...liveFields(d) },
    url: d.snapshot.url,
    undo: () => undoDeployment(d, timeout),
  };
}

function fieldsOf(state: BackendState): Partial<ServicePart> {
  return {
    target: state.target,
    service: state.arn,
    image: state.spec.image,
    variables: fingerprints(state.arn, state.spec.variables),
    secrets: state.spec.secrets,
    ...(state.url ? { serviceUrl: state.url } : {}),
    ...(state.spec.taskDefinition ? { taskDefinition: state.spec.taskDefinition } : {}),
  };
}

/** A return to a release is a deployment of what it recorded, with no gates of its own: the caller has them. */
function backendConfig({
  wanted,
  service,
  waitTimeout,
  lockTimeout,
  jobTimeout,
  gated,
}: RestoreConfig): BackendConfig {
  const secrets = Object.entries(wanted.secrets ?? {}).map(([name, reference]) => [
    name,
    splitNative(reference),
  ]);
  return {
    service: parseServiceRef({
      service: service || wanted.service,
      target: service && !service.startsWith('arn:') ? wanted.target : 'auto',
      cluster: '',
    }),
    container: '',
    image: parseImageRef(wanted.image),
    environment: { variables: {}, secrets: Object.fromEntries(secrets) as Record<string, SecretRef> },
    change: wanted.taskDefinition ? { taskDefinition: wanted.taskDefinition } : {},
    keepSecrets: wanted.secrets ? Object.keys(wanted.secrets) : undefined,
    probe: { url: '', interval: 200, maxErrorRate: 1, forRecordOnly: true },
    alarms: [],
    bakeTime: 0,
    restart: true,
    rollbackOnFailure: true,
    waitTimeout,
    lockTimeout,
    jobTimeout,
    letsThrough: gated,
    dryRun: false,
  };
}
