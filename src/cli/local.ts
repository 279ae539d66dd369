import { checkConfig } from './check-config/command.ts';
import { init } from './init/command.ts';
import type { LocalCommand } from './local-command.ts';

/** Commands that run in this process: a new one is a line here. */
export const LOCAL_COMMANDS: Readonly<Record<string, LocalCommand>> = {
  init,
  'check-config': checkConfig,
};
