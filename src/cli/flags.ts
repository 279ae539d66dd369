import { ownValue } from '../release/part-name.ts';
import { refused } from '../runtime/errors.ts';
import { nearest } from '../runtime/nearest.ts';
import type { Command } from './commands.ts';

/** What the command line said. */
export interface CommandLine {
  /** Inputs by their names in action.yml. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly options: CliOptions;
}

/** Flags of the command line itself, the same for every command. */
export interface CliOptions {
  readonly json: boolean;
  readonly help: boolean;
  readonly verbose: boolean;
  /** What GitHub would know of the run: in place of what git says. */
  readonly commit: string;
  readonly ref: string;
  readonly repository: string;
  readonly actor: string;
}

const SWITCHES = ['json', 'help', 'verbose'] as const;
const CONTEXT = ['commit', 'ref', 'repository', 'actor'] as const;

/** Each flag, with whether it can stand without a value. */
type Flags = ReadonlyMap<string, 'switch' | 'flag' | 'value'>;

/**
 * Reads flags: `--name value`, `--name=value`, `--name` and `--no-name` for what is true or false. An input that is not
 * given may come from the environment as `WWHD_NAME`; a token also as GitHub's own command line takes it, for it has no
 * business in a shell's history.
 * @throws ActionError `refused` for a flag that does not exist, with the nearest that does.
 */
export function parseFlags(
  command: Command,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): CommandLine {
  const flags = flagsOf(command);
  const { repeatable = [], aliases = {} } = command;
  const given: Record<string, string> = {};
  const positional = [...command.positional];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '-h') given['help'] = 'true';
    else if (arg.startsWith('--'))
      i += readFlag(arg.slice(2), args[i + 1], { flags, repeatable, aliases }, given);
    else takePositional(arg, positional, given);
  }
  const inputs: Record<string, string> = {};
  for (const name of Object.keys(command.action.inputs)) {
    const value = given[name] ?? env[variableOf(name)] ?? tokenOf(name, env);
    if (value !== undefined) inputs[name] = value;
  }
  return { inputs, options: optionsOf(given) };
}

/** The variable that stands in for a flag. */
export const variableOf = (input: string): string => `WWHD_${input.toUpperCase().replaceAll('-', '_')}`;

/** https://cli.github.com/manual/gh_help_environment */
const tokenOf = (name: string, env: Readonly<Record<string, string | undefined>>) =>
  name === 'github-token' ? env['GH_TOKEN'] || env['GITHUB_TOKEN'] : undefined;

function flagsOf({ action }: Command): Flags {
  const flags = new Map<string, 'switch' | 'flag' | 'value'>();
  for (const name of CONTEXT) flags.set(name, 'value');
  for (const [name, spec] of Object.entries(action.inputs)) {
    flags.set(name, spec.default === 'true' || spec.default === 'false' ? 'flag' : 'value');
  }
  for (const name of SWITCHES) flags.set(name, 'switch');
  return flags;
}

interface FlagRules {
  readonly flags: Flags;
  readonly repeatable: readonly string[];
  readonly aliases: Readonly<Record<string, string>>;
}

/** @returns how many of the following arguments it took. */
function readFlag(
  text: string,
  next: string | undefined,
  rules: FlagRules,
  given: Record<string, string>,
): number {
  const { flags, repeatable } = rules;
  const [name, value] = nameAndValue(text, rules);
  const positive = name.startsWith('no-') && !flags.has(name) ? name.slice(3) : undefined;
  const kind = flags.get(positive ?? name);
  if (kind === undefined || (positive && kind !== 'flag')) throw unknownFlag(name, flags);
  const set = (what: string) => {
    const before = repeatable.includes(name) ? given[name] : undefined;
    given[positive ?? name] = before === undefined ? what : `${before}\n${what}`;
  };
  if (positive) set('false');
  else if (value !== undefined) set(value);
  else if (kind === 'switch') set('true');
  else if (kind === 'flag') {
    const says = next === 'true' || next === 'false';
    set(says ? next : 'true');
    return says ? 1 : 0;
  } else {
    if (next === undefined || next.startsWith('--')) throw missingValue(name);
    set(next);
    return 1;
  }
  return 0;
}

/** `--name=value` or `--name`, which may be another name of an input. */
function nameAndValue(text: string, { aliases }: FlagRules): readonly [string, string | undefined] {
  const [, written = '', value] = /^([^=]*)(?:=([\s\S]*))?$/.exec(text) ?? [];
  return [ownValue(aliases, written) ?? written, value];
}

function takePositional(arg: string, positional: string[], given: Record<string, string>): void {
  const name = positional.shift();
  if (!name) {
    throw refused({
      what: `unexpected argument ${JSON.stringify(arg)}`,
      fix: 'name it with a flag; --help lists them',
    });
  }
  given[name] = arg;
}

function unknownFlag(name: string, flags: Flags) {
  const near = nearest(name, [...flags.keys()]);
  return refused({
    what: `there is no flag --${name}`,
    fix: near ? `did you mean --${near}? --help lists them all` : '--help lists them',
  });
}

const missingValue = (name: string) =>
  refused({ what: `--${name} needs a value`, fix: `write --${name} value` });

function optionsOf(given: Readonly<Record<string, string>>): CliOptions {
  const text = (name: string) => given[name] ?? '';
  return {
    json: text('json') === 'true',
    help: text('help') === 'true',
    verbose: text('verbose') === 'true',
    commit: text('commit'),
    ref: text('ref'),
    repository: text('repository'),
    actor: text('actor'),
  };
}
