import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { StepRun } from './model.ts';
import type { Paths } from './paths.ts';

/** What GitHub tells every step about the run that it belongs to. */
export interface RunIdentity {
  readonly sha: string;
  readonly actor: string;
  readonly workflow: string;
  /** Grows by one with each run of the workflow; a re-run keeps it. */
  readonly number: number;
  readonly attempt: number;
  readonly job: string;
  readonly event: string;
}

export interface StepOptions {
  readonly run: RunIdentity;
  /** The checkout that relative paths in inputs start from. */
  readonly workspace: string;
  /** Folder for this step's command files. */
  readonly temp: string;
  /** Environment of the job: credentials and endpoints. */
  readonly env: Readonly<Record<string, string>>;
  readonly githubApi: string;
  /** Called for every line that the step prints. */
  readonly onLine?: (line: string) => void;
  /** Milliseconds since the week began. */
  readonly now: () => number;
}

interface ActionFile {
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown }>>;
  readonly runs: { readonly using: string; readonly main?: string; readonly post?: string };
}

/** A step that hangs is ended after this many milliseconds. */
const STEP_LIMIT = 60_000;

/**
 * Runs one of our actions as GitHub's runner does: the bundle that its action.yml names, every declared input as
 * `INPUT_*` with its default, files for outputs, state and summary, and the post step afterwards.
 */
export async function runStep(
  paths: Paths,
  action: string,
  inputs: Readonly<Record<string, string>>,
  options: StepOptions,
): Promise<StepRun> {
  const description = parse(
    readFileSync(join(paths.root, 'actions', action, 'action.yml'), 'utf8'),
  ) as ActionFile;
  const files = commandFiles(options.temp);
  const env = {
    ...githubEnv(options, files),
    ...inputEnv(action, description, inputs, options),
    ...options.env,
  };
  const bundle = join(paths.dist, action, 'index.js');
  const from = options.now();
  const main = await execute(bundle, env, options);
  const outputs = readCommandFile(files.output);
  let log = main.log;
  if (description.runs.post !== undefined) {
    const state = Object.entries(readCommandFile(files.state));
    const kept = Object.fromEntries(state.map(([name, value]) => [`STATE_${name}`, value]));
    log += (await execute(bundle, { ...env, ...kept }, options)).log;
  }
  return {
    action,
    inputs,
    outputs,
    exitCode: main.code,
    from,
    to: options.now(),
    summary: readFileSync(files.summary, 'utf8'),
    log,
  };
}

function execute(
  bundle: string,
  env: Readonly<Record<string, string>>,
  options: StepOptions,
): Promise<{ code: number; log: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bundle], {
      cwd: options.workspace,
      env: { PATH: process.env['PATH'], HOME: options.temp, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let log = '';
    const read = (chunk: Buffer) => {
      log += chunk.toString();
      options.onLine?.(chunk.toString().trimEnd().split('\n').at(-1) ?? '');
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    const kill = () => child.kill('SIGKILL');
    const bound = setTimeout(kill, STEP_LIMIT);
    // A step must not outlive a demo that was stopped.
    process.once('exit', kill);
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(bound);
      process.off('exit', kill);
      resolve({ code: code ?? 137, log });
    });
  });
}

interface CommandFiles {
  readonly output: string;
  readonly state: string;
  readonly summary: string;
  readonly env: string;
  readonly path: string;
}

function commandFiles(temp: string): CommandFiles {
  mkdirSync(temp, { recursive: true });
  const file = (name: string) => {
    const path = join(temp, name);
    writeFileSync(path, '');
    return path;
  };
  return {
    output: file('output'),
    state: file('state'),
    summary: file('summary.md'),
    env: file('env'),
    path: file('path'),
  };
}

/** Variables: https://docs.github.com/en/actions/reference/workflows-and-actions/variables */
function githubEnv(options: StepOptions, files: CommandFiles): Record<string, string> {
  const { run } = options;
  return {
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: run.actor,
    GITHUB_API_URL: options.githubApi,
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_ENV: files.env,
    GITHUB_EVENT_NAME: run.event,
    GITHUB_JOB: run.job,
    GITHUB_OUTPUT: files.output,
    GITHUB_PATH: files.path,
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REPOSITORY: 'wwhd/app',
    GITHUB_RUN_ATTEMPT: String(run.attempt),
    GITHUB_RUN_ID: String(7_000_000 + run.number),
    GITHUB_RUN_NUMBER: String(run.number),
    GITHUB_SHA: run.sha,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_WORKFLOW: run.workflow,
    GITHUB_WORKSPACE: options.workspace,
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: options.temp,
  };
}

/** The one expression that a default of ours may hold: the runner expands it before the action sees it. */
const TOKEN = /^\$\{\{\s*github\.token\s*\}\}$/;

function inputEnv(
  action: string,
  description: ActionFile,
  inputs: Readonly<Record<string, string>>,
  options: StepOptions,
): Record<string, string> {
  const declared = description.inputs ?? {};
  for (const name of Object.keys(inputs))
    if (!(name in declared)) throw new Error(`actions/${action}/action.yml has no input ${name}`);
  const env: Record<string, string> = {};
  for (const [name, { default: fallback }] of Object.entries(declared)) {
    const value = inputs[name] ?? String(fallback ?? '');
    env[`INPUT_${name.replaceAll(' ', '_').toUpperCase()}`] = TOKEN.test(value)
      ? `ghs_demo_${options.run.number}`
      : value;
  }
  return env;
}

/** Values of GITHUB_OUTPUT and GITHUB_STATE, in the `name<<delimiter` form that the toolkit writes. */
function readCommandFile(path: string): Record<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  const values: Record<string, string> = {};
  for (let i = 0; i < lines.length; i++) {
    const match = /^([^=<]+)<<(.+)$/.exec(lines[i] ?? '');
    if (!match?.[1] || !match[2]) continue;
    const end = lines.indexOf(match[2], i + 1);
    values[match[1]] = lines.slice(i + 1, end).join('\n');
    i = end;
  }
  return values;
}
