// Generated from actions/rollback/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'rollback',
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
    to: {
      required: false,
      default: 'latest-good',
      description: '`latest-good` (the newest release before the current one whose checks passed), a release id, a commit (full or its first digits), or a tag.',
    },
    scope: {
      required: false,
      default: 'all',
      description: '`all`, `backend` (the services) or `frontend` (the sites).',
    },
    parts: {
      required: false,
      default: '',
      description: 'Names of the parts that go back, with commas or line breaks between them. Default is all of `scope`.',
    },
    order: {
      required: false,
      default: 'auto',
      description: '`auto` (back through the states it came by: as a rule the sites first), `backend-first` (services first: the older site needs the older API) or `frontend-first`.',
    },
    service: {
      required: false,
      default: '',
      description: 'ARN of the service, where it is not the recorded one any more; only where one service goes back.',
    },
    bucket: {
      required: false,
      default: '',
      description: 'Bucket of the site, where it is not the recorded one any more; only where one site goes back.',
    },
    distribution: {
      required: false,
      default: '',
      description: 'CloudFront distribution of the site, or several with commas between them, where they are not those that the live site has; only where one site goes back.',
    },
    'verify-headers': {
      required: false,
      default: '',
      description: '`Name: value` lines, sent with every question of the read-back: for a site behind a login or a firewall. Give it from a secret; the values are masked.',
    },
    'if-live': {
      required: false,
      default: '',
      description: 'Id of a release. Go back only where a part of it is live; otherwise nothing is done, and the outcome is `unchanged`.',
    },
    reason: {
      required: false,
      default: '',
      description: 'Why, in a few words; kept in the release record (500 characters of it) and shown in the history.',
    },
    'smoke-checks': {
      required: false,
      default: '',
      description: 'Path of a checks file, run at the end as a gate. `${GITHUB_SHA}` in it is the commit that was gone back to.',
    },
    'check-secrets': {
      required: false,
      default: '',
      description: 'Secrets of the checks, one `NAME=value` a line; `${NAME}` in the checks file stands for the value. Each is masked.',
    },
    'rollback-on-failure': {
      required: false,
      default: 'true',
      description: 'Put back what was live when a part or the checks fail.',
    },
    'release-id': {
      required: false,
      default: '',
      description: 'Id of the rollback, which is a release of its own. Default is the time and the restored commit.',
    },
    'dry-run': {
      required: false,
      default: 'false',
      description: 'Stop after the plan.',
    },
    'history-page': {
      required: false,
      default: 'false',
      description: 'Write the environment\'s history as an HTML page into the release bucket afterwards.',
    },
    'github-token': {
      required: false,
      default: '${{ github.token }}',
      description: 'Token that may read the repository, to ask GitHub which commit a tag is. Without it the release records and the clone at hand are asked.',
    },
    'wait-timeout': {
      required: false,
      default: '20m',
      description: 'Bound on the whole wait for AWS, such as `90s`, `20m` or `1h30m`.',
    },
    'lock-timeout': {
      required: false,
      default: '10m',
      description: 'How long to wait for another deployment to the same environment.',
    },
    'job-timeout': {
      required: false,
      default: '',
      description: '`timeout-minutes` of the job, such as `60m`, where it is to be compared with what this may take: GitHub does not tell it to a step. Too short a job is told before anything is changed.',
    },
  },
  outputs: {
    outcome: { description: '`rolled-back` (success), `unchanged`, `planned`, `refused` (nothing was changed), `failed` (what was live before is live again), `rollback-failed` (see the log for what is live), `timed-out` or `interrupted`.' },
    'release-id': { description: 'Id of the rollback\'s own release.' },
    'restored-release': { description: 'The release that is live again.' },
    'replaced-release': { description: 'The release that was live before.' },
    plan: { description: 'What would change, as JSON.' },
    'duration-seconds': { description: 'How long it took.' },
  },
} as const;
