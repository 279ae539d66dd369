import { randomUUID } from 'node:crypto';
import { awsProblem, readAwsError } from '../aws/errors.ts';
import type { Condition } from '../aws/object-store.ts';
import { refused } from '../runtime/errors.ts';
import { asked, type LedgerPorts } from './documents.ts';
import { racePause } from './lost-races.ts';

/** What the server does with a condition that cannot hold, and with one that does. */
export interface ConditionsFound {
  /** A second create of the same key loses. */
  readonly create: boolean;
  /** A replace of what is not there loses. */
  readonly replace: boolean;
  /** A replace of what is there works (a server that cannot read a quoted ETag refuses it). */
  readonly match: boolean;
}

export const areHonoured = (found: ConditionsFound): boolean => found.create && found.replace && found.match;

/** Other runs that probe at the same moment: each of them stops after four writes. */
const MAX_RACES = 8;
const NO_SUCH_ETAG = '00000000000000000000000000000000';

/** Asks the server by four small writes to a key that nothing else uses but other probes. */
export async function probeConditions(ports: LedgerPorts): Promise<ConditionsFound> {
  const write = (condition: Condition) => conditionalWrite(ports, condition);
  await write({ ifNoneMatch: '*' });
  const second = await write({ ifNoneMatch: '*' });
  const wrong = await write({ ifMatch: NO_SUCH_ETAG });
  return { create: second === 'lost', replace: wrong === 'lost', match: await takesRightEtag(ports) };
}

/** Losing with the right ETag proves something only where no other run's probe came in between. */
async function takesRightEtag(ports: LedgerPorts): Promise<boolean> {
  for (let race = 0; race < MAX_RACES; race++) {
    const sentAt = ports.clock.now();
    const now = await ports.store.get(ports.keys.probe);
    // The lock's first stamp is made by what is learnt here of the server's time: a missing lock has no date.
    ports.serverClock.observe(now?.date, sentAt);
    if (!now) return false;
    if ((await conditionalWrite(ports, { ifMatch: now.etag })) === 'written') return true;
    if ((await ports.store.get(ports.keys.probe))?.etag === now.etag) return false;
    await ports.clock.sleep(racePause(race));
  }
  return true;
}

async function conditionalWrite(
  ports: LedgerPorts,
  condition: Condition,
): Promise<'written' | 'lost' | 'unknown'> {
  const body = `{"about":"Does this server honour conditional writes? Written by wwhd-deploy.","nonce":"${randomUUID()}"}\n`;
  try {
    const sentAt = ports.clock.now();
    const put = { key: ports.keys.probe, body, contentType: 'application/json', ...condition };
    ports.serverClock.observe((await ports.store.put(put)).date, sentAt);
    return 'written';
  } catch (error) {
    const { kind, status } = readAwsError(error);
    if (kind === 'precondition' || kind === 'conflict') return 'lost';
    if (status === 501) return 'unknown';
    throw awsProblem(error, asked('s3:PutObject', ports, ports.keys.probe));
  }
}

/**
 * The rule for a server that ignores conditions: a deployment is refused, for nothing would keep two of them apart;
 * a rollback is only warned, for at three in the morning a lock is worth less than the way back.
 */
export function judgeConditions(ports: LedgerPorts, found: ConditionsFound, rule: 'refuse' | 'warn'): void {
  if (areHonoured(found)) return;
  const says = [
    found.create ? '' : 'it let the same object be created twice (If-None-Match ignored)',
    found.replace ? '' : 'it replaced an object under a wrong ETag (If-Match ignored)',
    found.match ? '' : 'it did not replace an object under its own ETag (If-Match not understood)',
  ].filter(Boolean);
  const what = `the server of s3://${ports.store.bucket} does not honour conditional writes, so nothing keeps two runs apart`;
  if (rule === 'refuse') {
    throw refused({
      input: 'release-bucket',
      what,
      found: says.join('; '),
      fix: 'use a release bucket on Amazon S3, or on a server that honours If-None-Match and If-Match on PutObject',
    });
  }
  ports.log.warning(`${what}: ${says.join('; ')}. Going on: make sure that no other run is at work.`);
}
