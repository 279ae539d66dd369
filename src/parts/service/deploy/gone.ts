import { readAwsError } from '../../../aws/errors.ts';
import { messageOf } from '../../../runtime/errors.ts';
import type { BackendPorts } from '../plan/config.ts';
import { parseServiceRef } from '../plan/service-ref.ts';
import { conditionOf } from '../verdict/verdict.ts';

/**
 * Whether AWS says of a recorded service that it is deleted, or that there is none. Never throws: where it cannot be told
 * (no permission, another account), it counts as there.
 */
export async function isServiceGone(
  arn: string,
  { aws, log }: Pick<BackendPorts, 'aws' | 'log'>,
): Promise<boolean> {
  try {
    const ref = parseServiceRef({ service: arn, target: 'auto', cluster: '' });
    if (ref.target === 'apprunner') {
      const { Status = '' } = await aws.appRunner(ref.region).describe(arn);
      return conditionOf('apprunner', Status) === 'gone';
    }
    const service = await aws.ecs(ref.region).service(ref.cluster ?? 'default', ref.name);
    return !service || conditionOf('ecs', service.status ?? '') === 'gone';
  } catch (error) {
    log.debug(`whether ${arn} is still there: ${messageOf(error)}`);
    return readAwsError(error).kind === 'missing';
  }
}
