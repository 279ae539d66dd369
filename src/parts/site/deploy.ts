// The order of a deployment: prepare, lock, fence, adopt, open the record, go live or leave as it is.
import type { Hold } from '../../release/ledger.ts';
import { refuseEarly } from '../../release/refuse-early.ts';
import { resultOf } from './deploy-result.ts';
import type { DeploySiteConfig, DeploySitePorts, DeploySiteResult } from './deploy-types.ts';
import { goLive } from './live/go-live.ts';
import { leaveAsItIs } from './live/leave-as-it-is.ts';
import type { Prepared } from './plan/plan-deployment.ts';
import { lookAgain, prepare } from './plan/prepare.ts';
import { facesOf } from './site.ts';
import { adoptFirst } from './store/adopt-first.ts';
import { tellDeadRuns } from './store/dead-runs.ts';
import { Recorder } from './store/recorder.ts';
import { StateChanged } from './store/site-state.ts';

/** Milliseconds: the lock of nobody takes two requests. */
const WAITED = 1500;

/**
 * Takes a folder live. Everything that can be wrong with it is found before the lock is asked for; whatever goes wrong
 * after the first change of the live bucket leads back to the release before.
 * @throws ActionError where nothing was changed
 */
export async function deploySite(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
): Promise<DeploySiteResult> {
  const prepared = await prepare(config, ports);
  if (config.dryRun) return { ...resultOf('planned', prepared), diff: prepared.change.diff };
  await fenceEarly(ports);
  const asked = ports.clock.now();
  const hold = await ports.lock();
  const waited = ports.clock.now() - asked;
  const cancelled = ports.signal;
  ports.useSignal(AbortSignal.any([cancelled, hold.signal]));
  try {
    await checkFence(ports);
    return await deployLocked(config, ports, prepared, hold, waited);
  } finally {
    await hold.release();
  }
}

async function deployLocked(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  first: Prepared,
  hold: Hold,
  waited: number,
): Promise<DeploySiteResult> {
  const again = () => {
    ports.log.info('the site has changed since it was looked at: looking again');
    return lookAgain(config, ports, first);
  };
  // Whoever held the lock before us has most probably changed the site.
  const prepared = waited > WAITED ? await again() : first;
  try {
    return await deployPrepared(config, ports, prepared, hold);
  } catch (error) {
    // The state is written under a condition before anything else is: nothing has been changed yet.
    if (!(error instanceof StateChanged)) throw error;
    return await deployPrepared(config, ports, await again(), hold);
  }
}

async function deployPrepared(
  config: DeploySiteConfig,
  ports: DeploySitePorts,
  planned: Prepared,
  hold: Hold,
): Promise<DeploySiteResult> {
  const prepared = planned.plan.adopts ? await adoptFirst(config, ports, planned) : planned;
  for (const path of prepared.change.broken.slice(0, 5)) {
    ports.log.warning(
      `${path} was served as immutable, and its content is another now: browsers may keep the old one for a year`,
    );
  }
  for (const loss of prepared.plan.losses.slice(0, 5)) {
    ports.log.warning(`${loss} was set by somebody else and goes with the old bytes; \`headers\` keeps it`);
  }
  await ports.ledger.open({ id: config.releaseId, type: 'deployment', run: ports.run });
  const recorder = new Recorder(config, ports, prepared);
  await tellDeadRuns(config, ports, prepared);
  const { diff } = prepared.change;
  const open = (prepared.situation.found?.state.activating.length ?? 0) > 0;
  const unproved = open || facesOf(prepared.front).some(({ isNew }) => isNew);
  if (diff.writes.length === 0 && diff.deletes.length === 0 && !unproved && prepared.situation.baseEntry) {
    return leaveAsItIs(config, ports, prepared, recorder);
  }
  return goLive(config, ports, prepared, recorder, hold);
}

/** Asks before the lock whether this release may go live, so that a refusal writes nothing. The lock's holder asks again. */
async function fenceEarly(ports: DeploySitePorts): Promise<void> {
  // What is allowed with a remark is remarked on under the lock.
  const quiet = { ...ports, log: { ...ports.log, notice: () => {} } };
  await refuseEarly(ports.ledger, () => checkFence(quiet));
}

const checkFence = async (ports: Pick<DeploySitePorts, 'fence' | 'ledger' | 'log'>): Promise<void> =>
  ports.fence(await ports.ledger.current(), ports.log);
