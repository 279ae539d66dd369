import type { AlarmState } from '../../../aws/alarms.ts';

export interface AlarmJudgement {
  /** Alarms that went into ALARM after we began: they fail the deployment. */
  readonly rang: readonly AlarmState[];
  /** Rang before we touched anything, and still do: reported, not counted. */
  readonly already: readonly AlarmState[];
  /** INSUFFICIENT_DATA: neither OK nor ALARM. Not counted as a failure, and said. */
  readonly blind: readonly AlarmState[];
}

/**
 * What the alarms say, compared with how they stood before the update. An alarm that rang before, went quiet, and rings
 * again counts, for then `wasOk` has it. INSUFFICIENT_DATA does not fail a deployment: a new or quiet service has no
 * data, and to turn that into a red would make the gate useless where it is first set up; but it proves nothing either,
 * and the log and summary say so.
 */
export function judgeAlarms(
  ringingBefore: ReadonlySet<string>,
  wasQuiet: ReadonlySet<string>,
  now: readonly AlarmState[],
): AlarmJudgement {
  const ringing = now.filter((alarm) => alarm.state === 'ALARM');
  const isOld = (alarm: AlarmState) => ringingBefore.has(alarm.name) && !wasQuiet.has(alarm.name);
  return {
    rang: ringing.filter((alarm) => !isOld(alarm)),
    already: ringing.filter(isOld),
    blind: now.filter((alarm) => alarm.state !== 'ALARM' && alarm.state !== 'OK'),
  };
}

/** Names that were asked for and are not there. */
export function missingAlarms(names: readonly string[], found: readonly AlarmState[]): string[] {
  const known = new Set(found.map((alarm) => alarm.name));
  return names.filter((name) => !known.has(name));
}
