#!/usr/bin/env node
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface, type Interface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';
import { ActionError, messageOf, refused } from '../runtime/errors.ts';
import { harmlessLine, harmlessLines } from '../runtime/foreign.ts';
import { nearest } from '../runtime/nearest.ts';
import { type AnyOutcome, exitCode, isSuccess } from '../runtime/outcome.ts';
import { COMMANDS, type Command, PLANNABLE } from './commands.ts';
import { runEnvironment } from './context.ts';
import { type CommandLine, parseFlags, variableOf } from './flags.ts';
import { commandHelp, generalHelp } from './help.ts';
import { LOCAL_COMMANDS } from './local.ts';
import type { LocalCommand } from './local-command.ts';
import { recoveryAdvice } from './recovery.ts';
import { runStep } from './step.ts';
import { screenOf, Terminal } from './terminal.ts';

/** The bundles stand beside this one. */
const dist = dirname(dirname(fileURLToPath(import.meta.url)));

// Who reads us may go away (`… | head`, a closed window) while a deployment is under way: it goes on to its end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

process.exitCode = await run(process.argv.slice(2));

async function run(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      const about = rest[0] === undefined ? undefined : commandOf(rest[0]);
      process.stdout.write(about ? commandHelp(rest[0] ?? '', about) : generalHelp());
      return name === undefined ? exitCode('', 'refused') : 0;
    }
    return await dispatch(name, rest);
  } catch (error) {
    const outcome = error instanceof ActionError ? error.outcome : 'failed';
    const problem =
      error instanceof ActionError ? messageOf(error) : String((error as Error)?.stack ?? error);
    const code = exitCode('', outcome);
    process.stderr.write(`${harmlessLines(problem).join('\n')}\n`);
    // Whoever parses the answer gets one whatever was wrong with the question.
    if (rest.includes('--json'))
      writeDocument({ version: 1, command: name, exitCode: code, outcome, problem });
    return code;
  }
}

function dispatch(name: string, rest: readonly string[]): number | Promise<number> {
  if (name === '--version') return version();
  if (name === 'local-cloud') return localCloud(rest);
  if (name === 'plan') return plan(rest);
  const local = LOCAL_COMMANDS[name];
  return local ? runLocal(name, local, rest) : runCommand(name, rest, {});
}

/** The package's own version: its package.json stands above the bundles, wherever they were built. */
function version(): number {
  for (let at = dist; at !== dirname(at); at = dirname(at)) {
    const file = join(at, 'package.json');
    if (!existsSync(file)) continue;
    const about = JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string };
    if (about.name !== 'wwhd-deploy') continue;
    process.stdout.write(`${about.version}\n`);
    return 0;
  }
  throw refused({ what: 'the package.json of wwhd-deploy is not there, so its version is not known' });
}

/** JSON in which GitHub's runner finds no command, should it read us: `##[` stands in strings only, and there it may be escaped. */
function writeDocument(document: object): void {
  process.stdout.write(`${JSON.stringify(document, null, 2).replaceAll('##[', '##\\u005b')}\n`);
}

function plan(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args;
  if (!PLANNABLE.includes(name)) {
    throw refused({ what: `plan takes a command: ${PLANNABLE.join(', ')}`, found: JSON.stringify(name) });
  }
  return runCommand(name, rest, { 'dry-run': 'true' });
}

function commandOf(name: string): Command {
  const command = COMMANDS[name] ?? LOCAL_COMMANDS[name];
  if (command) return command;
  const names = [...Object.keys(COMMANDS), ...Object.keys(LOCAL_COMMANDS), 'plan', 'local-cloud'];
  const near = nearest(name, names);
  throw refused({
    what: `there is no command ${JSON.stringify(name)}`,
    fix: near ? `did you mean ${near}? --help lists them all` : '--help lists them',
  });
}

