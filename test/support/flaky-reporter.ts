import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names the tests that failed first and passed when they were tried again (`retry` in vitest.config.ts, in CI only): a
 * landing is not lost to one of them, and none is lost from sight. Where FAILED_FILES names a file, the test files that
 * failed are written there, a line each: .ci/run gives a few of them another run, on local clouds of their own.
 */
export default class FlakyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules)
      for (const test of module.children.allTests('passed')) {
        const { flaky, retryCount } = test.diagnostic() ?? {};
        if (!flaky) continue;
        process.stdout.write(`FLAKY after ${retryCount}: ${module.relativeModuleId} > ${test.fullName}\n`);
        for (const { message } of test.result().errors ?? [])
          process.stdout.write(`  ${message.slice(0, 2000).replaceAll('\n', '\n  ')}\n`);
      }
    const list = process.env['FAILED_FILES'];
    const failed = modules.filter((module) => !module.ok()).map((module) => module.relativeModuleId);
    if (list && failed.length > 0) writeFileSync(list, `${failed.join('\n')}\n`);
  }
}
