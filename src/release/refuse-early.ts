import type { Ledger } from './ledger.ts';

/**
 * What can be refused before the lock is asked for is refused then: nothing has been written, not even the lock. While
 * somebody holds it, what is true now may not be when it is free, and the same question is decided under the lock.
 * @param ask rejects where it is to be refused; it is asked again under the lock
 */
export async function refuseEarly(ledger: Pick<Ledger, 'holders'>, ask: () => Promise<void>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if ((await ledger.holders()).length === 0) throw error;
  }
}
