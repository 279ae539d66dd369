import type { ActionInterface } from '../runtime/inputs.ts';

/** Commands that leave something half done where they are left, and put right at the next run what they find so. */
const CHANGES = new Set(['deploy', 'deploy-backend', 'deploy-frontend', 'rollback']);

export interface Left {
  readonly name: string;
  readonly action: ActionInterface;
  /** By their names in action.yml. */
  readonly inputs: Readonly<Record<string, string>>;
  /** How this program was started: `node dist/cli/index.js`. */
  readonly program: string;
}

/**
 * What a person who left at once has to know: how things stand, and the command that recovers. Nothing where nothing can
 * have been changed.
 */
export function recoveryAdvice({ name, action, inputs, program }: Left): string | undefined {
  if (!CHANGES.has(name) || inputs['dry-run'] === 'true') return undefined;
  const again = commandLine(program, name, inputs, action);
  const back = ['environment', 'release-bucket', 'bucket'].flatMap((input) =>
    inputs[input] && !(input === 'bucket' && inputs['release-bucket']) ? [input] : [],
  );
  return [
    'left at once: what was under way was neither finished nor put back, and its lock stays until it expires',
    `  to put it right, run it again: ${again}`,
    ...(name !== 'rollback' && inputs['release-bucket']
      ? [
          `  or go back: ${commandLine(program, 'rollback', Object.fromEntries(back.map((input) => [input, inputs[input] ?? ''])), action)}`,
        ]
      : []),
  ].join('\n');
}

/** Without tokens and values of variables: what is pasted into a terminal stays in its history. */
const PRIVATE = new Set(['github-token', 'environment-variables']);

function commandLine(
  program: string,
  name: string,
  inputs: Readonly<Record<string, string>>,
  action: ActionInterface,
): string {
  const flags = Object.entries(inputs)
    .filter(([input, value]) => value !== action.inputs[input]?.default)
    .map(([input, value]) => `--${input} ${PRIVATE.has(input) ? '…' : quoted(value)}`);
  return [program, name, ...flags].join(' ');
}

const quoted = (value: string) =>
  /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`;
