import * as core from '@actions/core';
import { actionsLog } from '../github/actions-log.ts';
import { readRunContext } from '../github/context.ts';
import type { Action, ActionResult, Job } from '../runtime/action.ts';
import { systemClock } from '../runtime/clock.ts';
import { ActionError, interrupted, messageOf } from '../runtime/errors.ts';
import { type ActionInterface, Inputs } from '../runtime/inputs.ts';
import { type AnyOutcome, exitCode, isSuccess } from '../runtime/outcome.ts';

/**
 * The boundary between GitHub's runner and an action: `INPUT_*` in, outputs, summary, annotations and the exit code
 * out. The same bundle is `main:` and `post:`; the state tells which of the two this is.
 */
export async function runAction<A extends ActionInterface>(definition: Action<A>): Promise<void> {
  const isPost = core.getState('is-post') === 'true';
  core.saveState('is-post', 'true');
  const job = jobFor(definition.action, abortOnSignals());
  if (isPost) {
    await runPost(definition, job);
    return;
  }
  const result = await settle(definition, job);
  await report(definition.action.name, result);
}

async function runPost<A extends ActionInterface>(definition: Action<A>, job: Job<A>): Promise<void> {
  try {
    await definition.post?.(job);
  } catch (error) {
    core.warning(`clean-up after the step did not finish: ${messageOf(error)}`);
  }
}

function jobFor<A extends ActionInterface>(action: A, signal: AbortSignal): Job<A> {
  return {
    inputs: new Inputs(action, (name) => core.getInput(name)),
    log: actionsLog(Date.now, process.env['WWHD_TERMINAL'] === 'true'),
    clock: systemClock,
    run: readRunContext(process.env),
    env: process.env,
    signal,
    saveState: core.saveState,
    state: core.getState,
  };
}

/**
 * GitHub cancels with SIGINT, SIGTERM 7.5 s later, and kills 2.5 s after that
 * (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-cancellation).
 */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
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
      job.log.debug(String(error.problem.cause instanceof Error ? error.problem.cause.stack : ''));
      return { outcome: error.outcome, outputs: {}, problem: error.message };
    }
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      outcome: 'failed',
      outputs: {},
      problem: `This is a bug in wwhd-deploy; please report it with this trace.\n${stack}`,
    };
  }
}

async function report<A extends ActionInterface>(name: string, result: ActionResult<A>): Promise<void> {
  const outputs: Record<string, string | undefined> = { outcome: result.outcome, ...result.outputs };
  for (const [output, value] of Object.entries(outputs))
    if (value !== undefined) core.setOutput(output, value);
  await writeSummary(result.summary ?? failureSummary(name, result.outcome, result.problem));
  if (isSuccess(name, result.outcome)) {
    if (result.problem) core.warning(result.problem);
  } else core.error(result.problem ?? `${name}: ${result.outcome}`);
  process.exitCode = exitCode(name, result.outcome);
}

function failureSummary(name: string, outcome: AnyOutcome, problem: string | undefined): string {
  return problem ? `### ${name}: ${outcome}\n\n\`\`\`text\n${problem}\n\`\`\`\n` : '';
}

/** A summary holds 1 MiB, and a summary that cannot be written never fails a finished deployment. */
async function writeSummary(markdown: string): Promise<void> {
  if (!markdown || !process.env['GITHUB_STEP_SUMMARY']) return;
  try {
    const limit = 1024 * 1024 - 1024;
    const bytes = Buffer.from(markdown);
    const text =
      bytes.length > limit
        ? `${bytes.subarray(0, limit).toString()}\n\n… cut: a summary holds 1 MiB.`
        : markdown;
    await core.summary.addRaw(text, true).write();
  } catch (error) {
    core.warning(`the job summary could not be written: ${messageOf(error)}`);
  }
}
