import { checkConfig } from './check-config/command.ts';
import type { Command } from './commands.ts';
import type { CommandLine } from './flags.ts';

/** A command that runs here and not in an action's bundle. `action` describes its flags. */
export interface LocalCommand extends Command {
  run(line: CommandLine, here: Here): Promise<LocalResult>;
}

/** Where it runs. */
export interface Here {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LocalResult {
  readonly exitCode: number;
  /** For people. */
  readonly text: string;
  /** For `--json`: `outcome`, and what else there is to say. */
  readonly document: object;
}

export const LOCAL_COMMANDS: Readonly<Record<string, LocalCommand>> = {
  'check-config': checkConfig,
};
