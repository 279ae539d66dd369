import type { PartSettings, Setting } from '../../runtime/document/setting.ts';

const TEXT = { is: 'text' } as const;
const FLAG = { is: 'flag' } as const;
const DURATION = { is: 'duration' } as const;
const VARIABLES = { is: 'pairs', between: '=', names: 'variables', quoted: true } as const;
const instances = { is: 'number', min: 1, max: 1000 } as const;

/** Keys of a service in the release file, in the order in which the docs tell them. */
const SETTINGS: readonly Setting[] = [
  { key: 'service', input: 'service', form: TEXT },
  { key: 'target', input: 'target', form: { is: 'choice', of: ['auto', 'apprunner', 'ecs-express', 'ecs'] } },
  { key: 'cluster', input: 'cluster', form: TEXT },
  { key: 'container', input: 'container', form: { is: 'lines' } },
  { key: 'base', input: 'base', form: { is: 'choice', of: ['running', 'latest'] } },
  { key: 'env-file', input: 'env-file', form: { is: 'path', literal: true } },
  { key: 'env', input: 'environment-variables', form: VARIABLES },
  { key: 'secrets', input: 'secrets', form: VARIABLES },
  { key: 'port', input: 'port', form: { is: 'number', min: 1, max: 65_535 } },
  { key: 'start-command', input: 'start-command', form: { is: 'command' } },
  { key: 'cpu', input: 'cpu', form: TEXT },
  { key: 'memory', input: 'memory', form: TEXT },
  { key: 'scaling.min', input: 'min-instances', form: instances },
  { key: 'scaling.max', input: 'max-instances', form: instances },
  { key: 'scaling.concurrency', input: 'max-concurrency', form: { is: 'number', min: 1, max: 200 } },
  { key: 'scaling.cpu-target', input: 'cpu-target', form: { is: 'number', min: 1, max: 100 } },
  { key: 'access-role', input: 'access-role', form: TEXT },
  { key: 'restart', input: 'restart', form: FLAG },
  { key: 'migrate.command', input: 'migrate-command', form: { is: 'command' }, short: true },
  { key: 'migrate.cluster', input: 'migrate-cluster', form: TEXT },
  { key: 'migrate.task-definition', input: 'migrate-task-definition', form: TEXT },
  { key: 'migrate.network', input: 'migrate-network', form: TEXT },
  { key: 'checks', input: 'smoke-checks', form: { is: 'path' } },
  { key: 'alarms', input: 'alarms', form: { is: 'lines' } },
  { key: 'bake-time', input: 'bake-time', form: DURATION },
  { key: 'probe.url', input: 'probe-url', form: TEXT, short: true },
  { key: 'probe.interval', input: 'probe-interval', form: DURATION },
  { key: 'probe.max-error-rate', input: 'max-error-rate', form: { is: 'percentage' } },
  { key: 'wait-timeout', input: 'wait-timeout', form: DURATION },
];

/** Keys of `image` where it is built here: inputs of push-image. */
const IMAGE: readonly Setting[] = [
  { key: 'repository', input: 'repository', form: TEXT },
  { key: 'context', input: 'context', form: { is: 'path' } },
  { key: 'dockerfile', input: 'dockerfile', form: { is: 'path' } },
  { key: 'target', input: 'target', form: TEXT },
  {
    key: 'build-args',
    input: 'build-args',
    form: { is: 'pairs', between: '=', names: 'variables' },
  },
  { key: 'build-contexts', input: 'build-contexts', form: { is: 'pairs', between: '=' } },
  { key: 'platform', input: 'platform', form: TEXT },
  { key: 'tags', input: 'tags', form: { is: 'lines' } },
  { key: 'secret-files', input: 'secret-files', form: { is: 'pairs', between: '=' } },
  { key: 'ssh', input: 'ssh', form: { is: 'lines' } },
  { key: 'cache', input: 'cache', form: { is: 'choice', of: ['auto', 'gha', 'registry', 'none'] } },
  { key: 'engine', input: 'engine', form: { is: 'choice', of: ['auto', 'docker', 'podman', 'buildah'] } },
  { key: 'oci-layout', input: 'oci-layout', form: { is: 'path' } },
  { key: 'create-repository', input: 'create-repository', form: FLAG },
  { key: 'scan-gate', input: 'scan-gate', form: { is: 'choice', of: ['off', 'critical', 'high'] } },
  { key: 'scan-timeout', input: 'scan-timeout', form: DURATION },
];

/** What a service may say of itself in the release file. */
export const serviceSettings: PartSettings = {
  kind: 'service',
  mark: 'service',
  action: 'deploy-backend',
  settings: SETTINGS,
  identity: ['service', 'cluster', 'region'],
  source: 'image',
  build: {
    action: 'push-image',
    settings: IMAGE,
    perRun: {
      'dry-run': 'this run plans, or acts',
      secrets: 'values of secrets stand in no file',
      rebuild: 'this run builds anew',
      push: 'a check of a pull request pushes nothing',
      commit: 'the commit that is released',
    },
  },
  elsewhere: {
    image: '`image`, or `containers` for several',
  },
  perRun: {
    'job-timeout': "the job's own length stands in the workflow",
    gate: 'a step of deploy-backend alone: a whole release is not gated yet',
    'candidate-url': 'a step of deploy-backend alone: a whole release is not gated yet',
    'candidate-headers': 'a step of deploy-backend alone: a whole release is not gated yet',
    'candidate-load': 'a step of deploy-backend alone: a whole release is not gated yet',
  },
};
