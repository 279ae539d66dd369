import { getExecOutput } from '@actions/exec';
import { which } from '@actions/io';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import type { Exec } from './ports.ts';

/** What a program would steer the runner or this action with: its command files, our inputs and state, the job's identity. */
const OURS = /^(GITHUB_(ENV|OUTPUT|PATH|STATE|STEP_SUMMARY)|INPUT_.*|STATE_.*|WWHD_.*|ACTIONS_ID_TOKEN_.*)$/;

/** The environment for a program that is not ours. */
export function foreignEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      value === undefined || OURS.test(name) ? [] : [[name, value]],
    ),
  );
}

/**
 * Runs programs by the toolkit's exec; what they print goes to our log line by line, and the command line does not.
 * @param env the job's environment, of which they get all but what is ours
 */
export function toolkitExec(log: Log, env: Readonly<Record<string, string | undefined>>): Exec {
  const foreign = foreignEnvironment(env);
  return async (command, args, options = {}) => {
    const path = await which(command, false);
    if (!path) return { code: 127, stdout: '', stderr: `${command} is not installed` };
    const say = options.quiet ? log.debug : log.info;
    try {
      const { exitCode, stdout, stderr } = await getExecOutput(path, [...args], {
        silent: true,
        env: foreign,
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
