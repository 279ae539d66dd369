import { defineConfig } from 'vitest/config';
import LongestFirst from './test/support/longest-first.ts';

export default defineConfig({
  // The parser below comes with source maps and without the sources, which Vite tells of file by file.
  logLevel: 'error',
  test: {
    include: ['test/**/*.test.ts'],
    // Bundle and fault tests start real processes; the bound is for a hang, not a measurement.
    testTimeout: 600_000,
    hookTimeout: 300_000,
    // One more try where a landing hangs on it; who needed it is named at the end, to be mended.
    retry: process.env['CI'] ? 1 : 0,
    reporters: ['default', './test/support/flaky-reporter.ts'],
    pool: 'threads',
    // Files share what they import: half of the time of the unit tests is loading it. No file may leave anything behind
    // in its process: an environment is stubbed, a clock is put back.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    // Most of a bundle test is waiting for other processes: more files at once than cores.
    maxWorkers: 4,
    // GitHub's own parser imports its schema in a way that Node alone does not take.
    server: { deps: { inline: ['@actions/workflow-parser'] } },
  },
});
