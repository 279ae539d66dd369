import v8 from 'node:v8';
import vm from 'node:vm';

/** Bytes of large bodies after which what they left is collected. */
const LIMIT = 8_000_000;

let collect: (() => void) | undefined;
let left = 0;

/**
 * Told of each large body that is done with. Its text and what was parsed from it are garbage from that moment on, but
 * V8 leaves texts of megabytes lying until hundreds of them have come together, on a runner that may have little: so it
 * is told to collect them. Costs some 20 ms each time.
 */
export function leaveGarbage(bytes: number): void {
  left += bytes;
  if (left < LIMIT) return;
  left = 0;
  if (!collect) {
    // The function is there for contexts that are made after the flag was set.
    v8.setFlagsFromString('--expose-gc');
    collect = (vm.runInNewContext('globalThis.gc') as (() => void) | undefined) ?? (() => {});
    v8.setFlagsFromString('--no-expose-gc');
  }
  collect();
}
