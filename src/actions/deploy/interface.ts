// Generated from actions/deploy/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'deploy',
  inputs: {
    config: {
      required: false,
      default: '',
      description: 'Path of the release file. Default is `wwhd-deploy.yml`, at the root or under `.github/`.',
    },
    environment: {
      required: false,
      default: 'production',
      description: 'The environment of the release file that the release goes to.',
    },
    variables: {
      required: false,
      default: '',
      description: 'What `${NAME}` in the release file stands for, as a JSON object or as `NAME=value` lines. Give it `${{ toJSON(vars) }}`.',
    },
    images: {
      required: false,
      default: '',
      description: '`part=registry/repository@sha256:…` lines: what the build made, for parts whose image the file builds. `part/container=…` where a part has several.',
    },
    sites: {
      required: false,
      default: '',
      description: '`part=folder` lines: where the built site of a part is. Default is what the file says.',
    },
    'release-bucket': {
      required: false,
      default: '',
      description: 'S3 bucket of the ledger and of the backup. Default is what the file says.',
    },
    'release-id': {
      required: false,
      default: '',
      description: 'Id of the release. Default is the time and the commit.',
    },
    'dry-run': {
      required: false,
      default: 'false',
      description: 'Stop after the plan.',
    },
    'rollback-on-failure': {
      required: false,
      default: '',
      description: 'Put back what was live when a part or the checks fail. Default is what the file says, and then `true`.',
    },
    'smoke-checks': {
      required: false,
      default: '',
      description: 'Path of a checks file, run on the release as a whole when all parts are live. Default is `checks` of the file.',
    },
    'check-secrets': {
      required: false,
      default: '',
      description: 'Secrets of the checks, one `NAME=value` a line; `${NAME}` in a checks file stands for the value. Each is masked.',
    },
    'verify-headers': {
      required: false,
      default: '',
      description: '`Name: value` lines, sent with every question of the read-back of sites: for a site behind a login or a firewall. Give it from a secret; the values are masked.',
    },
    'wait-timeout': {
      required: false,
      default: '',
      description: 'Bound on each wait for AWS, such as `90s`, `20m` or `1h30m`. Default is what the file says, and then `20m`.',
    },
    'lock-timeout': {
      required: false,
      default: '',
      description: 'How long to wait for another deployment to the same environment. Default is what the file says, and then `10m`.',
    },
    'job-timeout': {
      required: false,
      default: '',
      description: 'The `timeout-minutes` of this job, such as `60m`. A deployment that may not come to its end in it is told before it starts.',
    },
    'allow-older-commit': {
      required: false,
      default: 'false',
      description: 'Let an older commit take the place of a newer one.',
    },
    'replace-part': {
      required: false,
      default: '',
      description: 'Names of parts that stand for another service or site from now on, one a line, where the one before was moved or made anew.',
    },
    'history-page': {
      required: false,
      default: '',
      description: 'Write the environment\'s history as an HTML page into the release bucket afterwards. Default is what the file says.',
    },
    'github-token': {
      required: false,
      default: '${{ github.token }}',
      description: 'Token that may read the repository, to ask GitHub whether the commit is older than the live one.',
    },
  },
  outputs: {
    outcome: { description: '`deployed`, `unchanged`, `planned`, `refused` (nothing was changed), `failed` (no user has seen anything of it), `rolled-back` (it failed, and what was live before is live again), `rollback-failed` (see the log for what is live), `timed-out` or `interrupted`.' },
    'release-id': { description: 'Id of the release.' },
    'replaced-release': { description: 'The release that was live before; empty before the first one.' },
    plan: { description: 'What would change, part by part, as JSON.' },
    'duration-seconds': { description: 'How long it took.' },
  },
} as const;
