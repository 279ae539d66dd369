import type { Clock } from '../runtime/clock.ts';
import { messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { readHistory } from './history.ts';
import { historyPage } from './history-page.ts';
import type { Ledger } from './ledger.ts';

/**
 * Writes `<environment>/history.html` into the release bucket: what the input `history-page` asks for, after a release.
 * Never throws: a page that cannot be written does not undo a release.
 * @returns the page's key, `undefined` where it was not written.
 */
export async function publishHistory(
  ledger: Ledger,
  ports: { clock: Clock; log: Log },
): Promise<string | undefined> {
  try {
    const key = await ledger.publishPage(historyPage(await readHistory(ledger, ports.clock.now())));
    ports.log.info(`wrote the history to s3://${ledger.bucket}/${key}`);
    return key;
  } catch (error) {
    ports.log.warning(`the history page could not be written: ${messageOf(error)}`);
    return undefined;
  }
}
