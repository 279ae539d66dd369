// Generated from actions/pr-comment/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'pr-comment',
  inputs: {
    body: {
      required: false,
      default: '',
      description: 'Text of the comment, in Markdown. Either this or `body-file` is required.',
    },
    'body-file': {
      required: false,
      default: '',
      description: 'Path of a file with the text.',
    },
    marker: {
      required: false,
      default: 'report',
      description: 'Which comment this is; another marker makes another comment.',
    },
    number: {
      required: false,
      default: '${{ github.event.pull_request.number }}',
      description: 'Number of the pull request (or issue). Default is the one that the workflow runs for; without one, the text goes into the job summary alone.',
    },
    'github-token': {
      required: false,
      default: '${{ github.token }}',
      description: 'Token with `pull-requests: write`.',
    },
  },
  outputs: {
    outcome: { description: '`deployed` (the comment was written), `unchanged` (it says so already, or could not be written), or `refused`.' },
    'comment-id': { description: 'Number of the comment.' },
    'comment-url': { description: 'Address of the comment.' },
  },
} as const;
