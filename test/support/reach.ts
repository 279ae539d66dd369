// What of each action a caller of a workflow can set: the inputs that the workflow's steps pass on from its own.
import {
  type ActionFile,
  expressionsIn,
  parseExpression,
  read,
  referencesIn,
  type Workflow,
} from './workflows.ts';

/** The workflows that others call. */
export const CALLABLE = ['deploy', 'rollback', 'pr-checks', 'preview', 'history'] as const;

export interface Use {
  readonly workflow: string;
  readonly action: string;
  readonly input: string;
  /** What the step says; `undefined` where it says nothing. */
  readonly given: unknown;
  /** Inputs and secrets of the workflow that it is made of: `inputs.acl`, `secrets.checks`. */
  readonly from: readonly string[];
}

export const actionInputs = (action: string): NonNullable<ActionFile['inputs']> =>
  read<ActionFile>(`actions/${action}/action.yml`).inputs ?? {};

/** Each input of each action that a workflow's steps use, once for each step. */
export function usesOf(workflow: string): Use[] {
  const { jobs } = read<Workflow>(`.github/workflows/${workflow}.yml`);
  return Object.values(jobs)
    .flatMap((job) => job.steps ?? [])
    .flatMap((step) => {
      const action = /^\$\/actions\/([\w-]+)$/.exec(step.uses ?? '')?.[1];
      if (action === undefined) return [];
      return Object.keys(actionInputs(action)).map((input) => {
        const given = step.with?.[input];
        return { workflow, action, input, given, from: callersOwn(given) };
      });
    });
}

function callersOwn(given: unknown): string[] {
  return expressionsIn(String(given ?? '')).flatMap(({ text }) =>
    referencesIn(parseExpression(text)).filter((reference) => /^(?:inputs|secrets)\./.test(reference)),
  );
}

/** The inputs of a workflow that is called, and its secrets. */
export function callOf(workflow: string) {
  const { on } = read<Workflow>(`.github/workflows/${workflow}.yml`);
  const call = (on as Exclude<Workflow['on'], string | string[]>)['workflow_call'];
  return { inputs: call?.inputs ?? {}, secrets: call?.secrets ?? {} };
}
