import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import thirdParty from '../contract/third-party.json' with { type: 'json' };
import { root } from './dist.ts';
import {
  type ActionFile,
  expressionsIn,
  type Job,
  parseExpression,
  read,
  referencesIn,
  type Step,
  type Trigger,
  type Workflow,
} from './workflows.ts';

/** Names of inputs and outputs at exactly these commits, read from the actions' own repositories. */
export const pinned = thirdParty as Record<
  string,
  { version: string; commit: string; inputs: string[]; required: string[]; outputs: string[] }
>;

interface Callee {
  readonly inputs: readonly string[];
  readonly required: readonly string[];
  readonly outputs: readonly string[];
  readonly secrets?: readonly string[];
}

const OURS = /^(?:\$|\.|org\/wwhd-deploy)\/(?:released\/)?(?<path>[^@]+?)(?:@v1)?$/;

function callee(uses: string): Callee | string {
  const own = OURS.exec(uses)?.groups?.['path'];
  if (own?.endsWith('.yml')) {
    const { on } = read<Workflow>(own);
    const call = (on as Record<string, Trigger | null>)['workflow_call'] ?? {};
    const inputs = call.inputs ?? {};
    return {
      inputs: Object.keys(inputs),
      required: Object.keys(inputs).filter((name) => inputs[name]?.required),
      outputs: Object.keys(call.outputs ?? {}),
      secrets: Object.keys(call.secrets ?? {}),
    };
  }
  if (own) {
    if (!existsSync(join(root, own, 'action.yml'))) return `there is no ${own}/action.yml`;
    const action = read<ActionFile>(`${own}/action.yml`);
    const inputs = action.inputs ?? {};
    return {
      inputs: Object.keys(inputs),
      required: Object.keys(inputs).filter((name) => inputs[name]?.required),
      outputs: Object.keys(action.outputs ?? {}),
    };
  }
  const [name = '', ref = ''] = uses.split('@');
  const known = pinned[name];
  if (!known) return `${name} is not in third-party.json`;
  return known.commit === ref ? known : `${name} is not pinned to ${known.commit} (${known.version})`;
}

/** Mistakes in the call of one step or job. */
export function checkCall(uses: string, given: Record<string, unknown> = {}): string[] {
  const called = callee(uses);
  if (typeof called === 'string') return [called];
  return [
    ...Object.keys(given)
      .filter((name) => !called.inputs.includes(name))
      .map((name) => `${uses} has no input ${name}`),
    ...called.required.filter((name) => !(name in given)).map((name) => `${uses} needs the input ${name}`),
  ];
}

function outputsOf(
  steps: readonly Step[] | undefined,
  id: string | undefined,
): readonly string[] | undefined {
  const step = steps?.find((s) => s.id === id);
  if (!step) return undefined;
  if (step.uses) {
    const called = callee(step.uses);
    return typeof called === 'string' ? undefined : called.outputs;
  }
  // A script's outputs are those that it is seen to write.
  const written = [...(step.run ?? '').matchAll(/(?:^|[\s"'{])([\w-]+)=[^\n]*GITHUB_OUTPUT/g)];
  const file = /node (scripts\/[\w-]+\.mjs)/.exec(step.run ?? '')?.[1];
  const source = file ? readFileSync(join(root, file), 'utf8') : '';
  const byFile = source.includes('GITHUB_OUTPUT') ? [...source.matchAll(/[`n]([\w-]+)=v?\$\{/g)] : [];
  return [...written, ...byFile].map((m) => m[1] ?? '');
}

const jobOutputs = (job: Job | undefined): readonly string[] | undefined => {
  if (!job) return undefined;
  if (!job.uses) return Object.keys(job.outputs ?? {});
  const called = callee(job.uses);
  return typeof called === 'string' ? undefined : called.outputs;
};

export interface Scope {
  readonly inputs: readonly string[] | undefined;
  readonly secrets: readonly string[];
  readonly jobs: Record<string, Job>;
  readonly needs: readonly string[];
  readonly steps: readonly Step[] | undefined;
  readonly matrix: readonly string[];
}

type Rest = readonly (string | undefined)[];

/** For each context: does the rest of the path name something? */
const EXISTS: Record<string, (rest: Rest, scope: Scope) => boolean> = {
  inputs: ([name], { inputs }) => name === undefined || inputs?.includes(name) === true,
  needs: ([job, what, name], { needs, jobs }) =>
    job === undefined || (needs.includes(job) && (what === 'result' || hasOutput(jobs[job], what, name))),
  jobs: ([job, what, name], { jobs }) => hasOutput(jobs[job ?? ''], what, name),
  steps: ([id, what, name], { steps }) =>
    what === 'outputs'
      ? outputsOf(steps, id)?.includes(name ?? '') === true
      : (what === 'outcome' || what === 'conclusion') && steps?.some((s) => s.id === id) === true,
  secrets: ([name], { secrets }) => name === 'GITHUB_TOKEN' || secrets.includes(name ?? ''),
  matrix: ([name], { matrix }) => matrix.includes(name ?? ''),
};

const hasOutput = (job: Job | undefined, what: string | undefined, name: string | undefined): boolean =>
  what === 'outputs' && jobOutputs(job)?.includes(name ?? '') === true;

/** Why a reference names nothing; `undefined` where it names something. */
function unknownReference(reference: string, scope: Scope): string | undefined {
  const [context = '', ...rest] = reference.split('.');
  return EXISTS[context]?.(rest, scope) === false ? `${reference} names nothing` : undefined;
}

export function checkExpressions(document: unknown, scope: Scope, at: string): string[] {
  return expressionsIn(document).flatMap(({ path, text }) => {
    try {
      return referencesIn(parseExpression(text))
        .map((reference) => unknownReference(reference, scope))
        .filter((wrong) => wrong !== undefined)
        .map((wrong) => `${at}.${path}: ${wrong}`);
    } catch (error) {
      return [`${at}.${path}: ${String(error)}`];
    }
  });
}

function checkJob(id: string, job: Job, scope: Omit<Scope, 'needs' | 'steps' | 'matrix'>): string[] {
  const needs = [job.needs ?? []].flat();
  const whole: Scope = { ...scope, needs, steps: job.steps, matrix: Object.keys(job.strategy?.matrix ?? {}) };
  return [
    ...needs.filter((name) => !(name in scope.jobs)).map((name) => `${id} needs ${name}, which is no job`),
    ...(job.uses ? checkCall(job.uses, job.with) : []),
    ...(job.steps ?? []).flatMap((step) => (step.uses ? checkCall(step.uses, step.with) : [])),
    ...checkExpressions(job, whole, id),
  ];
}

/** Everything in a workflow that names nothing, or gives too little. */
export function checkWorkflow(workflow: Workflow): string[] {
  const on = typeof workflow.on === 'object' && !Array.isArray(workflow.on) ? workflow.on : {};
  const call = on['workflow_call'];
  const declared = [call, on['workflow_dispatch']].flatMap((t) => Object.keys(t?.inputs ?? {}));
  const scope = {
    inputs: declared,
    secrets: Object.keys(call?.secrets ?? {}),
    jobs: workflow.jobs,
  };
  return [
    ...Object.entries(workflow.jobs).flatMap(([id, job]) => checkJob(id, job, scope)),
    ...checkExpressions(call?.outputs, { ...scope, needs: [], steps: undefined, matrix: [] }, 'outputs'),
  ];
}
