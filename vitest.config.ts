import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Bundle and fault tests start real processes; the bound is for a hang, not a measurement.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'threads',
  },
});
