import * as core from '@actions/core';
import { explainAws } from '../aws/errors.ts';
import { actionsLog } from '../github/actions-log.ts';
import { readRunContext } from '../github/context.ts';
import type { Action, ActionResult, Job } from '../runtime/action.ts';
import { systemClock } from '../runtime/clock.ts';
import { parseDuration } from '../runtime/duration.ts';
import { ActionError, interrupted, messageOf } from '../runtime/errors.ts';
import { type ActionInterface, Inputs } from '../runtime/inputs.ts';
import { fenced } from '../runtime/markdown.ts';
import { proxiesInUse, setUpNetwork } from '../runtime/network.ts';
import { type AnyOutcome, exitCode, isSuccess } from '../runtime/outcome.ts';
import { proxySecrets } from '../runtime/proxy.ts';
import { Redactor } from '../runtime/redactor.ts';
import { ForeignState, StepState, stateFolder } from './step-state.ts';

/** Names of the state that is not sealed: which of the two parts runs, and where the key is. */
const [IS_POST, KEY] = ['is-post', 'state-key'];

/**
 * The boundary between GitHub's runner and an action: `INPUT_*` in, outputs, summary, annotations and the exit code
 * out. The same bundle is `main:` and `post:`; the state tells which of the two this is.
 */
export async function runAction<A extends ActionInterface>(definition: Action<A>): Promise<void> {
  const isPost = core.getState(IS_POST) === 'true';
  const redactor = redactorFor(definition.action);
  const log = actionsLog({
    redactor,
    write: (text) => void process.stdout.write(text),
    live: process.env['WWHD_TERMINAL'] === 'true',
  });
  const edge: Edge = { log, redactor };
  surviveClosedPipe();
  const state = openState(isPost, edge);
  const job = jobFor(definition.action, abortOnSignals(), state, edge);
  const unready = state instanceof ActionError ? state : await connect(definition, job, redactor);
  if (isPost) await runPost(definition, job, unready ?? state);
  else await report(definition.action.name, await settleWith(unready, definition, job), edge);
  // All is said. What is still open (a connection to a server that does not answer) keeps nobody waiting.
  setTimeout(() => process.exit(), LEAVE_AFTER).unref();
}

/** Milliseconds that what is still open at the end has to close by itself. */
const LEAVE_AFTER = 250;

/** @returns why the environment's proxies cannot be used, where that is so */
async function connect<A extends ActionInterface>(
  { patience }: Action<A>,
  { inputs, env, signal }: Job<A>,
  redactor: Redactor,
): Promise<ActionError | undefined> {
  try {
    const names = inputs as unknown as Inputs<ActionInterface>;
    const waitTimeout = parseDuration(names.text('wait-timeout')) ?? patience;
    await setUpNetwork({ env, waitTimeout, cancelled: signal });
    for (const secret of proxySecrets(proxiesInUse())) redactor.secret(secret);
  } catch (error) {
    if (error instanceof ActionError) return error;
    throw error;
  }
  return undefined;
}

interface Edge {
  readonly log: Job<ActionInterface>['log'];
  readonly redactor: Redactor;
}

/** What this step knows from its environment and must not show, wherever a text comes from. */
const SECRET_VARIABLES = [
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'ACTIONS_RUNTIME_TOKEN',
  'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
  'GITHUB_TOKEN',
  'GH_TOKEN',
];
/** Inputs whose whole value is a secret. */
const SECRET_INPUTS = ['github-token', 'qdrant-api-key'];
/** Inputs that hold values of variables. */
const VARIABLE_INPUTS = ['environment-variables', 'build-args'];

function redactorFor(action: ActionInterface): Redactor {
  const kept = [...SECRET_INPUTS, ...VARIABLE_INPUTS];
  const shown = Object.keys(action.inputs).filter((name) => !kept.includes(name));
  const redactor = new Redactor(shown.map((name) => core.getInput(name)));
  for (const name of SECRET_VARIABLES) redactor.secret(process.env[name]);
  for (const name of SECRET_INPUTS) if (name in action.inputs) redactor.secret(core.getInput(name));
  return redactor;
}

/** A reader that goes away (`… | head`) does not end the work: nobody listens any more, and that is all. */
function surviveClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
}

/** @returns the state, or why there is none: then nothing is begun. */
function openState(isPost: boolean, { log }: Edge): StepState | ActionError {
  const folder = stateFolder(process.env);
  if (isPost) return StepState.reopen(folder, core.getState(KEY));
  try {
    const state = StepState.create(folder);
    core.saveState(IS_POST, 'true');
    core.saveState(KEY, state.keyFile);
    return state;
  } catch (error) {
    log.debug(messageOf(error));
    return new ActionError('refused', {
      what: 'the state of this step cannot be written, and a job that is cancelled could not be put right without it; nothing was changed',
      found: messageOf(error),
      fix: `see that GITHUB_STATE and ${folder} can be written to, and that the disk is not full`,
      cause: error,
    });
  }
}

