import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { bundlePath, root } from './dist.ts';

export interface ActionRun {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly outputs: Readonly<Record<string, string>>;
  /** What was written for the job summary. */
  readonly summary: string;
  /** Everything printed, workflow commands included. */
  readonly log: string;
  /** What the step saved for its post step. */
  readonly state: Readonly<Record<string, string>>;
}

export interface RunOptions {
  /** Environment on top of GitHub's variables: the cloud's, as a rule. Nothing else is inherited but PATH and HOME. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  readonly commit?: string;
  readonly runNumber?: number;
  readonly runId?: number;
  readonly job?: string;
  /** State of the main step: runs the post step. */
  readonly post?: Readonly<Record<string, string>>;
  /** Called with the process as soon as it runs: to kill or to signal it. */
  readonly onStart?: (child: ChildProcess) => void;
  /** A hang is killed after this many milliseconds. */
  readonly timeout?: number;
}

/** The runner's temporary folder is one for all steps of a job, the post steps included. */
const runnerTemp = mkdtempSync(join(tmpdir(), 'wwhd-runner-temp-'));
process.once('exit', () => rmSync(runnerTemp, { recursive: true, force: true }));

interface ActionFile {
  inputs?: Record<string, { default?: unknown }>;
}

/** Runs dist/<name>/ as GitHub's runner does: INPUT_* with action.yml's defaults, files for outputs, state, summary. */
export async function runAction(
  name: string,
  inputs: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<ActionRun> {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-run-'));
  const file = (id: string) => {
    const path = join(dir, id);
    writeFileSync(path, '');
    return path;
  };
  const files = { output: file('output'), state: file('state'), summary: file('summary') };
  const child = spawn(process.execPath, [join(bundlePath(name), 'index.js')], {
    cwd: options.cwd ?? dir,
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      // Node 22 and later keep what they have compiled there: a quarter of a short run's processor time.
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      ...githubEnv(options, files, dir),
      ...inputEnv(name, inputs),
      ...stateEnv(options.post),
      ...options.env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk) => said.push(chunk));
  child.stderr.on('data', (chunk) => said.push(chunk));
  options.onStart?.(child);
  const bound = setTimeout(() => child.kill('SIGKILL'), options.timeout ?? 300_000);
  const [exitCode, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) =>
    child.on('close', (code, by) => resolve([code, by])),
  );
  clearTimeout(bound);
  const run = {
    exitCode,
    signal,
    outputs: readCommandFile(files.output),
    state: readCommandFile(files.state),
    summary: readFileSync(files.summary, 'utf8'),
    log: Buffer.concat(said).toString(),
  };
  rmSync(dir, { recursive: true, force: true });
  return run;
}

function githubEnv(
  options: RunOptions,
  files: { output: string; state: string; summary: string },
  dir: string,
) {
  return {
    GITHUB_ACTIONS: 'true',
    CI: 'true',
    GITHUB_SHA: options.commit ?? '1111111111111111111111111111111111111111',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REPOSITORY: 'org/app',
    GITHUB_ACTOR: 'octocat',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_API_URL: 'http://127.0.0.1:9/no-github-in-this-test',
    GITHUB_RUN_ID: String(options.runId ?? 1000 + (options.runNumber ?? 1)),
    GITHUB_RUN_NUMBER: String(options.runNumber ?? 1),
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_JOB: options.job ?? 'deploy',
    GITHUB_WORKSPACE: options.cwd ?? dir,
    GITHUB_OUTPUT: files.output,
    GITHUB_STATE: files.state,
    GITHUB_STEP_SUMMARY: files.summary,
    RUNNER_TEMP: runnerTemp,
    AWS_EC2_METADATA_DISABLED: 'true',
  };
}

/** Defaults of action.yml that are expressions (`${{ github.token }}`) are left out: GitHub would expand them. */
function inputEnv(name: string, inputs: Readonly<Record<string, string>>): Record<string, string> {
  const declared =
    (parse(readFileSync(join(root, 'actions', name, 'action.yml'), 'utf8')) as ActionFile).inputs ?? {};
  const unknown = Object.keys(inputs).filter((input) => !(input in declared));
  if (unknown.length > 0) throw new Error(`actions/${name}/action.yml has no input ${unknown.join(', ')}`);
  const env: Record<string, string> = {};
  for (const [input, spec] of Object.entries(declared)) {
    const fallback = String(spec.default ?? '');
    env[`INPUT_${input.replaceAll(' ', '_').toUpperCase()}`] =
      inputs[input] ?? (fallback.includes('${{') ? '' : fallback);
  }
  return env;
}

function stateEnv(state: Readonly<Record<string, string>> | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(state ?? {}).map(([key, value]) => [`STATE_${key}`, value]));
}

/** The `name<<delimiter` format of GITHUB_OUTPUT and GITHUB_STATE. */
function readCommandFile(path: string): Record<string, string> {
  const lines = readFileSync(path, 'utf8').split('\n');
  const values: Record<string, string> = {};
  for (let i = 0; i < lines.length; i++) {
    const match = /^([^=<]+)<<(.+)$/.exec(lines[i] ?? '');
    if (!match?.[1]) continue;
    const end = lines.indexOf(match[2] ?? '', i + 1);
    values[match[1]] = lines.slice(i + 1, end).join('\n');
    i = end;
  }
  return values;
}
