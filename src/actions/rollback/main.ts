import { LATEST_GOOD } from '../../release/choose.ts';
import { isLiveAlready, originsOf } from '../../release/composition.ts';
import { defaultReleaseId } from '../../release/id.ts';
import type { Ledger } from '../../release/ledger.ts';
import type { Part } from '../../release/part.ts';
import { publishHistory } from '../../release/publish.ts';
import { Recorder } from '../../release/recorder.ts';
import { refuseEarly } from '../../release/refuse-early.ts';
import { ChecksFailed, type ReleaseEnd, takeLive } from '../../release/take-live.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { ActionError, LeftUnknown, messageOf, refused } from '../../runtime/errors.ts';
import type { Outcome } from '../../runtime/outcome.ts';
import { holdLock } from '../lock.ts';
import { keepOpen, type Safety, stampOf } from '../put-right.ts';
import { markRelease } from '../release-metric.ts';
import { type Edges, openEdges, type Way } from './edges.ts';
import { describeFailure } from './failure.ts';
import { type RollbackConfig, readInputs } from './inputs.ts';
import { action } from './interface.ts';
import { placesOf, refuseOther, refuseVague } from './occupants.ts';
import { type Order, restoreOrder } from './order.ts';
import { putRightAfterStop } from './safety.ts';
import { makePlan, planText, renderSummary } from './summary.ts';
import { type Reading, readLedger, type Survey, survey } from './survey.ts';

type Rollback = typeof action;
type RollbackJob = Job<Rollback>;

async function main(job: RollbackJob): Promise<ActionResult<Rollback>> {
  const config = readInputs(job.inputs);
  const edges = await openEdges(config, job);
  try {
    return await rollback({ config, job, edges, ledger: edges.ledger, started: job.clock.now() });
  } finally {
    edges.close();
  }
}

/** What one rollback is made with. */
interface Room {
  readonly config: RollbackConfig;
  readonly job: RollbackJob;
  readonly edges: Edges;
  readonly ledger: Ledger;
  readonly started: number;
}

/** A rollback that is known to be possible: the choice, and the parts in their order. */
interface Prepared {
  readonly found: Survey;
  readonly parts: readonly Part[];
  readonly order: Order;
  readonly lines: readonly string[];
  /** Of the rollback's own release. */
  readonly id: string;
}

async function rollback(room: Room): Promise<ActionResult<Rollback>> {
  const { config, job, edges, ledger } = room;
  const reading = await readLedger(ledger);
  // A wrong `to` or checks file is refused before the lock is asked for; the choice is made again under the lock.
  const first = await choose(room, reading, new Set());
  const id = config.releaseId || defaultReleaseId(job.clock.now(), first.target.commit);
  const gone = notLive(room, first, id);
  if (gone) return gone;
  refuseVague(first, config);
  refuseOther(first, config);
  await edges.gate(first.target);
  const safety = keepOpen(job);
  const way: Way = { id, signal: job.signal, onUndo: safety.undo };
  if (config.dryRun) return result(room, await prepare(room, reading, way), 'planned', undefined);
  await refuseEarly(ledger, () => refuseImpossible(room, first, way));
  const parts = Object.keys(first.wanted);
  const hold = await holdLock(job, ledger, { release: id, parts, timeout: config.lockTimeout });
  try {
    const signal = AbortSignal.any([job.signal, hold.signal]);
    const now = await readLedger(ledger);
    const done = doneMeanwhile(room, first, now, id);
    if (done) return done;
    const prepared = await prepare(room, now, { ...way, signal });
    return await carryOut(room, prepared, { signal, safety });
  } finally {
    await hold.release();
  }
}

/**
 * Plans each part before the lock is asked for, so that what could not be finished is refused and nothing has been
 * written. What counts is the plan that is made under the lock.
 * @throws ActionError `refused` where a part could not go back, or all is as it would be
 */
