import {
  awsClients,
  type BackendConfig,
  type BackendPorts,
  type BackendResult,
  cleanUpInterrupted,
  deployBackend,
  type PlanEntry,
  parseImageRef,
  parseSecretLines,
  parseServiceRef,
  planLines,
  type Undo,
} from '../../backend/index.ts';
import type { BackendHalf } from '../../release/record.ts';
import { ActionError, describeProblem, failed } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { HalfPort, Restoration } from './half.ts';

/** Milliseconds; short, for a rollback waits for a few samples before and after the switch. */
const PROBE_INTERVAL = 200;

export interface BackendHalfOptions {
  /** The half to go back to, as its release recorded it. */
  readonly half: BackendHalf;
  /** What is live, as the current release recorded it. */
  readonly live: BackendHalf | undefined;
  /** ARN in place of the recorded one; '' keeps it. */
  readonly service: string;
  /** True where a run died, so that what is live must be proved even if it looks as wanted. */
  readonly uncertain: boolean;
  /** Milliseconds that a switch of this service takes, as the ledger knows it. */
  readonly estimate: number;
  readonly putBackOnFailure: boolean;
  readonly waitTimeout: number;
  readonly lockTimeout: number;
  readonly ports: Pick<BackendPorts, 'log' | 'clock' | 'signal'>;
  /** Told the way back before the service is changed, for the post step. */
  readonly onUndo: (undo: Undo) => void;
}

/**
 * The backend's way back: a deployment of the recorded image, with the recorded secret references, over the service as
 * it is now. That proves first that the image is still in its registry and suits the platform, that the secrets are
 * there, and that the service can take an update.
 * @throws ActionError `refused` where it could not be finished.
 */
export async function backendHalf(options: BackendHalfOptions): Promise<HalfPort> {
  const { half, ports } = options;
  const config = configOf(options);
  const aws = awsClients();
  const planned = await deployBackend({ ...config, dryRun: true }, { ...ports, aws, log: quiet(ports.log) });
  const changes = planned.plan.length > 0 || options.uncertain;
  return {
    part: 'backend',
    half: { ...half, service: planned.service, previousImage: planned.previousImage },
    url: planned.serviceUrl ?? half.serviceUrl,
    plan: {
      changes,
      lines: planned.plan.length > 0 ? planLines(planned.plan) : ['looks as wanted, and will be proved'],
      estimate: options.estimate,
      keptVariables: keptVariables(half, planned),
      json: planned.plan satisfies readonly PlanEntry[],
    },
    restore: () => restore(config, { ...ports, aws }, options),
  };
}

/** The plan is printed with the other half's; what is said on the way to it is for the debug log. */
const quiet = (log: Log): Log => ({
  ...log,
  info: log.debug,
  group: (_title, work) => work(),
});

function configOf({ half, service, ...options }: BackendHalfOptions): BackendConfig {
  const secrets = Object.entries(half.secrets ?? {}).map(([name, reference]) => `${name}=${reference}`);
  return {
    service: parseServiceRef({ service: service || half.service, target: half.target, cluster: '' }),
    container: '',
    image: parseImageRef(half.image),
    environment: { variables: {}, secrets: parseSecretLines(secrets.join('\n')) },
    change: {
      port: undefined,
      startCommand: undefined,
      cpu: undefined,
      memory: undefined,
      scaling: undefined,
    },
    // Watched for the record alone: what is gone back from may well fail every request.
    probe: { url: '', interval: PROBE_INTERVAL, maxErrorRate: 1 },
    alarms: [],
    bakeTime: 0,
    rollbackOnFailure: options.putBackOnFailure,
    waitTimeout: options.waitTimeout,
    lockTimeout: options.lockTimeout,
    dryRun: false,
  };
}

/** Plain variables whose fingerprint is another by now: their old values are nowhere, so they stay as they are. */
export function keptVariables(
  half: Pick<BackendHalf, 'variables'>,
  planned: Pick<BackendResult, 'variables'>,
): string[] {
  if (!half.variables) return [];
  const names = new Set([...Object.keys(half.variables), ...Object.keys(planned.variables)]);
  return [...names].filter((name) => half.variables?.[name] !== planned.variables[name]).sort();
}

async function restore(
  config: BackendConfig,
  ports: BackendPorts,
  options: BackendHalfOptions,
): Promise<Restoration> {
  let way: Undo | undefined;
  const result = await deployBackend(config, {
    ...ports,
    onUndo: (undo) => {
      way = undo;
      options.onUndo(undo);
    },
  });
  if (result.outcome !== 'deployed' && result.outcome !== 'unchanged') throw problemOf(result);
  return {
    url: result.serviceUrl,
    fields: {
      service: result.service,
      previousImage: result.previousImage,
      variables: result.variables,
      secrets: result.secrets,
      ...(result.serviceUrl ? { serviceUrl: result.serviceUrl } : {}),
      ...(result.operationId ? { operationId: result.operationId } : {}),
      ...(result.taskDefinition ? { taskDefinition: result.taskDefinition } : {}),
      ...(result.probe ? { availability: result.probe.report.availability } : {}),
    },
    finish: async () => {},
    undo: async () => {
      if (!way) return;
      const { outcome, cause } = await cleanUpInterrupted(way, options.waitTimeout, ports);
      if (outcome === 'rollback-failed') throw failed({ what: cause });
    },
  };
}

/** `rolled-back`: the service is as it was, so to us this half has failed and is whole. */
function problemOf(result: BackendResult): ActionError {
  const { cause = `the backend ended ${result.outcome}`, details, fix } = result;
  const problem = { what: describeProblem({ what: cause, details }), fix };
  return new ActionError(result.outcome === 'rolled-back' ? 'failed' : result.outcome, problem);
}
