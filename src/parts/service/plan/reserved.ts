import { refused } from '../../../runtime/errors.ts';
import type { TargetKind } from './spec.ts';

/**
 * Names that the target sets itself. App Runner's are documented as reserved
 * (https://docs.aws.amazon.com/apprunner/latest/dg/env-variable.html: `PORT`, and names that begin with `AWSAPPRUNNER`);
 * the ones that ECS injects would, if overwritten, cut the app off from its role and its metadata
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4.html).
 */
const RESERVED: Record<TargetKind, RegExp> = {
  apprunner: /^(PORT|AWSAPPRUNNER.*)$/,
  ecs: /^(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI|AWS_EXECUTION_ENV|ECS_CONTAINER_METADATA_URI(_V4)?|ECS_AGENT_URI)$/,
  'ecs-express':
    /^(AWS_CONTAINER_CREDENTIALS_RELATIVE_URI|AWS_EXECUTION_ENV|ECS_CONTAINER_METADATA_URI(_V4)?|ECS_AGENT_URI)$/,
};

/** @throws ActionError `refused` for the first name that the target keeps for itself. */
export function refuseReserved(target: TargetKind, names: readonly string[]): void {
  const name = names.find((candidate) => RESERVED[target].test(candidate));
  if (name === undefined) return;
  throw refused({
    input: 'environment-variables',
    what: `${name} is a name that ${target} sets itself`,
    fix: name === 'PORT' ? 'use the input `port`' : 'choose another name',
  });
}
