import type { AlarmState, AlarmsApi } from '../../../aws/alarms.ts';
import { awsProblem, readAwsError } from '../../../aws/errors.ts';
import type { Clock } from '../../../runtime/clock.ts';
import { formatDuration } from '../../../runtime/duration.ts';
import { refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { type AlarmJudgement, judgeAlarms, missingAlarms } from './alarms.ts';

/** Alarms are asked for no oftener than this, in milliseconds: their own periods are 10 s at the least. */
const EVERY = { min: 1000, max: 10_000 };

export interface AlarmGate {
  /** Watches through `bakeTime` milliseconds and ends at once when one goes into ALARM. */
  watch(bakeTime: number): Promise<AlarmJudgement>;
}

/**
 * Reads the alarms as they stand.
 * @throws ActionError `refused`: one does not exist, or they may not be read.
 */
export async function readAlarms(names: readonly string[], api: AlarmsApi): Promise<AlarmState[]> {
  if (names.length === 0) return [];
  const found = await api.states(names).catch((error) => {
    throw awsProblem(error, {
      operation: 'cloudwatch:DescribeAlarms',
      resource: names.join(', '),
      input: 'alarms',
    });
  });
  const missing = missingAlarms(names, found);
  if (missing.length === 0) return found;
  throw refused({
    input: 'alarms',
    what: `no such CloudWatch alarm: ${missing.join(', ')}`,
    fix: 'correct the name, or create the alarm in the region of the service',
  });
}

/** Remembers how the alarms stand before the update; `undefined` where none is to be watched. */
export async function armAlarms(
  names: readonly string[],
  api: AlarmsApi,
  ports: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<AlarmGate | undefined> {
  if (names.length === 0) return undefined;
  const before = await readAlarms(names, api);
  const ringing = new Set(before.filter((alarm) => alarm.state === 'ALARM').map((alarm) => alarm.name));
  for (const name of ringing) {
    ports.log.warning(`alarm ${name} is in ALARM already: it does not count unless it returns to OK first`);
  }
  return { watch: (bakeTime) => watchAlarms(names, ringing, api, bakeTime, ports) };
}

async function watchAlarms(
  names: readonly string[],
  ringing: ReadonlySet<string>,
  api: AlarmsApi,
  bakeTime: number,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<AlarmJudgement> {
  const start = clock.now();
  const every = Math.min(EVERY.max, Math.max(EVERY.min, bakeTime / 20));
  const quiet = new Set<string>();
  let last: AlarmState[] = [];
  for (;;) {
    try {
      last = await api.states(names);
    } catch (error) {
      const { kind, code } = readAwsError(error);
      if (kind === 'denied' || kind === 'credentials') throw error;
      log.warning(`the alarms could not be read (${code}); asked again`);
    }
    const judgement = judgeAlarms(ringing, quiet, last);
    for (const alarm of last) if (alarm.state !== 'ALARM') quiet.add(alarm.name);
    const elapsed = clock.now() - start;
    if (judgement.rang.length > 0 || elapsed >= bakeTime) return judgement;
    log.progress(`alarms quiet for ${formatDuration(elapsed)} of ${formatDuration(bakeTime)}`);
    await clock.sleep(Math.min(every, bakeTime - elapsed), signal);
  }
}
