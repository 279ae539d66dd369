import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
// @ts-expect-error plain JavaScript beside its action
import { problems } from '../../.github/actions/prepare/prepare.mjs';
import { root } from '../support/dist.ts';
import { checkCall, checkExpressions, checkWorkflow, pinned, type Scope } from '../support/workflow-check.ts';
import {
  type ActionFile,
  actionFiles,
  exampleWorkflows,
  ownWorkflows,
  read,
  type Step,
  type Workflow,
} from '../support/workflows.ts';

const workflows = [...ownWorkflows(), ...exampleWorkflows()];
const composites = actionFiles().filter((path) => read<ActionFile>(path).runs.using === 'composite');

describe.each(workflows)('%s', (path) => {
  it("is a workflow to GitHub's own parser", () => {
    const content = readFileSync(join(root, path), 'utf8');
    const { context } = parseWorkflow({ name: path, content }, new NoOperationTraceWriter());
    expect(context.errors.getErrors().map((e) => e.message)).toEqual([]);
  });

  it('names only what exists: jobs, inputs, outputs, steps, secrets', () => {
    expect(checkWorkflow(read<Workflow>(path))).toEqual([]);
  });

  it("tells a step how long its job may take as the job's own timeout-minutes has it", () => {
    for (const job of Object.values(read<Workflow>(path).jobs)) {
      for (const step of job.steps ?? []) {
        const told = step.with?.['job-timeout'];
        if (told !== undefined) expect(told).toBe(`${job['timeout-minutes']}m`);
      }
    }
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

/** An image that an expression will name. */
const anImage = (given: Record<string, unknown> = {}) =>
  String(given['image'] ?? '').includes('${{') ? { image: `r.example/api@sha256:${'a'.repeat(64)}` } : {};

/** The inputs of deploy.yml that its first job judges, not given. */
const NOTHING = Object.fromEntries(
  ['repository', 'image', 'service', 'frontend-directory', 'bucket', 'release-bucket', 'release-id'].map(
    (name) => [name, ''],
  ),
);

describe('what the pages tell a reader to paste', () => {
  const pages = [
    'README.md',
    ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`),
    ...readdirSync(join(root, 'actions')).map((name) => `actions/${name}/README.md`),
    ...readdirSync(join(root, 'examples')).map((name) => `examples/${name}`),
  ].filter((path) => path.endsWith('.md') && existsSync(join(root, path)));

  /** YAML blocks with a `uses:`, without the indentation of a list that they may stand in. */
  const blocksOf = (path: string): string[] =>
    [...readFileSync(join(root, path), 'utf8').matchAll(/^( *)```ya?ml\n([\s\S]*?)^ *```/gm)]
      .map((m) => (m[2] ?? '').replaceAll(new RegExp(`^${m[1]}`, 'gm'), ''))
      .filter((block) => /\buses:/.test(block));

  it.each(pages)('%s names only what exists, and deploy.yml would take it', (path) => {
    const wrong = blocksOf(path).flatMap((block) => {
      const document = parse(block) as Step[] | (Workflow & { steps?: Step[] });
      if (Array.isArray(document) || !document.jobs) {
        const steps = Array.isArray(document) ? document : (document.steps ?? []);
        return steps.flatMap((step) => (step.uses ? checkCall(step.uses, step.with) : []));
      }
      const { context } = parseWorkflow({ name: path, content: block }, new NoOperationTraceWriter());
      const refused = Object.values(document.jobs)
        .filter((job) => job.uses?.includes('/deploy.yml@'))
        .flatMap(
          (job) =>
            problems({
              ...NOTHING,
              environment: 'production',
              ...job.with,
              ...anImage(job.with),
            }) as string[],
        );
      return [...context.errors.getErrors().map((e) => e.message), ...checkWorkflow(document), ...refused];
    });
    expect(wrong).toEqual([]);
  });
});
