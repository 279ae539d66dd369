import {
  awsClients,
  type BackendPorts,
  cleanUpInterrupted,
  planRestoreBackend,
  type RestoreConfig,
  restoreBackend,
  type Undo,
} from '../../parts/service/index.ts';
import type { Part } from '../../release/part.ts';
import type { ServicePart } from '../../release/record.ts';
import { ActionError, refused } from '../../runtime/errors.ts';
import { poll } from '../../runtime/poll.ts';

export interface ServicePartOptions {
  readonly name: string;
  /** The service to go back to, as its release recorded it. */
  readonly wanted: ServicePart;
  /** ARN in place of the recorded one; '' keeps it. */
  readonly service: string;
  /** True where the service's PAUSE hook is ours. */
  readonly gated: boolean;
  /** False while it is only planned: then what is under way on the service is not waited out. */
  readonly waits: boolean;
  /** Milliseconds that a switch of this service takes, as the ledger knows it; `undefined` where it does not. */
  readonly estimate: number | undefined;
  readonly waitTimeout: number;
  readonly lockTimeout: number;
  readonly jobTimeout: number | undefined;
  readonly ports: ServicePorts;
  /** Told the way back before the service is changed, for the post step. */
  readonly onUndo: (undo: Undo) => void;
}

type ServicePorts = Pick<BackendPorts, 'log' | 'clock' | 'signal'>;

/** Milliseconds between two looks at a service that is busy. */
const LOOK_EVERY = 2000;

/**
 * A service's way back. Planning it proves that the image is still in its registry and suits the platform, that the
 * secrets are there, and that the service is free to be changed.
 * @throws ActionError `refused` where it could not be finished.
 */
export async function servicePart(options: ServicePartOptions): Promise<Part> {
  const { name, wanted, service, gated, waitTimeout, lockTimeout, jobTimeout, onUndo } = options;
  const config: RestoreConfig = { wanted, service, gated, waitTimeout, lockTimeout, jobTimeout };
  const ports: BackendPorts = {
    ...options.ports,
    aws: awsClients(),
    onUndo,
    // The versions that the app is started with are recorded; a rotated secret is no reason to go back.
    recordedSecrets: async () => undefined,
  };
  const plan = await planWhenIdle(config, ports, options.waits);
  return {
    name,
    kind: 'service',
    wanted: {
      ...wanted,
      previousImage: plan.currentImage,
      ...(gated ? { gate: 'pause' as const } : {}),
    },
    url: plan.url ?? wanted.serviceUrl,
    plan: {
      changes: plan.changes,
      lines: plan.busy
        ? [...plan.lines, 'something is under way on the service: it is waited out first']
        : plan.lines,
      estimate: options.estimate ?? plan.estimate,
      keptVariables: plan.keptVariables,
      json: plan.plan,
    },
    async activate() {
      const { fields, url, undo } = await restoreBackend(config, ports);
      return { fields, url, undo, finish: async () => {} };
    },
  };
}

/**
 * Puts back what a stopped rollback has left of the service, for a post step.
 * @param timeout milliseconds for all of it
 * @throws Error where it could not be put back.
 */
export async function recoverService(undo: Undo, timeout: number, ports: ServicePorts): Promise<void> {
  const { outcome, cause } = await cleanUpInterrupted(undo, timeout, { ...ports, aws: awsClients() });
  if (outcome === 'rollback-failed' || outcome === 'unknown') throw new Error(cause);
}

/**
 * What is read of a busy service may be half-way: a run that died left it so. Nothing of another part is touched
 * before this one is known to be free.
 */
async function planWhenIdle(config: RestoreConfig, ports: BackendPorts, waits: boolean) {
  const { log, clock, signal } = ports;
  let said = false;
  const wait = {
    what: `${config.wanted.service} to be free`,
    every: LOOK_EVERY,
    timeout: config.lockTimeout,
  };
  try {
    return await poll({ ...wait, clock, signal }, async () => {
      const plan = await planRestoreBackend(config, ports);
      if (!plan.busy || !waits) return plan;
      if (!said)
        log.info('something is under way on the service; waiting for its end before anything is changed');
      said = true;
      return undefined;
    });
  } catch (error) {
    if (!(error instanceof ActionError) || error.outcome !== 'timed-out') throw error;
    throw refused({
      ...error.problem,
      input: 'lock-timeout',
      found: 'something is under way on it, and nothing has been changed by us',
      fix: 'wait until that has ended, or stop it; then run this again',
    });
  }
}
