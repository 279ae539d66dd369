import type { Hold, Moved } from '../../../release/ledger.ts';
import { ActionError } from '../../../runtime/errors.ts';
import { asActionError, gateFailed, resultOf } from '../deploy-result.ts';
import type { DeploySiteConfig, DeploySitePorts, DeploySiteResult, GateAnswer } from '../deploy-types.ts';
import type { Prepared } from '../plan/plan-deployment.ts';
import { collect, timeToCollect } from '../store/collect.ts';
import type { Recorder } from '../store/recorder.ts';
import { StateChanged } from '../store/site-state.ts';
import type { Activated } from '../types.ts';
import { activate, stage } from './activate.ts';
import { type Activation, ActivationError } from './activation.ts';
import { giveUp } from './give-up.ts';

/**
 * Activates, asks the gate, and moves the pointer; whatever goes wrong before that leads back.
 * @throws StateChanged where another run changed the site before this one did: nothing was changed
 */
export async function goLive(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
  recorder: Recorder,
  hold: Hold,
): Promise<DeploySiteResult> {
  let activated: Activated | undefined;
  let gate: GateAnswer | undefined;
  let moved: Moved;
  try {
    const work = activationOf(config, prepared, (open) => ports.onOpen(open ? config.releaseId : ''));
    await stage(ports, work);
    activated = await activate(ports, work);
    gate = await ports.gate?.(prepared.front.siteUrl);
    ports.signal.throwIfAborted();
    if (gate?.outcome === 'failed') throw gateFailed(gate);
    await recorder.end('deployed', { report: activated.report, gate });
    moved = await ports.ledger.point(config.releaseId, [config.part]);
  } catch (error) {
    if (error instanceof StateChanged && !activated) throw error;
    const undo = error instanceof ActivationError ? error.undo : activated?.undo;
    const cause = asActionError(error instanceof ActivationError ? error.cause : error, ports);
    return giveUp(config, ports, prepared, recorder, hold, { undo, cause, gate });
  }
  return finishLive(config, ports, prepared, { activated, gate, moved });
}

/** The pointer has moved, so this is a deployment: removes what is gone, and what no release needs any more. */
async function finishLive(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  prepared: Prepared,
  done: { activated: Activated; gate: GateAnswer | undefined; moved: Moved },
): Promise<DeploySiteResult> {
  const { gate, activated, moved } = done;
  const [finished, unrecorded] = await Promise.all([activated.finish(), recordPair(config, ports, moved)]);
  const { report, state } = finished;
  const leftOver = finished.leftOver ?? unrecorded;
  const collected =
    state && timeToCollect(state.state, config.keepReleases)
      ? await collect(ports, prepared.keys, state)
      : undefined;
  return { ...resultOf('deployed', prepared), report, gate, collected, leftOver };
}

/** The pointer has moved: nothing is put back any more for a record that cannot be completed. */
async function recordPair(
  { releaseId }: DeploySiteConfig,
  ports: DeploySitePorts,
  moved: Moved,
): Promise<ActionError | undefined> {
  try {
    await moved.record();
    return undefined;
  } catch (error) {
    const cause = asActionError(error, ports);
    const unrecorded = new ActionError(cause.outcome, {
      ...cause.problem,
      what: `release ${releaseId} is live, but its record could not be completed: ${cause.problem.what}`,
    });
    ports.log.error(unrecorded.message);
    return unrecorded;
  }
}

export function activationOf(
  config: DeploySiteConfig,
  prepared: Prepared,
  onOpen: Activation['onOpen'],
): Activation {
  const { keys, situation, change, front, scanned } = prepared;
  return {
    place: config.place,
    keys,
    situation,
    change,
    sources: scanned.sources,
    options: config.options,
    front,
    writes: config.writes,
    addresses: prepared.addresses,
    asksForMissing: config.options.verify === 'full' && !front.absenceAsked,
    maxInvalidationPaths: config.maxInvalidationPaths,
    keepReleases: config.keepReleases,
    onOpen,
    excluded: config.scan.excluded,
  };
}