async function settleWith<A extends ActionInterface>(
  unready: ActionError | undefined,
  definition: Action<A>,
  job: Job<A>,
): Promise<ActionResult<A>> {
  if (!unready) return settle(definition, job);
  return { outcome: unready.outcome, outputs: {}, problem: unready.message };
}

async function runPost<A extends ActionInterface>(
  definition: Action<A>,
  job: Job<A>,
  state: StepState | ActionError,
): Promise<void> {
  try {
    await definition.post?.(job);
  } catch (error) {
    job.log.warning(
      error instanceof ForeignState
        ? `the state ${error.message} is not what this step saved, so nothing is done after it; what the step left half done is put right by the next deployment`
        : `clean-up after the step did not finish: ${messageOf(error)}`,
    );
  }
  if (state instanceof StepState) state.forget();
}

function jobFor<A extends ActionInterface>(
  action: A,
  signal: AbortSignal,
  state: StepState | ActionError,
  { log }: Edge,
): Job<A> {
  const sealed = state instanceof StepState ? state : undefined;
  return {
    inputs: new Inputs(action, (name) => core.getInput(name)),
    log,
    clock: systemClock,
    run: readRunContext(process.env),
    env: process.env,
    signal,
    saveState(name, value) {
      try {
        core.saveState(name, sealed?.seal(name, value) ?? '');
      } catch (error) {
        // What is under way is not given up for it: what a cancelled job leaves, the next deployment puts right.
        log.warning(
          `the state of this step could not be written (${messageOf(error)}): if this job is cancelled now, run the deployment again, which puts right what it left`,
        );
      }
    },
    state: (name) => sealed?.open(name, core.getState(name)) ?? '',
  };
}

/**
 * GitHub cancels with SIGINT, SIGTERM 7.5 s later, and kills 2.5 s after that
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation). SIGHUP comes from a
 * terminal that was closed.
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => controller.abort(interrupted({ what: `the job was cancelled (${name})` })));
  }
  return controller.signal;
}

/** Runs an action to a result, whatever it throws. A foreseen error has no stack trace; a bug of ours has one. */
export async function settle<A extends ActionInterface>(
  definition: Pick<Action<A>, 'main'>,
  job: Job<A>,
): Promise<ActionResult<A>> {
  try {
    return await definition.main(job);
  } catch (error) {
    if (error instanceof ActionError) {
      const { cause } = error.problem;
      if (cause instanceof Error) job.log.debug(cause.stack ?? cause.message);
      return { outcome: error.outcome, outputs: {}, problem: error.message };
    }
    const explained = explainAws(error);
    if (explained) return { outcome: explained.outcome, outputs: {}, problem: explained.message };
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      outcome: 'failed',
      outputs: {},
      problem: `This is a bug in wwhd-deploy; please report it with this trace.\n${stack}`,
    };
  }
}

async function report<A extends ActionInterface>(
  name: string,
  result: ActionResult<A>,
  edge: Edge,
): Promise<void> {
  const { log } = edge;
  writeOutputs({ outcome: result.outcome, ...result.outputs }, result.outcome, edge);
  await writeSummary(result.summary ?? failureSummary(name, result.outcome, result.problem), edge);
  if (isSuccess(name, result.outcome)) {
    if (result.problem) log.warning(result.problem);
  } else log.error(result.problem ?? `${name}: ${result.outcome}`);
  process.exitCode = exitCode(name, result.outcome);
}

/** Outputs that cannot be written change nothing about what is live: it is said, and the outcome stays what it is. */
function writeOutputs(
  outputs: Readonly<Record<string, string | undefined>>,
  outcome: AnyOutcome,
  { log }: Edge,
): void {
  try {
    for (const [output, value] of Object.entries(outputs))
      if (value !== undefined) core.setOutput(output, value);
  } catch (error) {
    log.error(
      `the outputs of this step could not be written: ${messageOf(error)}\n  found: the step itself ended as ${outcome}, and that stands\n  next: steps and jobs that read its outputs see none; see that GITHUB_OUTPUT can be written to, and run them again`,
    );
  }
}

function failureSummary(name: string, outcome: AnyOutcome, problem: string | undefined): string {
  return problem ? `### ${name}: ${outcome}\n\n${fenced(problem)}\n` : '';
}

/** A summary holds 1 MiB, and a summary that cannot be written never fails a finished deployment. */
async function writeSummary(markdown: string, { log, redactor }: Edge): Promise<void> {
  if (!markdown || !process.env['GITHUB_STEP_SUMMARY']) return;
  try {
    const limit = 1024 * 1024 - 1024;
    const bytes = Buffer.from(redactor.hide(markdown));
    const text =
      bytes.length > limit
        ? `${bytes.subarray(0, limit).toString()}\n\n… cut: a summary holds 1 MiB.`
        : bytes.toString();
    await core.summary.addRaw(text, true).write();
  } catch (error) {
    log.warning(`the job summary could not be written: ${messageOf(error)}`);
  }
}
