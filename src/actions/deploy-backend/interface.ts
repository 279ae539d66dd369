// Generated from actions/deploy-backend/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'deploy-backend',
  inputs: {
    service: {
      required: true,
      default: '',
      description: 'ARN of the App Runner or ECS service; or its name, together with `target`.',
    },
    target: {
      required: false,
      default: 'auto',
      description: '`auto` (the ARN says it), `apprunner`, `ecs-express` or `ecs`.',
    },
    cluster: {
      required: false,
      default: '',
      description: 'ECS with a name in `service`. Its cluster; default is the cluster `default`.',
    },
    container: {
      required: false,
      default: '',
      description: 'ECS. Names of the containers that get the image, the main one first. Left out, a single container is the one, else all whose image has the same repository.',
    },
    image: {
      required: true,
      default: '',
      description: 'The image, with its registry. The `image` output of push-image; a tag is resolved to its digest first.',
    },
    base: {
      required: false,
      default: 'running',
      description: 'ECS. What the new revision of the task definition is a copy of: `running` (the revision that runs), or `latest` (the newest of its family, such as one that Terraform registered). A newer one that differs is told in both cases.',
    },
    'env-file': {
      required: false,
      default: '',
      description: 'Path of a file of `KEY=value` lines. `KEY=${SECRETS_MANAGER:name}` and `${SECRETS_MANAGER:name:json-key}` and `${SSM:name}` become native secret references.',
    },
    'environment-variables': {
      required: false,
      default: '',
      description: '`KEY=value` lines, as in `env-file`; they win over it. Variables that are not named stay as they are.',
    },
    secrets: {
      required: false,
      default: '',
      description: '`KEY=secret-name`, `KEY=secret-name:json-key` or `KEY=arn:…` lines (Secrets Manager, with `:json-key:version-stage:version-id`), or `KEY=arn:aws:ssm:…` and `KEY=${SSM:name}` (Parameter Store). Values are never read.',
    },
    port: {
      required: false,
      default: '',
      description: 'Port that the app listens on. Left as it is when not given.',
    },
    'start-command': {
      required: false,
      default: '',
      description: 'Command that the container runs instead of the image\'s own, as one text (`node server.mjs`) or as a YAML list, which is taken word by word. Left as it is when not given.',
    },
    cpu: {
      required: false,
      default: '',
      description: 'CPU, in units or vCPU (`1024`, `1 vCPU`). Left as it is when not given.',
    },
    memory: {
      required: false,
      default: '',
      description: 'Memory, in MiB or GB (`2048`, `2 GB`). Left as it is when not given.',
    },
    'min-instances': {
      required: false,
      default: '',
      description: 'Smallest number of instances (App Runner) or tasks (ECS). Auto-scaling is left as it is when none of these is given.',
    },
    'max-instances': {
      required: false,
      default: '',
      description: 'Largest number of instances or tasks.',
    },
    'max-concurrency': {
      required: false,
      default: '',
      description: 'App Runner. Requests that one instance takes at a time before another is started.',
    },
    'cpu-target': {
      required: false,
      default: '',
      description: 'ECS targets. Average CPU in percent that the number of tasks is steered to.',
    },
    'smoke-checks': {
      required: false,
      default: '',
      description: 'Path of a checks file (see smoke-test), run against the service after the rollout. When they fail, the deployment does.',
    },
    'check-secrets': {
      required: false,
      default: '',
      description: 'Secrets of the checks, one `NAME=value` a line; `${NAME}` in the checks file stands for the value. Each is masked.',
    },
    alarms: {
      required: false,
      default: '',
      description: 'Names of CloudWatch alarms, one a line. One that goes into ALARM before `bake-time` is over fails the deployment.',
    },
    'access-role': {
      required: false,
      default: '',
      description: 'App Runner. ARN of the role that pulls the image from a private ECR repository; needed once, where the service was made with a public image.',
    },
    restart: {
      required: false,
      default: 'true',
      description: 'Start the app anew where only a secret has a newer version than the live release was started with. `false` goes on with the old value, and says so.',
    },
    gate: {
      required: false,
      default: 'none',
      description: 'ECS with the strategy BLUE_GREEN, CANARY or LINEAR. `pause`: a PAUSE hook of the service at POST_TEST_TRAFFIC_SHIFT is ours: the candidate is asked before any user reaches it, and dropped where it fails. `none`: it is checked after the switch.',
    },
    'candidate-url': {
      required: false,
      default: '',
      description: 'With `gate`. Base address of the candidate. Default is what the rule of the service\'s test listener says, by its port, host or header.',
    },
    'candidate-headers': {
      required: false,
      default: '',
      description: 'With `gate`. Headers that tell the load balancer that the candidate is meant, one `Name=value` a line.',
    },
    'candidate-load': {
      required: false,
      default: '50',
      description: 'With `gate`. Requests of a short load on the candidate, up to 1000, judged by `max-error-rate`; `0` for none.',
    },
    'bake-time': {
      required: false,
      default: '0s',
      description: 'How long the new version is watched, by the alarms and the probe, before the deployment counts as good.',
    },
    'probe-url': {
      required: false,
      default: '',
      description: 'Address that is asked all through the deployment. Default is the service\'s own address with the path of its health check.',
    },
    'probe-interval': {
      required: false,
      default: '500ms',
      description: 'Time between two requests of the probe.',
    },
    'max-error-rate': {
      required: false,
      default: '1%',
      description: 'Largest share of the probe\'s requests that may fail, from the update on.',
    },
    'migrate-command': {
      required: false,
      default: '',
      description: 'Command that is run in the new image, as a one-off ECS task, before the switch. A non-zero exit code stops the deployment with nothing switched. One text, split as a shell splits it, or a YAML list, which is taken word by word. On App Runner it needs `migrate-cluster` and `migrate-task-definition`.',
    },
    'migrate-cluster': {
      required: false,
      default: '',
      description: 'App Runner. ECS cluster that `migrate-command` runs in.',
    },
    'migrate-task-definition': {
      required: false,
      default: '',
      description: 'App Runner. ECS task definition that `migrate-command` runs in; its image is replaced by the new one.',
    },
    'migrate-network': {
      required: false,
      default: '',
      description: 'App Runner. Where the one-off task runs: `subnets=subnet-a,subnet-b security-groups=sg-1 public-ip=true`.',
    },
    environment: {
      required: false,
      default: 'production',
      description: 'Environment in the ledger.',
    },
    part: {
      required: false,
      default: 'backend',
      description: 'Name of this service in the environment, where it is not the only one: up to 40 lower-case letters, digits and hyphens, such as `worker`. A name stands for one service, and a service has one name.',
    },
    'release-bucket': {
      required: false,
      default: '',
      description: 'S3 bucket of the ledger. Without it there is no lock, no record, and nothing that the rollback action could go back to.',
    },
    'release-id': {
      required: false,
      default: '',
      description: 'Id of the release; the same id in several steps makes one release of their parts. Default is the time (UTC) and the first 7 of the commit.',
    },
    'dry-run': {
      required: false,
      default: 'false',
      description: '`true` stops after the plan: nothing is changed, nothing is written.',
    },
    'rollback-on-failure': {
      required: false,
      default: 'true',
      description: 'Return to the snapshot when the rollout, the probe, a smoke check or an alarm fails.',
    },
    'wait-timeout': {
      required: false,
      default: '20m',
      description: 'Bound on the wait for the rollout, and for a return to the snapshot.',
    },
    'lock-timeout': {
      required: false,
      default: '10m',
      description: 'How long to wait for another deployment, or another operation on the service, to end.',
    },
    'job-timeout': {
      required: false,
      default: '',
      description: '`timeout-minutes` of the job, such as `60m`, where it is to be compared with what this may take: GitHub does not tell it to a step. Too short a job is told before anything is changed.',
    },
    'allow-older-commit': {
      required: false,
      default: 'false',
      description: '`true` lets an older commit take the place of a newer one.',
    },
    'replace-part': {
      required: false,
      default: 'false',
      description: '`true` lets this service take the place of the one that `part` stands for (it was moved, or made anew). Otherwise another service under the same name is refused, unless the one before is gone.',
    },
    'history-page': {
      required: false,
      default: 'false',
      description: 'Write the environment\'s history as an HTML page into the release bucket afterwards.',
    },
    'github-token': {
      required: false,
      default: '${{ github.token }}',
      description: 'Used to ask GitHub which of two commits is the newer. Without it the run numbers decide.',
    },
  },
  outputs: {
    outcome: { description: '`deployed`, `unchanged`, `planned`, `rolled-back`, `rollback-failed`, `failed`, `timed-out`, `refused` or `interrupted`.' },
    'release-id': { description: 'Id of the release in the ledger.' },
    'service-url': { description: 'Public address of the service.' },
    image: { description: 'What was deployed, by digest.' },
    'previous-image': { description: 'What ran before.' },
    'operation-id': { description: 'The target\'s own id of the rollout.' },
    availability: { description: 'Share of the probe\'s requests that were answered, from the update on, such as `100%`.' },
    plan: { description: 'What was to be changed, field by field, as JSON. Values of variables are not in it.' },
    'duration-seconds': { description: 'How long it took.' },
  },
} as const;
