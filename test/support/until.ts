/** Milliseconds: a bound for a hang, and none for a machine with other work; below vitest's own (vitest.config.ts). */
const LONGEST = 240_000;

/**
 * Asks, every 50 ms, until the answer is something.
 * @param what what is waited for, as the error names it
 * @throws what `ask` throws, at once; Error where the time is up
 */
export async function until<T>(ask: () => Promise<T | undefined | false>, what: string): Promise<T> {
  for (const end = Date.now() + LONGEST; Date.now() < end; ) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`timed out waiting for ${what}`);
}
