import { setFlagsFromString } from 'node:v8';

/** Files of a site from which on memory goes before speed. */
const LARGE_SITE = 20_000;
/** Percent by which the heap may grow over what is in use before it is collected. By itself V8 lets it double or triple. */
const GROWTH = 10;
let set = false;

/**
 * Keeps the heap near what is really in use while a large site is at work: 100,000 files use about 100 MiB, and on a
 * machine with much memory V8 would take 400 before it looks for garbage. The flags are V8's (`node --v8-options`), the
 * same in Node 20 and 24; where one day one is unknown, V8 says so and goes on.
 */
export function keepHeapSmall(files: number): void {
  if (set || files < LARGE_SITE) return;
  set = true;
  setFlagsFromString(`--heap-growing-percent=${GROWTH}`);
  // Marking beside the work comes too late while all cores hash: the heap is a fifth larger by then. At once it takes
  // 50 ms, ten times, and less of the processor in all.
  setFlagsFromString('--no-incremental-marking');
  // The space for young objects stays as large as it is by now: Node 24 lets it grow to 96 MiB.
  setFlagsFromString('--semi-space-growth-factor=1');
}
