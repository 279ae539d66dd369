import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names the tests that failed first and passed when they were tried again (`retry` in vitest.config.ts, in CI only): a
 * landing is not lost to one of them, and none is lost from sight.
 */
export default class FlakyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules)
      for (const test of module.children.allTests('passed')) {
        const { flaky, retryCount } = test.diagnostic() ?? {};
        if (flaky)
          process.stdout.write(`FLAKY after ${retryCount}: ${module.relativeModuleId} > ${test.fullName}\n`);
      }
  }
}