async function runCommand(
  name: string,
  args: readonly string[],
  also: Readonly<Record<string, string>>,
): Promise<number> {
  const command = commandOf(name);
  const line = parseFlags(command, args, process.env);
  if (line.options.help) {
    process.stdout.write(commandHelp(name, command));
    return 0;
  }
  refuseMissing(name, command, line);
  const terminal = new Terminal(screenOf(line.options.json ? process.stderr : process.stdout, process.env), {
    ...line.options,
    inputs: Object.keys(command.action.inputs),
  });
  try {
    return await runInTerminal(command, { name, line, also }, terminal);
  } finally {
    terminal.close();
  }
}

/** A command that runs in this process. Its answer is what it prints. */
async function runLocal(name: string, command: LocalCommand, args: readonly string[]): Promise<number> {
  const line = parseFlags(command, args, process.env);
  if (line.options.help) {
    process.stdout.write(commandHelp(name, command));
    return 0;
  }
  const person = line.options.json ? undefined : askInTerminal();
  const here = { cwd: process.cwd(), env: process.env, ...(person ? { ask: person.ask } : {}) };
  const result = await command.run(line, here).finally(() => person?.end());
  if (line.options.json)
    writeDocument({ version: 1, command: name, exitCode: result.exitCode, ...result.document });
  else process.stdout.write(`${result.text.split('\n').map(harmlessLine).join('\n')}\n`);
  return result.exitCode;
}

/** Questions to the person at the terminal; `undefined` where there is none. */
function askInTerminal() {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  let terminal: Interface | undefined;
  return {
    ask: async (question: string) => {
      terminal ??= createInterface({ input: process.stdin, output: process.stdout });
      return (await terminal.question(`${question}: `)).trim();
    },
    end: () => terminal?.close(),
  };
}

/** Said in the words of a command line, where the bundle would speak of a workflow. */
function refuseMissing(name: string, { action }: Command, { inputs }: CommandLine): void {
  const missing = Object.entries(action.inputs).find(([input, spec]) => spec.required && !inputs[input]);
  if (!missing) return;
  const [input, { description }] = missing;
  throw refused({
    what: `${name} needs --${input}: ${description.replaceAll('`', '').replace(/\.$/, '')}`,
    fix: `give --${input}, or set ${variableOf(input)}; \`${name} --help\` has an example`,
  });
}

async function runInTerminal(
  { action, defaults }: Command,
  asked: { name: string; line: CommandLine; also: Readonly<Record<string, string>> },
  terminal: Terminal,
): Promise<number> {
  const { name, line } = asked;
  const { options } = line;
  const inputs = { ...defaults, ...line.inputs, ...asked.also };
  const cwd = process.cwd();
  const context = await runEnvironment(options, process.env, cwd);
  const result = await runStep({
    script: join(dist, name, 'index.js'),
    inputs,
    env: { ...process.env, ...context },
    cwd,
    say: (said) => terminal.show(said),
  });
  if (result.left) {
    const program = `node ${process.argv[1] ?? 'dist/cli/index.js'}`;
    const text = recoveryAdvice({ name, action, inputs, program });
    if (text) terminal.show({ kind: 'warning', text });
  }
  const ended = result.left || result.exitCode === 130 ? 'interrupted' : 'failed';
  const outcome = (result.left ? ended : (result.outputs['outcome'] ?? ended)) as AnyOutcome;
  terminal.end(outcome, isSuccess(name, outcome));
  if (options.json) writeDocument(document(name, result));
  return result.exitCode;
}

/** Outputs that hold JSON are given as what they hold. */
function document(command: string, result: Awaited<ReturnType<typeof runStep>>) {
  const outputs = Object.entries(result.outputs).map(([name, value]) => [name, parsed(value)]);
  const problem = result.errors.at(-1);
  return {
    version: 1,
    command,
    exitCode: result.exitCode,
    ...Object.fromEntries(outputs),
    ...(problem ? { problem } : {}),
  };
}

function parsed(value: string): unknown {
  if (!/^[[{]/.test(value)) return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** The local cloud takes its own flags and runs until it is stopped. */
async function localCloud(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(dist, 'local-cloud', 'index.js'), ...args], {
    stdio: 'inherit',
  });
  process.on('SIGINT', () => {});
  for (const signal of ['SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void child.kill(signal));
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 0;
}
