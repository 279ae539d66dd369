import { formatDuration } from '../../../runtime/duration.ts';
import type { BackendConfig, BackendPorts } from '../plan/config.ts';
import type { Prepared } from './prepare.ts';

/** The bounds of a deployment, and what may end before it does. Milliseconds. */
export interface TimeNeeded {
  readonly lockTimeout: number;
  readonly waitTimeout: number;
  readonly bakeTime: number;
  /** The strategy's own length; 0 where it has none. */
  readonly strategy: number;
  readonly migrates: boolean;
}

/** When things end that a deployment cannot outlive; `undefined` where that is not known. */
export interface TimeGiven {
  readonly now: number;
  /** Milliseconds since the epoch. */
  readonly credentialsEnd: number | undefined;
  /** `timeout-minutes` of the job, in milliseconds. */
  readonly jobTimeout: number | undefined;
}

/** The longest that a deployment may take to its good end: a way back takes up to `wait-timeout` more. */
export const longest = ({ lockTimeout, waitTimeout, bakeTime, strategy, migrates }: TimeNeeded): number =>
  lockTimeout + (migrates ? waitTimeout : 0) + strategy + waitTimeout + bakeTime;

/** A role session is an hour long unless both the request and the role say more. Milliseconds. */
const HOUR = 3_600_000;

/**
 * What may end in the middle of a deployment, a sentence each, with what makes it longer. A session of a role lasts
 * `role-duration-seconds`, at most the role's own maximum, and one hour where roles are chained
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use.html).
 */
export function shortOfTime(needed: TimeNeeded, { now, credentialsEnd, jobTimeout }: TimeGiven): string[] {
  const longestTime = longest(needed);
  const may = `this deployment may take ${formatDuration(longestTime)} (${parts(needed)})`;
  const said: string[] = [];
  if (credentialsEnd !== undefined && credentialsEnd - now < longestTime) {
    const seconds = Math.ceil(Math.max(longestTime, HOUR + 1) / 900_000) * 900;
    said.push(
      `the AWS credentials of this job end at ${new Date(credentialsEnd).toISOString()}, in ${formatDuration(Math.max(0, credentialsEnd - now))}, and ${may}: without them nothing can be watched, put back or recorded. Set \`role-duration-seconds\` of configure-aws-credentials to ${seconds} or more, in the step right before this one, and the role's maximum session duration (max_session_duration) too; where roles are chained, one hour is the most`,
    );
  }
  if (jobTimeout !== undefined && jobTimeout < longestTime) {
    said.push(
      `the job ends after ${formatDuration(jobTimeout)} (job-timeout, its \`timeout-minutes\`), and ${may}: GitHub would cancel it in the middle, and it would go back. Give the job more minutes, or this step a shorter \`wait-timeout\``,
    );
  }
  return said;
}

function parts({ lockTimeout, waitTimeout, bakeTime, strategy, migrates }: TimeNeeded): string {
  const named: ReadonlyArray<readonly [string, number]> = [
    ['lock-timeout', lockTimeout],
    ['the migration', migrates ? waitTimeout : 0],
    ["the service's own strategy", strategy],
    ['wait-timeout', waitTimeout],
    ['bake-time', bakeTime],
  ];
  return named
    .filter(([, length]) => length > 0)
    .map(([name, length]) => `${name} ${formatDuration(length)}`)
    .join(', ');
}

/** Says before the start what may end in the middle of it. Where that is not known, nothing is said. */
export async function sayShortTime(
  { state, migration }: Pick<Prepared, 'state' | 'migration'>,
  config: BackendConfig,
  { aws, clock, log }: Pick<BackendPorts, 'aws' | 'clock' | 'log'>,
): Promise<void> {
  const needed = { ...config, strategy: state.strategy?.length ?? 0, migrates: migration !== undefined };
  const given = {
    now: clock.now(),
    credentialsEnd: await aws.credentialsEnd(),
    jobTimeout: config.jobTimeout,
  };
  for (const line of shortOfTime(needed, given)) log.warning(line);
}
