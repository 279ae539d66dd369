import type { Command } from './commands.ts';
import type { CommandLine } from './flags.ts';

/** Asks a question in the terminal; the answer is trimmed, and empty where a person leaves it for later. */
export type Ask = (question: string) => Promise<string>;

/** A command that runs here and not in an action's bundle. `action` describes its flags. */
export interface LocalCommand extends Command {
  run(line: CommandLine, here: Here): Promise<LocalResult>;
}

/** Where it runs. */
export interface Here {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a person sits there who can be asked. */
  readonly ask?: Ask;
}

export interface LocalResult {
  readonly exitCode: number;
  /** For people. */
  readonly text: string;
  /** For `--json`: `outcome`, and what else there is to say. */
  readonly document: object;
}
