import { isSameHalves, LATEST_GOOD } from '../../release/choose.ts';
import { defaultReleaseId } from '../../release/id.ts';
import type { Ledger } from '../../release/ledger.ts';
import { publishHistory } from '../../release/publish.ts';
import type { BackendHalf, FrontendHalf, Part } from '../../release/record.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { ActionError, describeProblem, messageOf, refused } from '../../runtime/errors.ts';
import type { Outcome, SmokeOutcome } from '../../runtime/outcome.ts';
import { holdLock } from '../lock.ts';
import { type Edges, openEdges, type Way } from './edges.ts';
import type { HalfPort } from './half.ts';
import { type RollbackConfig, readInputs } from './inputs.ts';
import { action } from './interface.ts';
import { type Order, restoreOrder } from './order.ts';
import { ChecksFailed, type PairResult, restorePair } from './pair.ts';
import { keepOpen, putRightAfterStop } from './safety.ts';
import { makePlan, planText, renderSummary } from './summary.ts';
import { type Survey, survey } from './survey.ts';

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

/** A rollback that is known to be possible: the choice, and the halves in their order. */
interface Prepared {
  readonly found: Survey;
  readonly halves: readonly HalfPort[];
  readonly order: Order;
  readonly lines: readonly string[];
  /** Of the rollback's own release. */
  readonly id: string;
}

async function rollback(room: Room): Promise<ActionResult<Rollback>> {
  const { config, job, ledger } = room;
  // A wrong `to` or checks file is refused before the lock is asked for; the choice is made again under the lock.
  const first = await look(room, new Set());
  await room.edges.gate(first.target);
  const freshId = config.releaseId || defaultReleaseId(job.clock.now(), first.target.commit);
  const safety = keepOpen(job);
  if (config.dryRun) {
    const planned = await prepare(room, { id: freshId, signal: job.signal, onUndo: safety.undo });
    return result(room, planned, 'planned', undefined);
  }
  const parts = (['backend', 'frontend'] as const).filter((part) => first.pair[part]);
  const hold = await holdLock(job, ledger, { release: freshId, parts, timeout: config.lockTimeout });
  try {
    const signal = AbortSignal.any([job.signal, hold.signal]);
    const done = await doneMeanwhile(room, first, freshId);
    if (done) return done;
    const prepared = await prepare(room, { id: freshId, signal, onUndo: safety.undo });
    return await carryOut(room, prepared, { signal, safety });
  } finally {
    await hold.release();
  }
}

/**
 * Two people who press the button at the same moment mean one rollback, not two. Where the current release has become
 * another one while we waited for the lock, the choice that was made no longer stands.
 */
