// Generated from actions/history/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'history',
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
    limit: {
      required: false,
      default: '20',
      description: 'How many releases to show, newest first.',
    },
    'page-file': {
      required: false,
      default: '',
      description: 'Write the history as one HTML page to this path.',
    },
    publish: {
      required: false,
      default: 'false',
      description: 'Write that page into the release bucket too, as `<environment>/history.html`.',
    },
    'adopt-environment': {
      required: false,
      default: '',
      description: 'The name that the environment had before it was renamed. Its ledger is carried over to `environment` first; once, and only where that has none.',
    },
    'lock-timeout': {
      required: false,
      default: '40s',
      description: 'With `adopt-environment`, how long to wait for a run that is at work under one of the two names. The lock of one that died is free after 30 seconds.',
    },
  },
  outputs: {
    outcome: { description: '`unchanged` (what is live always is); `refused` where the ledger cannot be read or carried over.' },
    adopted: { description: 'With `adopt-environment`, how many release records were carried over; `0` where that had been done.' },
    current: { description: 'The release that is live; empty before the first one.' },
    live: { description: 'The release of each part that is live, as JSON (`{"backend":"…","frontend":"…"}`); a part that was gone back to is that of the release that first brought it.' },
    'latest-good': { description: 'The release that a rollback to `latest-good` would go to; empty where there is none.' },
    releases: { description: 'The newest releases as JSON, with what is live and what is good.' },
    dora: { description: 'Deployment frequency, lead time, change-failure rate, time to restore and rework as JSON.' },
    page: { description: 'Path of the page, where one was written.' },
  },
} as const;