async function refuseImpossible({ config, edges }: Room, found: Survey, way: Way): Promise<void> {
  const id = found.resumes?.id ?? way.id;
  // What is under way on a service is waited out under the lock, and not before it.
  const planned = await Promise.allSettled(
    [...found.kinds.keys()].map((name) => edges.part(name, found, { ...way, id, waits: false })),
  );
  const parts = planned.map((plan) => {
    if (plan.status === 'rejected') throw plan.reason;
    return plan.value;
  });
  // A release that is gone on with, or that `latest-good` passes over, is no reason to refuse.
  const mayBeLive = found.resumes !== undefined || config.to === LATEST_GOOD;
  if (!mayBeLive && parts.every(({ plan }) => !plan.changes)) throw isLive(found);
}

/** Nothing goes back. */
const NO_ORDER: Order = { names: [], why: '' };

/** Where `if-live` names a release of which no part is live any more: somebody has gone back from it already. */
function notLive(room: Room, found: Survey, id: string): ActionResult<Rollback> | undefined {
  const { config, job } = room;
  const live = Object.values(originsOf(found.current.parts, found.byId));
  if (config.ifLive === '' || live.includes(config.ifLive)) return undefined;
  job.log.notice(`no part of release ${config.ifLive} is live any more: nothing is done`);
  return result(room, { found, parts: [], order: NO_ORDER, lines: [], id }, 'unchanged', undefined);
}

/**
 * Two people who press the button at the same moment mean one rollback, not two. Where the current release has become
 * another one while we waited for the lock, the choice that was made no longer stands.
 */
function doneMeanwhile(
  room: Room,
  first: Survey,
  { current, list }: Reading,
  id: string,
): ActionResult<Rollback> | undefined {
  if (current?.release === first.current.release && current.updatedAt === first.current.updatedAt) return;
  const byId = new Map(list.records.map((record) => [record.id, record]));
  if (!isLiveAlready(first.wanted, current?.parts, byId)) {
    throw refused({
      input: 'to',
      what: `the current release became ${current?.release} while this rollback waited for the lock`,
      found: `it had set out from ${first.current.release} to ${first.target.id}`,
      fix: 'see what is live now; if it is not good, run the rollback again',
    });
  }
  room.job.log.notice(
    `${current?.release} has gone back to ${first.target.id} meanwhile: nothing is left to do`,
  );
  return result(room, { found: first, parts: [], order: NO_ORDER, lines: [], id }, 'unchanged', undefined);
}

function choose(
  { ledger, config, job, edges }: Room,
  reading: Reading,
  passedOver: ReadonlySet<string>,
): Promise<Survey> {
  const run = job.run.url.replace(/\/attempts\/\d+$/, '');
  const question = { ...config, tagOf: (repository: string) => edges.tag(repository), run, passedOver };
  return survey(ledger, reading, question);
}

/**
 * Chooses, and proves of each part that it can go back, before anything is changed. Where `latest-good` turns out to be
 * what is live already under another id, the next older one is meant.
 */
async function prepare(room: Room, reading: Reading, way: Way): Promise<Prepared> {
  const { config, job, edges } = room;
  const passedOver = new Set<string>();
  for (;;) {
    const found = await choose(room, reading, passedOver);
    const id = found.resumes?.id ?? way.id;
    refuseVague(found, config);
    refuseOther(found, config);
    const named = [...found.kinds].map(([name, kind]) => ({ name, kind }));
    const order = restoreOrder(config.order, named, found.byId.get(found.current.release));
    const parts = await Promise.all(order.names.map((name) => edges.part(name, found, { ...way, id })));
    const same = parts.every(({ plan }) => !plan.changes);
    if (same && config.to === LATEST_GOOD && !found.resumes) {
      job.log.info(`release ${found.target.id} is what is live already: looking for an older one`);
      passedOver.add(found.target.id);
      continue;
    }
    const lines = [...planText(found, parts, order), ...placesOf(found, config)];
    await job.log.group('Plan', async () => {
      for (const line of lines) job.log.info(line);
    });
    if (same && !found.resumes) throw isLive(found);
    return { found, parts, order, lines, id };
  }
}

function isLive(found: Survey) {
  return refused({
    input: 'to',
    what: `release ${found.target.id} is what is live: there is nothing to go back to`,
    found: `the current release is ${found.current.release}`,
    fix: 'name an older release; `history` lists them',
  });
}