async function doneMeanwhile(
  room: Room,
  first: Survey,
  id: string,
): Promise<ActionResult<Rollback> | undefined> {
  const current = await room.ledger.current();
  if (current?.release === first.current.release && current.updatedAt === first.current.updatedAt) return;
  const records = (await room.ledger.list()).records;
  const byId = new Map(records.map((record) => [record.id, record]));
  if (!isSameHalves(first.pair, current, byId)) {
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
  const order = restoreOrder(room.config.order, undefined);
  return result(room, { found: first, halves: [], order, lines: [], id }, 'unchanged', undefined);
}

function look({ ledger, config, job, edges }: Room, passedOver: ReadonlySet<string>): Promise<Survey> {
  const run = job.run.url.replace(/\/attempts\/\d+$/, '');
  return survey(ledger, { ...config, tagOf: (repository) => edges.tag(repository), run, passedOver });
}

/**
 * Chooses, and proves of each half that it can go back, before anything is changed. Where `latest-good` turns out to be
 * what is live already under another id, the next older one is meant.
 */
async function prepare(room: Room, way: Way): Promise<Prepared> {
  const { config, job, edges } = room;
  const passedOver = new Set<string>();
  for (;;) {
    const found = await look(room, passedOver);
    const id = found.resumes?.id ?? way.id;
    const order = restoreOrder(config.order, found.byId.get(found.current.release));
    const parts = order.parts.filter((part) => found.pair[part]);
    const halves = await Promise.all(parts.map((part) => edges.half(part, found, { ...way, id })));
    const same = halves.every(({ plan }) => !plan.changes);
    if (same && config.to === LATEST_GOOD && !found.resumes) {
      job.log.info(`release ${found.target.id} is what is live already: looking for an older one`);
      passedOver.add(found.target.id);
      continue;
    }
    const lines = planText(found, halves, order);
    await job.log.group('Plan', async () => {
      for (const line of lines) job.log.info(line);
    });
    if (same && !found.resumes) throw isLive(found);
    return { found, halves, order, lines, id };
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
  { signal, safety }: { signal: AbortSignal; safety: ReturnType<typeof keepOpen> },
): Promise<ActionResult<Rollback>> {
  const { found, halves, id } = prepared;
  const gate = await room.edges.gate(found.target);
  const recorder = await beginRecord(room, prepared);
  safety.opened(id, found.target.id);
  try {
    const answer = await restorePair(halves, {
      log: room.job.log,
      signal,
      gate,
      putBackOnFailure: room.config.putBackOnFailure,
      starting: (part) => recorder.write({ [part]: { result: 'in-progress' } }),
      seal: async (live, checks) => {
        const fields = (part: Part) => ({ ...live.get(part)?.fields, result: 'in-progress' as const });
        await recorder.write(Object.fromEntries(halves.map(({ part }) => [part, fields(part)])), checks);
        await room.ledger.movePointer(
          id,
          halves.map(({ part }) => part),
        );
        for (const restoration of live.values()) await restoration.finish();
        await recorder.write(
          Object.fromEntries(
            halves.map(({ part }) => [
              part,
              { result: live.has(part) || found.resumes ? 'deployed' : 'unchanged' },
            ]),
          ),
        );
      },
      // Nobody can say where it cannot be read: then nothing more is touched.
      isSealed: () =>
        room.ledger.current().then(
          (now) => now?.release === id,
          () => true,
        ),
    });
    safety.closed();
    const ending = await settle(room, prepared, recorder, answer);
    if (room.config.historyPage) await publishHistory(room.ledger, room.job);
    return ending;
  } catch (error) {
    const outcome = error instanceof ActionError ? error.outcome : 'failed';
    await recorder.end(outcome, messageOf(error));
    throw error;
  }
}

type HalfFields = Partial<BackendHalf & FrontendHalf>;

interface Recorder {
  /** Writes these halves, over what is recorded of them already. */
  write(halves: Partial<Record<Part, HalfFields>>, checks?: SmokeOutcome): Promise<void>;
  /** Writes how every half ended that is not known to have ended well. Never throws. */
  end(outcome: Outcome, cause: string, checks?: SmokeOutcome): Promise<void>;
}

/** Opens the rollback's own release record: a run that dies leaves its trace, and the next one goes on with it. */
async function beginRecord(room: Room, { found, halves, id }: Prepared): Promise<Recorder> {
  const { ledger, job, config } = room;
  const { target, current } = found;
  const startedAt = new Date(job.clock.now()).toISOString();
  await ledger.open({
    id,
    type: 'rollback',
    // What is live after it is the restored commit: an older one is fenced off from that on.
    run: { ...job.run, commit: target.commit, ref: target.ref },
    restores: target.id,
    replaces: found.resumes?.replaces ?? current.release,
    reason: config.reason,
  });
  const written = new Map<Part, HalfFields>();
  const write: Recorder['write'] = async (changed, checks) => {
    for (const [part, fields] of Object.entries(changed) as [Part, HalfFields][]) {
      const known = written.get(part) ?? { ...halves.find((other) => other.part === part)?.half, startedAt };
      const { finishedAt: _, ...body } = { ...known, ...fields };
      const finishedAt = new Date(job.clock.now()).toISOString();
      written.set(part, body.result === 'in-progress' ? body : { ...body, finishedAt });
    }
    await ledger.writeHalves(id, { ...Object.fromEntries(written), ...(checks ? { checks } : {}) });
  };
  return {
    write,
    async end(outcome, cause, checks) {
      try {
        await write(Object.fromEntries(halves.map(({ part }) => [part, { result: outcome, cause }])), checks);
      } catch (error) {
        job.log.error(`the release record could not be written: ${messageOf(error)}`);
      }
    },
  };
}

async function settle(
  room: Room,
  prepared: Prepared,
  recorder: Recorder,
  answer: PairResult,
): Promise<ActionResult<Rollback>> {
  if (answer.kind === 'restored') {
    return result(room, prepared, 'rolled-back', undefined);
  }
  const problem = describeFailure(prepared, answer);
  // Its record stays open: the same rollback again goes on with it.
  if (answer.kind === 'unfinished') return result(room, prepared, 'rollback-failed', problem);
  const outcome = answer.kind === 'put-back' ? 'failed' : 'rollback-failed';
  const checks = answer.cause instanceof ChecksFailed ? 'failed' : undefined;
  await recorder.end(outcome, messageOf(answer.cause), checks);
  return result(room, prepared, outcome, problem);
}

function describeFailure({ found }: Prepared, answer: Exclude<PairResult, { kind: 'restored' }>): string {
  const { current, target } = found;
  const cause = answer.cause instanceof ChecksFailed ? answer.cause.problems : [messageOf(answer.cause)];
  if (answer.kind === 'unfinished') {
    return describeProblem({
      what: `release ${target.id} is live again and was proved to be; the rest of the rollback could not be finished`,
      details: cause.flatMap((text) => text.split('\n')),
      fix: `run rollback again with to: ${target.id}: it finishes what is left, such as files to remove and the release record`,
    });
  }
  const what = answer.failed === 'checks' ? 'the checks at the end' : `the ${answer.failed}`;
  if (answer.kind === 'put-back') {
    return describeProblem({
      what: `the rollback to ${target.id} failed at ${what}; release ${current.release} is live again, whole`,
      details: cause.flatMap((text) => text.split('\n')),
      fix: 'see what failed; go back to another release with `to`, or fix forward',
    });
  }
  return describeProblem({
    what: `the rollback to ${target.id} failed at ${what}, and what was live before could not be put back whole`,
    details: [
      ...cause.flatMap((text) => text.split('\n')),
      ...answer.left.map(({ part, why }) => `${part}: ${why}`),
    ],
    fix: `run rollback again with to: ${target.id} (it goes on where this one stopped), or with to: ${current.release} for the pair from before`,
  });
}

function result(
  { config, job, started }: Room,
  { found, halves, lines, id }: Prepared,
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
      plan: JSON.stringify(makePlan(found, halves)),
      'duration-seconds': (milliseconds / 1000).toFixed(1),
    },
    summary: renderSummary({ outcome, id, found, lines, milliseconds, problem, reason: config.reason }),
    problem,
  };
}

export const definition: Action<Rollback> = { action, main, post: putRightAfterStop };
