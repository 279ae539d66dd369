import type {
  BackendConfig,
  Environment,
  GateConfig,
  MigrationConfig,
  Scaling,
  TargetKind,
} from '../../parts/service/index.ts';
import {
  mergeEnvironments,
  normalCpu,
  normalMemory,
  parseEnvironment,
  parseImageRef,
  parseNetwork,
  parseSecretLines,
  parseServiceRef,
  refuseOpenQuote,
} from '../../parts/service/index.ts';
import { checkEnvironment, checkReleaseId } from '../../release/id.ts';
import { checkPartName } from '../../release/part-name.ts';
import { refused } from '../../runtime/errors.ts';
import type { Inputs } from '../../runtime/inputs.ts';
import { readBucket } from '../../runtime/places.ts';
import type { action } from './interface.ts';

type BackendInputs = Inputs<typeof action>;

export interface DeployBackendConfig {
  readonly backend: BackendConfig;
  readonly environment: string;
  /** Name of the part. */
  readonly part: string;
  readonly releaseBucket: string;
  /** '' where the default is wanted. */
  readonly releaseId: string;
  readonly allowOlder: boolean;
  readonly replacePart: boolean;
  readonly historyPage: boolean;
  /** Path of the checks file, as it was given. */
  readonly smokeChecks: string;
  readonly token: string;
}

/**
 * The inputs as one typed configuration.
 * @param readFile reads `env-file`; `undefined` where there is no such file
 * @throws ActionError `refused`, with the input at fault.
 */
export function readInputs(
  inputs: BackendInputs,
  readFile: (path: string) => string | undefined,
): DeployBackendConfig {
  const service = parseServiceRef({
    service: inputs.required('service'),
    target: inputs.choice('target', ['auto', 'apprunner', 'ecs-express', 'ecs']),
    cluster: inputs.text('cluster'),
  });
  const releaseId = inputs.text('release-id');
  if (releaseId) checkReleaseId(releaseId);
  return {
    backend: {
      service,
      container: inputs.text('container'),
      image: parseImageRef(inputs.required('image')),
      base: readBase(inputs, service.target),
      environment: readEnvironment(inputs, readFile),
      change: {
        port: readPort(inputs.text('port')),
        startCommand: readCommand(inputs, 'start-command') || undefined,
        accessRole: readRole(inputs.text('access-role'), service.target),
        cpu: normalCpu(inputs.text('cpu')),
        memory: normalMemory(inputs.text('memory')),
        scaling: readScaling(inputs, service.target),
      },
      probe: {
        url: readUrl(inputs, 'probe-url'),
        interval: atLeast(inputs, 'probe-interval', 50),
        maxErrorRate: inputs.percentage('max-error-rate'),
      },
      migration: readMigration(inputs),
      gate: readGate(inputs, service.target),
      alarms: readAlarms(inputs),
      bakeTime: inputs.duration('bake-time'),
      restart: inputs.flag('restart'),
      rollbackOnFailure: inputs.flag('rollback-on-failure'),
      waitTimeout: atLeast(inputs, 'wait-timeout', 1000),
      lockTimeout: inputs.duration('lock-timeout'),
      jobTimeout: inputs.text('job-timeout') ? inputs.duration('job-timeout') : undefined,
      dryRun: inputs.flag('dry-run'),
    },
    environment: checkEnvironment(inputs.text('environment')),
    part: checkPartName(inputs.text('part')),
    releaseBucket: readBucket(inputs.text('release-bucket'), 'release-bucket'),
    releaseId,
    allowOlder: inputs.flag('allow-older-commit'),
    replacePart: inputs.flag('replace-part'),
    historyPage: inputs.flag('history-page'),
    smokeChecks: inputs.text('smoke-checks'),
    token: inputs.text('github-token'),
  };
}

function readEnvironment(inputs: BackendInputs, readFile: (path: string) => string | undefined): Environment {
  const path = inputs.text('env-file');
  const text = path ? readFile(path) : '';
  if (text === undefined) {
    throw refused({
      input: 'env-file',
      what: 'names no file',
      found: path,
      fix: 'check out the repository before this step, or correct the path, which starts at the workspace',
    });
  }
  return mergeEnvironments(
    parseEnvironment(text, { input: 'env-file', path, emptyIsMistake: false }),
    parseEnvironment(inputs.text('environment-variables'), {
      input: 'environment-variables',
      emptyIsMistake: true,
    }),
    { variables: {}, secrets: parseSecretLines(inputs.text('secrets')) },
  );
}

function readBase(inputs: BackendInputs, target: TargetKind): 'running' | 'latest' {
  const base = inputs.choice('base', ['running', 'latest']);
  if (base === 'latest' && target !== 'ecs') throw wrongTarget('base', 'ECS');
  return base;
}

function readPort(text: string): string | undefined {
  if (text === '') return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65_535) return String(Number(text));
  throw refused({ input: 'port', what: 'is not a port from 1 to 65535', found: text, fix: 'correct it' });
}

