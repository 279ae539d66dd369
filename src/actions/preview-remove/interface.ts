// Generated from actions/preview-remove/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'preview-remove',
  inputs: {
    bucket: {
      required: true,
      default: '',
      description: 'S3 bucket of the previews.',
    },
    'release-bucket': {
      required: false,
      default: '',
      description: 'S3 bucket of their ledgers and backups. Default is `<bucket>-backup`.',
    },
    folder: {
      required: false,
      default: 'previews',
      description: 'Folder of the previews in the bucket; each is in `<folder>/pr-<number>/`.',
    },
    number: {
      required: false,
      default: '',
      description: 'Number of the pull request whose preview goes. Empty sweeps all whose pull requests are closed.',
    },
    distribution: {
      required: false,
      default: '',
      description: 'CloudFront distribution in front of the bucket, whose cache forgets what is removed; of several, all, with commas between them.',
    },
    'site-url': {
      required: false,
      default: '',
      description: 'Address of the previews, with `{0}` where the number goes, by which their deployments on GitHub are found and ended.',
    },
    'github-environment': {
      required: false,
      default: 'preview',
      description: 'The environment on GitHub that the previews\' deployments belong to.',
    },
    'lock-timeout': {
      required: false,
      default: '10m',
      description: 'How long to wait for a deployment of the preview that is under way.',
    },
    'dry-run': {
      required: false,
      default: 'false',
      description: '`true` says what would be removed, and removes nothing.',
    },
    'github-token': {
      required: false,
      default: '${{ github.token }}',
      description: 'Token with `pull-requests: read`, and `deployments: write` where `site-url` is given.',
    },
  },
  outputs: {
    outcome: { description: '`deployed` (something was removed), `unchanged`, `planned`, `failed` or `refused`.' },
    removed: { description: 'Numbers of the pull requests whose previews are gone, by comma.' },
    objects: { description: 'How many objects were removed.' },
  },
} as const;
