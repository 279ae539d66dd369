import { getExecOutput } from '@actions/exec';
import { which } from '@actions/io';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Exec } from './ports.ts';

/** Runs programs by the toolkit's exec; what they print goes to our log line by line, and the command line does not. */
export function toolkitExec(log: Log): Exec {
  return async (command, args, options = {}) => {
    const path = await which(command, false);
    if (!path) return { code: 127, stdout: '', stderr: `${command} is not installed` };
    const say = options.quiet ? log.debug : log.info;
    try {
      const { exitCode, stdout, stderr } = await getExecOutput(path, [...args], {
        silent: true,
        ignoreReturnCode: true,
        ...(options.input === undefined ? {} : { input: Buffer.from(options.input) }),
        listeners: { stdline: say, errline: say },
      });
      return { code: exitCode, stdout, stderr };
    } catch (error) {
      return { code: 126, stdout: '', stderr: messageOf(error) };
    }
  };
}
