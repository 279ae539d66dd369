// Generated from actions/smoke-test/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'smoke-test',
  inputs: {
    checks: {
      required: false,
      default: '',
      description: 'Path of a checks file. Either this or `urls` is required.',
    },
    urls: {
      required: false,
      default: '',
      description: 'Short form without a file. One address a line (or a path, put after `base-url`); each must answer 2xx.',
    },
    'check-secrets': {
      required: false,
      default: '',
      description: 'Secrets of the checks, one `NAME=value` a line; `${NAME}` in the checks stands for the value. Each is masked.',
    },
    'base-url': {
      required: false,
      default: '',
      description: 'Address that paths are put after, in place of the file\'s `base-url`.',
    },
    tags: {
      required: false,
      default: '',
      description: 'Only checks with one of these tags, and what they need. Separated by commas or lines; `!slow` leaves out those tagged `slow`.',
    },
    budget: {
      required: false,
      default: '5m',
      description: 'Bound on the whole run, such as `90s` or `5m`. What has not passed by then has failed; the report is written all the same.',
    },
    'junit-file': {
      required: false,
      default: '',
      description: 'Where to write a JUnit XML report for other tools; none is written if empty.',
    },
    'report-file': {
      required: false,
      default: '',
      description: 'Where to write the JSON report; by default a file in the runner\'s temporary folder.',
    },
  },
  outputs: {
    outcome: { description: '`passed`; `warned` when only checks with `gate: warn` were not met (the step is green); `failed`. Also `refused` for a mistake in the inputs or the file, and `interrupted` for a cancelled job.' },
    passed: { description: 'How many checks passed.' },
    failed: { description: 'How many checks behind `gate: rollback` did not pass, those skipped included.' },
    warned: { description: 'How many checks behind `gate: warn` did not pass, those skipped included.' },
    report: { description: 'Path of the JSON report; schemas/smoke-report.schema.json describes it.' },
  },
} as const;
