import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { failed } from '../runtime/errors.ts';
import { readFileCommand, readLine, type Said } from './workflow-commands.ts';

export interface Step {
  /** Path of the bundle. */
  readonly script: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Environment of the step, the inputs apart. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly say: (said: Said) => void;
}

export interface StepResult {
  readonly exitCode: number;
  readonly outputs: Readonly<Record<string, string>>;
  /** Markdown. */
  readonly summary: string;
  /** Errors that it named, the last one its cause. */
  readonly errors: readonly string[];
  /** True where the person left before it had ended: what was under way is as it is. */
  readonly left?: boolean;
}

/**
 * Runs an action's bundle as GitHub's runner does, and its post step after it where it was stopped half-way: the code
 * that a laptop runs is the code that a workflow runs. The first Ctrl-C is passed on, and the bundle ends in good order;
 * the second one leaves at once.
 */
export async function runStep(step: Step): Promise<StepResult> {
  if (!existsSync(step.script)) {
    throw failed({
      what: `${step.script} is missing`,
      fix: 'run `npm run build`, or use a released version of wwhd-deploy',
    });
  }
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-'));
  const stop = forwardSignals(step.say);
  try {
    const main = await runOnce(step, dir, {});
    // A step that ended in good order has put right what there was; one that was stopped has not.
    const stopped = stop.asked || main.exitCode === 130 || main.killed;
    if (stopped && !stop.left) await runOnce(step, dir, { ...main.state, 'is-post': 'true' });
    return stop.left ? { ...main, exitCode: 130, left: true } : main;
  } finally {
    stop.end();
    rmSync(dir, { recursive: true, force: true });
  }
}

let running: ChildProcess | undefined;

/**
 * A terminal sends Ctrl-C to the bundle too; a service manager sends SIGTERM, and a window that is closed SIGHUP, which
 * are passed on. Each of the three asks once; a second Ctrl-C is the person who waits no longer.
 */
function forwardSignals(say: Step['say']) {
  const state = { asked: false, left: false };
  const ask = (signal: NodeJS.Signals) => {
    const again = state.asked;
    state.asked = true;
    if (!again) running?.kill(signal);
    return again;
  };
  const onInterrupt = () => {
    if (ask('SIGINT')) {
      state.left = true;
      running?.kill('SIGKILL');
    } else say({ kind: 'notice', text: 'stopping in good order; Ctrl-C once more leaves at once' });
  };
  const onTerminate = () => void ask('SIGTERM');
  const onHangUp = () => void ask('SIGHUP');
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onTerminate);
  process.on('SIGHUP', onHangUp);
  return {
    get asked() {
      return state.asked;
    },
    get left() {
      return state.left;
    },
    end() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onTerminate);
      process.off('SIGHUP', onHangUp);
    },
  };
}

async function runOnce(step: Step, dir: string, state: Readonly<Record<string, string>>) {
  const file = (name: string) => {
    const path = join(dir, name);
    writeFileSync(path, '');
    return path;
  };
  const files = { output: file('output'), state: file('state'), summary: file('summary') };
  const errors: string[] = [];
  const child = spawn(process.execPath, [step.script], {
    cwd: step.cwd,
    env: {
      ...step.env,
      ...Object.fromEntries(Object.entries(step.inputs).map(([name, value]) => [inputVariable(name), value])),
      ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
      GITHUB_OUTPUT: files.output,
      GITHUB_STATE: files.state,
      GITHUB_STEP_SUMMARY: files.summary,
      // Not our own folder, which goes with us: a report that is named has to be there afterwards.
      RUNNER_TEMP: step.env['RUNNER_TEMP'] || tmpdir(),
      WWHD_TERMINAL: 'true',
      WWHD_STATE_FOLDER: dir,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running = child;
  const hear = (said: Said) => {
    if (said.kind === 'error') errors.push(said.text);
    step.say(said);
  };
  createInterface({ input: child.stdout }).on('line', (line) => hear(readLine(line)));
  createInterface({ input: child.stderr }).on('line', (line) => hear({ kind: 'debug', text: line }));
  const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (...ended) => resolve(ended));
  });
  running = undefined;
  return {
    exitCode: code ?? 1,
    killed: signal !== null,
    outputs: readFileCommand(readFileSync(files.output, 'utf8')),
    state: readFileCommand(readFileSync(files.state, 'utf8')),
    summary: readFileSync(files.summary, 'utf8'),
    errors,
  };
}

/** https://docs.github.com/en/actions/reference/workflows-and-actions/metadata-syntax#inputs */
export const inputVariable = (name: string): string => `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`;
