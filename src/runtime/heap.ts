import { setFlagsFromString } from 'node:v8';

/** Files of a site from which on memory goes before speed. */
const LARGE_SITE = 20_000;
/** Percent by which the heap may grow over what is in use before it is collected. By itself V8 lets it double or triple. */
const GROWTH = 10;
let set = false;

/**
 * Keeps the heap near what is really in use while a large site is at work: 100,000 files use about 125 MiB, and on a
 * machine with much memory V8 would take 400 before it looks for garbage. Costs about a second of processor there.
 * The flags are V8's (`node --v8-options`), the same in Node 20 and 24; where one day one is unknown, V8 says so and goes
 * on.
 */
export function keepHeapSmall(files: number): void {
  if (set || files < LARGE_SITE) return;
  set = true;
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  // The space for young objects stays as large as it is by now: Node 24 lets it grow to 96 MiB.
  setFlagsFromString('--semi-space-growth-factor=1');
}
