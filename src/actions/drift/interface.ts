// Generated from actions/drift/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'drift',
  inputs: {
    environment: {
      required: false,
      default: 'production',
      description: 'The environment in the ledger.',
    },
    'release-bucket': {
      required: true,
      default: '',
      description: 'S3 bucket of the ledger and of the backup.',
    },
    issue: {
      required: false,
      default: 'true',
      description: '`true` keeps an issue open for as long as there is drift.',
    },
    label: {
      required: false,
      default: 'drift',
      description: 'Label of the issue, by which it is found again.',
    },
    fail: {
      required: false,
      default: 'false',
      description: '`true` makes the step red when there is drift, or when it could not be told.',
    },
    'github-token': {
      required: false,
      default: '${{ github.token }}',
      description: 'Token with `issues: write`.',
    },
  },
  outputs: {
    outcome: { description: '`unchanged` (what runs is what the ledger says, or the drift is reported), `failed` (drift, or not known, with `fail`), or `refused`.' },
    drift: { description: '`true` where what runs is not what the ledger says.' },
    report: { description: 'What differs, as JSON.' },
    'issue-number': { description: 'Number of the issue, where there is one.' },
  },
} as const;
