import type { EcsApi } from '../../../aws/ecs.ts';
import { readAwsError } from '../../../aws/errors.ts';
import type { Log } from '../../../runtime/log.ts';

/**
 * Takes back a revision that was registered for something that did not come, so that the family's newest revision is not
 * one that nobody runs. Never throws: where it may not be done, it is said how.
 */
export async function deregister(
  api: Pick<EcsApi, 'deregisterTaskDefinition'>,
  arn: string,
  log: Pick<Log, 'info' | 'warning'>,
): Promise<void> {
  try {
    await api.deregisterTaskDefinition(arn);
    log.info(`${arn} was registered for this and is not used: deregistered`);
  } catch (error) {
    log.warning(
      `${arn} was registered for this and is not used, and could not be deregistered (${readAwsError(error).code}): it stays the newest revision of its family. Allow ecs:DeregisterTaskDefinition, or: aws ecs deregister-task-definition --task-definition ${arn}`,
    );
  }
}