/** All numbers of a kind belong together: a target takes them as one. */
function readScaling(inputs: BackendInputs, target: TargetKind): Scaling | undefined {
  const whole = (name: 'min-instances' | 'max-instances' | 'max-concurrency' | 'cpu-target', max: number) =>
    inputs.text(name) === '' ? undefined : inputs.number(name, { min: 1, max, integer: true });
  const min = whole('min-instances', 1000);
  const max = whole('max-instances', 1000);
  const concurrency = whole('max-concurrency', 200);
  const cpuTarget = whole('cpu-target', 100);
  if (concurrency !== undefined && target !== 'apprunner') throw wrongTarget('max-concurrency', 'App Runner');
  if (cpuTarget !== undefined && target === 'apprunner') throw wrongTarget('cpu-target', 'the ECS targets');
  if (min === undefined && max === undefined && concurrency === undefined && cpuTarget === undefined) {
    return undefined;
  }
  if (min === undefined || max === undefined || min > max) {
    throw refused({
      input: max === undefined ? 'max-instances' : 'min-instances',
      what: 'auto-scaling needs both a smallest and a largest number, in this order',
      found: `min-instances ${min ?? 'not given'}, max-instances ${max ?? 'not given'}`,
      fix: 'give both',
    });
  }
  return { min, max, concurrency, cpuTarget };
}

function readRole(arn: string, target: TargetKind): string | undefined {
  if (!arn) return undefined;
  if (target !== 'apprunner') throw wrongTarget('access-role', 'App Runner');
  if (/^arn:aws[a-z-]*:iam::\d{12}:role\/./.test(arn)) return arn;
  throw refused({ input: 'access-role', what: 'is not the ARN of a role', found: arn, fix: 'correct it' });
}

function wrongTarget(input: string, whose: string) {
  return refused({ input, what: `is for ${whose} only`, fix: 'leave it out' });
}

function readMigration(inputs: BackendInputs): MigrationConfig | undefined {
  const command = readCommand(inputs, 'migrate-command');
  const text = inputs.text('migrate-network');
  const network = parseNetwork(text);
  if (text && !network) {
    throw refused({
      input: 'migrate-network',
      what: 'names no subnets',
      found: text,
      fix: 'write it like subnets=subnet-a,subnet-b security-groups=sg-1 public-ip=true',
    });
  }
  if (!command) return undefined;
  return {
    command,
    cluster: inputs.text('migrate-cluster'),
    taskDefinition: inputs.text('migrate-task-definition'),
    network,
  };
}

/** A quote that is not closed is refused before anything is looked at; the rest depends on the container. */
function readCommand(inputs: BackendInputs, name: 'start-command' | 'migrate-command'): string {
  const text = inputs.text(name);
  refuseOpenQuote(text, name);
  return text;
}

/** Names of headers: https://www.rfc-editor.org/rfc/rfc9110#name-field-names */
const HEADER = /^([\w!#$%&'*+.^`|~-]+)=([\t\x20-\x7e\x80-\xff]+)$/;

function readGate(inputs: BackendInputs, target: TargetKind): GateConfig | undefined {
  const gate = inputs.choice('gate', ['none', 'pause']);
  const headers = inputs.lines('candidate-headers').map((line) => {
    const [, name = '', value = ''] = HEADER.exec(line) ?? [];
    if (name) return [name.toLowerCase(), value] as const;
    const what = 'has a line that is not Name=value';
    throw refused({
      input: 'candidate-headers',
      what,
      found: line.split('=', 1)[0] ?? '',
      fix: 'correct it',
    });
  });
  const url = readUrl(inputs, 'candidate-url').replace(/\/+$/, '');
  const load = inputs.number('candidate-load', { min: 0, max: 1000, integer: true });
  if (gate === 'pause') {
    if (target === 'apprunner') throw wrongTarget('gate', 'ECS');
    return { url, headers: Object.fromEntries(headers), load };
  }
  for (const input of ['candidate-url', 'candidate-headers'] as const) {
    if (!inputs.text(input)) continue;
    throw refused({
      input,
      what: 'is read with `gate: pause` only',
      fix: 'set `gate: pause`, or leave it out',
    });
  }
  return undefined;
}

function readUrl(inputs: BackendInputs, input: 'probe-url' | 'candidate-url'): string {
  const text = inputs.text(input);
  if (text === '' || /^https?:\/\/[^/\s]+/.test(text)) return text;
  throw refused({
    input,
    what: 'is not an address with http:// or https://',
    found: text,
    fix: 'write it like https://api.example.com/health',
  });
}

function readAlarms(inputs: BackendInputs): string[] {
  const names = [...new Set(inputs.lines('alarms'))];
  if (names.length <= 100) return names;
  throw refused({ input: 'alarms', what: 'names more than 100 alarms', fix: 'watch a composite alarm' });
}

function atLeast(inputs: BackendInputs, name: 'probe-interval' | 'wait-timeout', ms: number): number {
  const value = inputs.duration(name);
  if (value >= ms) return value;
  throw refused({
    input: name,
    what: `is shorter than ${ms}ms`,
    found: inputs.text(name),
    fix: 'give it more time',
  });
}
