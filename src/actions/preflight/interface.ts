// Generated from actions/preflight/action.yml by `npm run generate`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: 'preflight',
  inputs: {
    service: {
      required: false,
      default: '',
      description: 'As in deploy-backend. ARN of the App Runner or ECS service; or its name, together with `target`.',
    },
    target: {
      required: false,
      default: 'auto',
      description: '`auto` (the ARN says it), `apprunner`, `ecs-express` or `ecs`.',
    },
    cluster: {
      required: false,
      default: '',
      description: 'ECS with a name in `service`. Its cluster.',
    },
    container: {
      required: false,
      default: '',
      description: 'ECS. Name of the container that gets the image.',
    },
    repository: {
      required: false,
      default: '',
      description: 'As in push-image. ECR repository, by name or by URI. Default is that of `image`.',
    },
    image: {
      required: false,
      default: '',
      description: 'As in deploy-backend. An image to look for.',
    },
    'env-file': {
      required: false,
      default: '',
      description: 'As in deploy-backend. The secrets that it refers to are looked for, and passwords in plain text are found.',
    },
    'environment-variables': {
      required: false,
      default: '',
      description: 'As in deploy-backend. `KEY=value` lines.',
    },
    secrets: {
      required: false,
      default: '',
      description: 'As in deploy-backend. `KEY=secret-name` lines.',
    },
    alarms: {
      required: false,
      default: '',
      description: 'As in deploy-backend. Names of CloudWatch alarms, one a line.',
    },
    bucket: {
      required: false,
      default: '',
      description: 'As in deploy-frontend. S3 bucket that the site is served from.',
    },
    prefix: {
      required: false,
      default: '',
      description: 'Path in the bucket that the site is put below.',
    },
    distribution: {
      required: false,
      default: '',
      description: 'As in deploy-frontend. Ids of the CloudFront distributions, with commas or line breaks between them.',
    },
    'site-url': {
      required: false,
      default: '',
      description: 'Address of the site. Its DNS, its certificate and the distribution\'s names are looked at.',
    },
    'release-bucket': {
      required: false,
      default: '',
      description: 'S3 bucket of the ledger. Default is `<bucket>-backup`.',
    },
    environment: {
      required: false,
      default: 'production',
      description: 'Environment in the ledger.',
    },
    'smoke-checks': {
      required: false,
      default: '',
      description: 'Path of a checks file; it is read, and nothing is requested.',
    },
    'qdrant-url': {
      required: false,
      default: '',
      description: 'Address of a Qdrant server, with its port. Its key is read from the environment variable QDRANT_API_KEY.',
    },
    'qdrant-collections': {
      required: false,
      default: '',
      description: 'Collections that must be there, by line or comma.',
    },
    cost: {
      required: false,
      default: 'true',
      description: 'Look for a budget and for cost tags.',
    },
    'fail-on-unknown': {
      required: false,
      default: 'false',
      description: '`true` fails the step where something could not be asked (a denied permission, as a rule).',
    },
    'report-file': {
      required: false,
      default: '',
      description: 'Where to write the JSON report; by default a file in the runner\'s temporary folder.',
    },
  },
  outputs: {
    outcome: { description: '`passed`; `warned` where something is unknown or could be better (the step is green); `failed` where something is wrong. Also `refused` for a mistake in the inputs.' },
    wrong: { description: 'How many things are wrong.' },
    unknown: { description: 'How many things could not be asked.' },
    report: { description: 'Path of the JSON report; schemas/preflight-report.schema.json describes it.' },
  },
} as const;
