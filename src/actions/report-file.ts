import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Job } from '../runtime/action.ts';
import { messageOf, refused } from '../runtime/errors.ts';
import type { ActionInterface } from '../runtime/inputs.ts';

export interface ReportFile {
  /** As the user gave it: from the workspace on; left out, a file of ours in the runner's temporary folder. */
  readonly path: string | undefined;
  /** Name of the input that it came by. */
  readonly input: string;
  /** What ours is called: `preflight-report`. */
  readonly name: string;
}

/**
 * The full path of a report, empty as yet, in a folder that is there and can be written to: a report that has no place
 * is found out before the first request and not when it is needed.
 * @throws ActionError `refused` where it cannot be written.
 */
export function makeReportFile<A extends ActionInterface>(
  { path: given, input, name }: ReportFile,
  { env, run }: Pick<Job<A>, 'env' | 'run'>,
): string {
  const path = given
    ? resolve(run.workspace, given)
    : join(env['RUNNER_TEMP'] || tmpdir(), `${name}-${process.pid}.json`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    return path;
  } catch (error) {
    throw refused({
      input,
      what: `${path} cannot be written`,
      found: messageOf(error),
      fix: 'name a file in a folder that this job may write to',
      cause: error,
    });
  }
}
