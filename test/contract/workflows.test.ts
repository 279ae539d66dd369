import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import {
  type ActionFile,
  actionFiles,
  exampleWorkflows,
  expressionsIn,
  type Job,
  ownWorkflows,
  parseExpression,
  read,
  referencesIn,
  type Step,
  type Trigger,
  type Workflow,
} from '../support/workflows.ts';
import thirdParty from './third-party.json' with { type: 'json' };

/** Names of inputs and outputs at exactly these commits, read from the actions' own repositories. */
const pinned = thirdParty as Record<
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
function checkCall(uses: string, given: Record<string, unknown> = {}): string[] {
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

interface Scope {
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

function checkExpressions(document: unknown, scope: Scope, at: string): string[] {
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

function checkWorkflow(path: string): string[] {
  const workflow = read<Workflow>(path);
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

const workflows = [...ownWorkflows(), ...exampleWorkflows()];
const composites = actionFiles().filter((path) => read<ActionFile>(path).runs.using === 'composite');

describe.each(workflows)('%s', (path) => {
  it("is a workflow to GitHub's own parser", () => {
    const content = readFileSync(join(root, path), 'utf8');
    const { context } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
    expect(context.errors.getErrors().map((e) => e.message)).toEqual([]);
  });

  it('names only what exists: jobs, inputs, outputs, steps, secrets', () => {
    expect(checkWorkflow(path)).toEqual([]);
  });

  it('has no expression inside a script, and keeps no credentials in the checkout', () => {
    const steps = Object.values(read<Workflow>(path).jobs).flatMap((job) => job.steps ?? []);
    for (const step of steps) {
      expect(step.run ?? '').not.toContain('${{');
      if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials']).toBe(false);
    }
  });

  it('starts from no permission at all', () => {
    const workflow = read<Workflow>(path);
    expect(workflow.permissions).toEqual({});
    for (const [id, job] of Object.entries(workflow.jobs))
      expect(job.permissions, `permissions of ${id}`).toBeDefined();
  });
});

describe.each(composites)('%s', (path) => {
  const action = read<ActionFile>(path);
  const steps = action.runs.steps ?? [];

  it('names only what exists', () => {
    const scope: Scope = {
      inputs: Object.keys(action.inputs ?? {}),
      secrets: [],
      jobs: {},
      needs: [],
      steps,
      matrix: [],
    };
    const scripted = (text: string) => existsSync(join(root, path, '..', text)) && text.endsWith('.sh');
    // A step that runs a script of the action writes what that script writes.
    const withScripts = steps.map((step) => {
      const script = /\$GITHUB_ACTION_PATH\/([\w.-]+)/.exec(step.run ?? '')?.[1];
      if (!script || !scripted(script)) return step;
      const source = readFileSync(join(root, path, '..', script), 'utf8');
      const put = [...source.matchAll(/\bput ([\w-]+) /g)].map((m) => `${m[1]}= GITHUB_OUTPUT`);
      const printed = [...source.matchAll(/([\w-]+)=%s/g)].map((m) => `${m[1]}= GITHUB_OUTPUT`);
      return { ...step, run: [...put, ...printed].join('\n') };
    });
    const calls = steps.flatMap((step) => (step.uses ? checkCall(step.uses, step.with) : []));
    expect([...calls, ...checkExpressions(action, { ...scope, steps: withScripts }, path)]).toEqual([]);
  });

  it('has no expression inside a script', () => {
    for (const step of steps) expect(step.run ?? '').not.toContain('${{');
  });
});

describe('third-party actions', () => {
  const texts = [...workflows, ...actionFiles()].map(
    (path) => [path, readFileSync(join(root, path), 'utf8')] as const,
  );
  const uses = texts.flatMap(([path, text]) =>
    [...text.matchAll(/uses:\s*([\w.-]+\/[\w./-]+)@(\S+)(?:\s+#\s*(\S+))?/g)].map((m) => ({
      path,
      name: m[1] ?? '',
      ref: m[2] ?? '',
      version: m[3],
    })),
  );

  it('are pinned by the commit of the version that stands beside it', () => {
    const foreign = uses.filter(({ name }) => !name.startsWith('org/wwhd-deploy/'));
    expect(foreign.length).toBeGreaterThan(0);
    for (const { path, name, ref, version } of foreign)
      expect({ path, name, ref, version }).toEqual({
        path,
        name,
        ref: pinned[name]?.commit,
        version: pinned[name]?.version,
      });
  });

  it('are all in use', () => {
    const names = new Set(uses.map(({ name }) => name));
    expect(Object.keys(pinned).filter((name) => !names.has(name))).toEqual([]);
  });
});
