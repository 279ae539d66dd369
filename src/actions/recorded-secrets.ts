import type { RecordedSecrets } from '../parts/service/index.ts';
import type { Ledger } from '../release/ledger.ts';
import { liveRelease, serviceOf } from '../release/record.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';

/** What the live release of the service was started with, by the ledger; `undefined` where it says nothing. Never throws. */
export async function recordedSecrets(
  ledger: Ledger,
  part: string,
  service: string,
  log: Pick<Log, 'debug'>,
): Promise<RecordedSecrets | undefined> {
  try {
    const live = liveRelease(await ledger.current(), part);
    const recorded = live ? serviceOf(await ledger.record(live), part) : undefined;
    if (recorded?.service !== service || !recorded.secretVersions) return undefined;
    return { secrets: recorded.secrets ?? {}, versions: recorded.secretVersions };
  } catch (error) {
    log.debug(`the secrets of the live release are not known: ${messageOf(error)}`);
    return undefined;
  }
}
