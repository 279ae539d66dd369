import { s3Store } from '../../aws/s3-store.ts';
import { siteClient } from '../../aws/site-clients.ts';
import { deployRelease } from '../../release/deploy.ts';
import { defaultReleaseId } from '../../release/id.ts';
import type { Ledger } from '../../release/ledger.ts';
import { isSameOccupant, nameOfOccupant } from '../../release/occupant.ts';
import { openLedger } from '../../release/open.ts';
import type { PreparedPart } from '../../release/part.ts';
import { publishHistory } from '../../release/publish.ts';
import { liveRelease, type Pointer } from '../../release/record.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { refused } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Outcome } from '../../runtime/outcome.ts';
import { type CommitFence, commitFence } from '../commit-fence.ts';
import { holdLock } from '../lock.ts';
import { guardPart } from '../part-guard.ts';
import { keepOpen, stampOf } from '../put-right.ts';
import { markRelease } from '../release-metric.ts';
import { releaseGate } from './gate.ts';
import { type DeployConfig, readDeploy } from './inputs.ts';
import { action } from './interface.ts';
import { type DeployPart, makePart } from './parts.ts';
import { putRightDeployment } from './post.ts';
import { planLines, resultOf } from './result.ts';

type Deploy = typeof action;
type DeployJob = Job<Deploy>;

async function main(job: DeployJob): Promise<ActionResult<Deploy>> {
  const config = await readDeploy(job);
  const client = siteClient();
  try {
    const store = s3Store(client, config.releaseBucket);
    const { log, clock } = job;
    return await deploy(config, job, openLedger({ store, environment: config.environment, log, clock }));
  } finally {
    client.destroy();
  }
}

async function deploy(config: DeployConfig, job: DeployJob, ledger: Ledger): Promise<ActionResult<Deploy>> {
  const { log, clock, signal, run } = job;
  const { environment, file } = config;
  const started = clock.now();
  const id = config.releaseId || defaultReleaseId(started, run.commit);
  const safety = keepOpen(job);
  const edges = { config, job, ledger, releaseId: id, onUndo: safety.undo };
  const gate = await releaseGate(config.smokeChecks, id, job);
  const parts = await Promise.all(config.parts.map((part) => makePart(part, edges)));
  const names = parts.map(({ name }) => name);
  const refuseOlder = commitFence(job, config);
  const request = { ...config, id, parts, waves: file.waves };
  const deployed = await deployRelease(request, {
    ledger,
    run,
    clock,
    log,
    signal,
    gate,
    planned: (prepared) =>
      log.group('Plan', async () => {
        for (const line of planLines(prepared, file.waves)) log.info(line);
      }),
    lock: () => holdLock(job, ledger, { release: id, parts: names, timeout: config.lockTimeout }),
    guard: (prepared, current, said) =>
      guardRelease({ refuseOlder, ledger, id, parts }, prepared, current, said),
    opened: (before) =>
      safety.opened({
        id,
        what: 'deployment',
        environment,
        bucket: config.releaseBucket,
        target: id,
        parts: file.waves.flat(),
        before: stampOf(before),
      }),
    closed: safety.closed,
    isOpen: safety.isOpen,
  });
  const result = resultOf(deployed, { config, id, milliseconds: clock.now() - started, run });
  await Promise.all([
    config.historyPage && deployed.kind === 'ended' ? publishHistory(ledger, job) : undefined,
    markRelease({ environment, outcome: result.outcome as Outcome }, log),
  ]);
  return result;
}

interface Guarded {
  readonly refuseOlder: CommitFence;
  readonly ledger: Ledger;
  readonly id: string;
  readonly parts: readonly DeployPart[];
}

/**
 * Whether the release may go live: not over a newer commit, and each part under the name that it has.
 * @returns names of the parts of which the ledger knows no release
 * @throws ActionError `refused`
 */
async function guardRelease(
  { refuseOlder, ledger, id, parts }: Guarded,
  prepared: readonly PreparedPart[],
  current: Pointer | undefined,
  log: Log,
): Promise<ReadonlySet<string>> {
  await refuseOlder(current, log);
  refuseTwice(prepared);
  const found = await Promise.all(
    prepared.map(async ({ name, occupant }) => {
      const part = parts.find((one) => one.name === name);
      const replaces = await guardPart(
        ledger,
        {
          part: name,
          wanted: occupant,
          release: id,
          replace: part?.replace ?? false,
          log,
          isGone: async (before) => (await part?.isGone(before, occupant)) ?? false,
        },
        current,
      );
      return replaces || !liveRelease(current, name) ? [name] : [];
    }),
  );
  return new Set(found.flat());
}

/** One service, or one site, under two names of a release would be changed twice. */
function refuseTwice(prepared: readonly PreparedPart[]): void {
  for (const [i, { name, occupant }] of prepared.entries()) {
    const other = prepared.slice(0, i).find((one) => isSameOccupant(one.occupant, occupant));
    if (!other) continue;
    throw refused({
      input: 'config',
      what: `the parts ${other.name} and ${name} are the same: ${nameOfOccupant(occupant)}`,
      fix: 'give the release file one part for each service and each site',
    });
  }
}

export const definition: Action<Deploy> = { action, main, post: putRightDeployment };
