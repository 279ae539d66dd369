import { readFileSync } from 'node:fs';
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
 * @param signal ends a program that is under way; then the promise rejects with the signal's reason
 * @param env the job's environment, of which they get all but what is ours
 */
export function toolkitExec(
  log: Log,
  env: Readonly<Record<string, string | undefined>>,
  signal?: AbortSignal,
): Exec {
  const foreign = foreignEnvironment(env);
  return async (command, args, options = {}) => {
    const path = await which(command, false);
    if (!path) return { code: 127, stdout: '', stderr: `${command} is not installed` };
    const say = options.quiet ? log.debug : log.info;
    try {
      signal?.addEventListener('abort', stopChildren, { once: true });
      const { exitCode, stdout, stderr } = await getExecOutput(path, [...args], {
        silent: true,
        env: foreign,
        ignoreReturnCode: true,
        ...(options.input === undefined ? {} : { input: Buffer.from(options.input) }),
        listeners: { stdline: say, errline: say },
      });
      signal?.throwIfAborted();
      return { code: exitCode, stdout, stderr };
    } catch (error) {
      signal?.throwIfAborted();
      return { code: 126, stdout: '', stderr: messageOf(error) };
    } finally {
      signal?.removeEventListener('abort', stopChildren);
    }
  };
}

/**
 * The toolkit keeps the programs that it starts to itself, so that the system is asked which they are: a build that was
 * cancelled must not push an hour later. Where there is no /proc, a terminal or the runner ends them.
 */
function stopChildren(): void {
  try {
    const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
    for (const pid of pids) process.kill(Number(pid), 'SIGTERM');
  } catch {
    // Not Linux, or it has ended by itself.
  }
}