async function carryOut(
  room: Room,
  prepared: Prepared,
  { signal, safety }: { signal: AbortSignal; safety: Safety },
): Promise<ActionResult<Rollback>> {
  const { job, ledger, edges, config } = room;
  const { found, parts, order, id } = prepared;
  const gate = await edges.gate(found.target);
  const recorder = recorderOf(room, prepared);
  edges.own(id, !found.byId.has(id) && !found.damaged.some((key) => key.endsWith(`/${id}.json`)));
  try {
    const answer = await takeLive(
      parts.map((part) => [part]),
      {
        log: job.log,
        signal,
        gate,
        putBackOnFailure: config.putBackOnFailure,
        doing: 'restoring',
        open: async () => {
          await recorder.open();
          safety.opened({
            id,
            what: 'rollback',
            environment: config.environment,
            bucket: config.releaseBucket,
            target: found.target.id,
            parts: order.names,
            before: stampOf(found.current),
          });
        },
        seal: (live, checks) =>
          recorder.seal(live, checks, (name) => (live.has(name) || found.resumes ? 'deployed' : 'unchanged')),
        isSealed: () => recorder.isSealed(),
      },
    );
    safety.closed();
    const ending = await settle(room, prepared, recorder, answer);
    await Promise.all([
      config.historyPage ? publishHistory(ledger, job) : undefined,
      markRelease({ environment: config.environment, outcome: ending.outcome as Outcome }, job.log),
    ]);
    return ending;
  } catch (error) {
    const outcome = error instanceof ActionError ? error.outcome : 'failed';
    await recorder.end(outcome, messageOf(error));
    throw error;
  }
}

function recorderOf(
  { ledger, job, config }: Room,
  { found, parts, id }: Pick<Prepared, 'found' | 'parts' | 'id'>,
): Recorder {
  const { target, current } = found;
  return new Recorder(
    { ledger, clock: job.clock, log: job.log },
    {
      parts,
      draft: {
        id,
        type: 'rollback',
        // What is live after it is the restored commit: an older one is fenced off from that on.
        run: { ...job.run, commit: target.commit, ref: target.ref },
        restores: target.id,
        replaces: found.resumes?.replaces ?? current.release,
        reason: config.reason,
      },
    },
  );
}

async function settle(
  room: Room,
  prepared: Prepared,
  recorder: Recorder,
  answer: ReleaseEnd,
): Promise<ActionResult<Rollback>> {
  if (answer.kind === 'live') {
    return result(room, prepared, 'rolled-back', undefined);
  }
  const problem = describeFailure(prepared.found, answer);
  // Its record stays open: the same rollback again goes on with it.
  if (answer.kind === 'unfinished') return result(room, prepared, 'rollback-failed', problem);
  const outcome = answer.kind === 'put-back' ? 'failed' : 'rollback-failed';
  const checks = answer.cause instanceof ChecksFailed ? 'failed' : undefined;
  const unknown = answer.kind === 'torn' ? answer.left.filter((one) => one.cause instanceof LeftUnknown) : [];
  await recorder.end(outcome, messageOf(answer.cause), checks, new Set(unknown.map(({ part }) => part)));
  return result(room, prepared, outcome, problem);
}

function result(
  { config, job, started }: Room,
  { found, parts, lines, id }: Prepared,
  outcome: Outcome,
  problem: string | undefined,
): ActionResult<Rollback> {
  const milliseconds = job.clock.now() - started;
  const live = outcome === 'rolled-back' || outcome === 'unchanged';
  return {
    outcome,
    outputs: {
      ...(outcome === 'planned' ? {} : { 'release-id': id }),
      ...(live ? { 'restored-release': found.target.id, 'replaced-release': found.current.release } : {}),
      plan: JSON.stringify(makePlan(found, parts)),
      'duration-seconds': (milliseconds / 1000).toFixed(1),
    },
    summary: renderSummary({ outcome, id, found, lines, milliseconds, problem, reason: config.reason }),
    problem,
  };
}

export const definition: Action<Rollback> = { action, main, post: putRightAfterStop };
