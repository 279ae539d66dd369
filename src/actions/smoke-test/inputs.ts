import { refused } from '../../runtime/errors.ts';
import type { Inputs } from '../../runtime/inputs.ts';
import type { action } from './interface.ts';

export interface SmokeConfig {
  /** What to check: a checks file, or addresses. */
  readonly source: { readonly file: string } | { readonly urls: readonly string[] };
  readonly baseUrl: string | undefined;
  readonly tags: readonly string[];
  /** Milliseconds, from 1 s. */
  readonly budget: number;
  readonly junitFile: string | undefined;
  readonly reportFile: string | undefined;
}

/** @throws ActionError `refused`, naming the input */
export function readConfig(inputs: Inputs<typeof action>): SmokeConfig {
  const budget = inputs.duration('budget');
  if (budget < 1000) {
    throw refused({
      input: 'budget',
      what: 'is less than a second',
      found: inputs.text('budget'),
      fix: 'write it like 90s or 5m',
    });
  }
  return {
    source: readSource(inputs),
    baseUrl: inputs.text('base-url') || undefined,
    tags: inputs.lines('tags').flatMap((line) =>
      line
        .split(',')
        .map((tag) => tag.trim())
        .filter(Boolean),
    ),
    budget,
    junitFile: inputs.text('junit-file') || undefined,
    reportFile: inputs.text('report-file') || undefined,
  };
}

function readSource(inputs: Inputs<typeof action>): SmokeConfig['source'] {
  const file = inputs.text('checks');
  const urls = inputs.lines('urls');
  if (file && urls.length > 0) {
    throw refused({
      input: 'urls',
      what: 'stands beside `checks`',
      fix: 'give one of them: the addresses can be checks in the file',
    });
  }
  if (file) return { file };
  if (urls.length > 0) return { urls };
  throw refused({
    input: 'checks',
    what: 'is required, or `urls` in its place, and both are empty',
    fix: 'name a checks file, for example `checks: .github/smoke-checks.yml`; if it is set from an expression, that expanded to nothing',
  });
}
