// Inputs of actions that a workflow does not pass on from its caller, each with the reason.

type Rows = ReadonlyArray<readonly [inputs: readonly string[], reason: string]>;

const TOKEN: Rows[number] = [['github-token'], "the job's own token is the action's default"];
const TITLE: Rows[number] = [['title'], 'a heading: it says which of the two jobs it is'];
const NAMED: Rows[number] = [
  ['release-id'],
  '`prepare` takes the one of the caller, or makes one for both halves',
];
const CHECKED_OUT: Rows[number] = [
  ['secret-files', 'oci-layout'],
  'files that another step of the same job makes: a job of ours has the checkout alone',
];
const RENAMED: Rows[number] = [
  ['adopt-environment', 'lock-timeout'],
  'done once, by a person from a terminal, who may write the ledgers of both names',
];
const COMMENT: Rows[number] = [
  ['body', 'body-file', 'number', 'marker'],
  'the workflow writes this comment, on the pull request that it runs for',
];

/** By workflow and action. A workflow uses an action in several jobs: what none of them passes on stands here. */
export const KEPT_BACK: Record<string, Record<string, Rows>> = {
  deploy: {
    test: [TITLE],
    'push-image': [
      CHECKED_OUT,
      [['push'], 'a release needs its image in the registry'],
      [['commit'], 'it is the commit that is checked out'],
    ],
    'deploy-backend': [TOKEN, NAMED, [['job-timeout'], "the job's own, which the workflow knows"]],
    'deploy-frontend': [
      TOKEN,
      NAMED,
      [['source'], 'the artifact of the build: `frontend-source` says where that is'],
    ],
    'smoke-test': [
      [['base-url'], 'the address of what was deployed'],
      [['urls'], 'the short form for a step; a workflow takes a checks file'],
      [['junit-file', 'report-file'], 'files on a runner that is gone when the job is over'],
    ],
    rollback: [
      TOKEN,
      [['to', 'if-live', 'reason', 'scope'], 'what this very release replaced'],
      [
        ['order', 'service', 'bucket', 'distribution'],
        'nothing was moved since the release was recorded minutes ago',
      ],
      [
        ['smoke-checks', 'check-secrets'],
        'the release before passed its own; a way back does not wait for checks',
      ],
      [['rollback-on-failure'], 'there is no good release to put back'],
      [['release-id'], 'the id of the release is taken by what failed'],
      [['dry-run'], 'a dry run puts nothing back'],
      [['job-timeout'], "the job's own, which the workflow knows"],
    ],
    history: [[['limit', 'page-file', 'publish'], 'it asks what is live and writes no page'], RENAMED],
  },
  rollback: {
    rollback: [TOKEN, [['job-timeout'], "the job's own, which the workflow knows"]],
  },
  'pr-checks': {
    test: [TITLE],
    'push-image': [
      CHECKED_OUT,
      [['push', 'dry-run', 'commit'], 'a pull request pushes nothing, and plans with the image of its base'],
      [['tags', 'rebuild', 'create-repository', 'scan-gate', 'scan-timeout'], 'they are about a push'],
    ],
    'deploy-backend': [
      TOKEN,
      [['image', 'dry-run', 'allow-older-commit', 'release-id'], 'a plan, with the image of the base'],
      [
        [
          'smoke-checks',
          'check-secrets',
          'alarms',
          'bake-time',
          'probe-url',
          'probe-interval',
          'max-error-rate',
          'gate',
          'candidate-url',
          'candidate-headers',
          'candidate-load',
        ],
        'they judge a rollout, and a plan has none; the role of plans may not ask for alarms',
      ],
      [
        ['migrate-command', 'migrate-cluster', 'migrate-task-definition', 'migrate-network'],
        'a plan runs no migration, and the role of plans may not look for its task',
      ],
      [
        ['rollback-on-failure', 'wait-timeout', 'lock-timeout', 'job-timeout', 'history-page'],
        'a plan changes nothing, takes no lock and writes nothing',
      ],
    ],
    'deploy-frontend': [
      TOKEN,
      [['source', 'dry-run', 'allow-older-commit', 'release-id'], 'a plan of what the job before has built'],
      [
        [
          'verify',
          'verify-headers',
          'wait-for-invalidation',
          'max-invalidation-paths',
          'smoke-checks',
          'check-secrets',
        ],
        'they are about what is live afterwards',
      ],
      [['keep-releases', 'concurrency'], 'a plan collects nothing and uploads nothing'],
      [
        ['rollback-on-failure', 'wait-timeout', 'lock-timeout', 'history-page'],
        'a plan changes nothing, takes no lock and writes nothing',
      ],
    ],
    'pr-comment': [
      TOKEN,
      [['body', 'body-file', 'number'], 'the workflow writes this comment, on its pull request'],
    ],
  },
  preview: {
    test: [TITLE],
    'deploy-frontend': [
      TOKEN,
      [
        ['environment', 'part', 'release-id', 'source'],
        'each preview has an environment of its own, made from its number',
      ],
      [['dry-run'], 'pr-checks.yml plans'],
      [['allow-older-commit'], 'a branch may be rebased'],
      [
        ['retain-releases', 'keep-releases', 'max-delete', 'max-invalidation-paths'],
        'a preview is small and short-lived',
      ],
      [['smoke-checks', 'check-secrets'], 'the read-back looks at it; checks ask production'],
      [['history-page'], 'the preview goes, and its history with it'],
    ],
    'preview-remove': [TOKEN, [['number', 'dry-run'], 'the pull request that is closed, or all of them']],
    'pr-comment': [TOKEN, COMMENT],
  },
  history: {
    history: [[['page-file'], 'the page is kept as an artifact'], RENAMED],
    drift: [TOKEN],
  },
};
