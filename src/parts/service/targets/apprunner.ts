import { createHash } from 'node:crypto';
import type { AppRunnerApi, AppRunnerService, OperationSummary } from '../../../aws/apprunner.ts';
import { awsProblem, mayBeDone, readAwsError } from '../../../aws/errors.ts';
import type { LogsApi } from '../../../aws/logs.ts';
import { messageOf, refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { publicUrl } from '../../../runtime/url.ts';
import { digestOf } from '../plan/image-ref.ts';
import { isRestartOnly } from '../plan/plan.ts';
import type { ServiceRef } from '../plan/service-ref.ts';
import { refuseSizes } from '../plan/sizes.ts';
import type { BackendSpec, Scaling } from '../plan/spec.ts';
import { sameScaling } from '../plan/spec.ts';
import type { Findings } from '../verdict/diagnosis.ts';
import { conditionOf, phaseOf } from '../verdict/verdict.ts';
import { refuseSource } from './apprunner-source.ts';
import { appRunnerUpdate, withDefaults } from './apprunner-update.ts';
import { ownerNotes } from './owner.ts';
import { type BackendState, BusyError, LOST, type Rollout, type Running, type Target } from './target.ts';

export interface AppRunnerPorts {
  readonly api: AppRunnerApi;
  readonly logs: LogsApi;
  readonly log: Log;
  /** True where the user gives auto-scaling numbers. */
  readonly scales: boolean;
}

/** Operations that put a version in the place of another. */
const REPLACING: ReadonlySet<string> = new Set([
  'UPDATE_SERVICE',
  'START_DEPLOYMENT',
  'DELETE_SERVICE',
  'PAUSE_SERVICE',
]);
/** What we start. */
const OURS: ReadonlySet<string> = new Set(['UPDATE_SERVICE', 'START_DEPLOYMENT']);
const UNDER_WAY: ReadonlySet<string> = new Set(['PENDING', 'IN_PROGRESS', 'ROLLBACK_IN_PROGRESS']);

/**
 * Finds the service.
 * @throws ActionError `refused`: there is none, or it is built from source and has no image to deploy.
 */
export async function appRunnerTarget(ref: ServiceRef, ports: AppRunnerPorts): Promise<Target> {
  const arn = ref.arn ?? (await findByName(ref.name, ports.api));
  return new AppRunnerTarget(arn, ports);
}

async function findByName(name: string, api: AppRunnerApi): Promise<string> {
  const arn = await api.findByName(name).catch((error) => {
    throw awsProblem(error, {
      operation: 'apprunner:ListServices',
      resource: 'this account',
      input: 'service',
    });
  });
  if (arn) return arn;
  throw refused({
    input: 'service',
    what: `there is no App Runner service named ${name} in this account and region`,
    fix: 'correct the name, set AWS_REGION to the region of the service, or give its ARN',
  });
}

class AppRunnerTarget implements Target {
  readonly kind = 'apprunner';
  readonly arn: string;
  readonly #api: AppRunnerApi;
  readonly #logs: LogsApi;
  readonly #log: Log;
  readonly #scales: boolean;

  constructor(arn: string, ports: AppRunnerPorts) {
    this.arn = arn;
    this.#api = ports.api;
    this.#logs = ports.logs;
    this.#log = ports.log;
    this.#scales = ports.scales;
  }

  async read(): Promise<BackendState> {
    const service = await this.#describe();
    return stateOf(service, await this.#scalingOf(service));
  }

  async #describe(): Promise<AppRunnerService> {
    return this.#api.describe(this.arn).catch((error) => {
      throw awsProblem(error, {
        operation: 'apprunner:DescribeService',
        resource: this.arn,
        input: 'service',
      });
    });
  }

  /** The numbers cost a request of their own, so they are read only where the user gives numbers. */
  async #scalingOf(service: AppRunnerService): Promise<Scaling | undefined> {
    const arn = service.AutoScalingConfigurationSummary?.AutoScalingConfigurationArn;
    if (!this.#scales || !arn) return undefined;
    const numbers = await this.#api.scaling(arn).catch((error) => {
      throw awsProblem(error, {
        operation: 'apprunner:DescribeAutoScalingConfiguration',
        resource: arn,
        input: 'max-instances',
      });
    });
    return { ...numbers, arn };
  }

  refuse(now: BackendState, wanted: BackendSpec): void {
    refuseSizes('apprunner', wanted.cpu, wanted.memory);
    refuseSource(nativeOf(now), wanted);
    if (Object.keys(wanted.secrets).length === 0) return;
    if (nativeOf(now).InstanceConfiguration?.InstanceRoleArn) return;
    throw refused({
      input: 'secrets',
      what: 'the service has no instance role, and App Runner reads secrets with it',
      found: now.arn,
      fix: 'give the service an instance role that may call secretsmanager:GetSecretValue on them',
    });
  }

  /** What a watch asks for, `read` and the wait for the service to be free have asked for already. */
  async rehearse(): Promise<void> {}

  async owners(): Promise<readonly string[]> {
    try {
      const tags = await this.#api.tags(this.arn);
      return ownerNotes(tags.map(({ Key: key, Value: value }) => ({ key, value })));
    } catch (error) {
      this.#log.debug(`apprunner:ListTagsForResource: ${readAwsError(error).code}`);
      return [];
    }
  }

  async underWay(): Promise<string | undefined> {
    const operations = await this.#operations();
    const running = operations.find((operation) => UNDER_WAY.has(operation.Status ?? ''));
    if (running) return `${running.Type} ${running.Id} (${running.Status})`;
    // The list may not show it yet: the service's own status has the last word.
    const { Status } = await this.#describe();
    return conditionOf('apprunner', Status ?? '') === 'busy'
      ? `an operation on the service (${Status})`
      : undefined;
  }

  async start(now: BackendState, wanted: BackendSpec, evenBlind = false): Promise<Rollout> {
    const scaling = await this.#scalingFor(now, wanted);
    const input = appRunnerUpdate(nativeOf(now), now.spec, wanted, scaling);
    const isRestart = isRestartOnly(now.spec, wanted);
    const known = await this.#known(evenBlind);
    const startedAt = Date.now();
    try {
      const { operationId } = isRestart
        ? await this.#api.redeploy(this.arn)
        : await this.#api.update({ ServiceArn: this.arn, ...input });
      return { id: operationId, startedAt };
    } catch (error) {
      const lost = await this.#lostAnswer(error, known);
      if (lost) return { id: lost, startedAt };
      if (readAwsError(error).kind === 'conflict') throw new BusyError(readAwsError(error).message);
      throw awsProblem(error, {
        operation: isRestart ? 'apprunner:StartDeployment' : 'apprunner:UpdateService',
        resource: this.arn,
        input: 'service',
      });
    }
  }

  async #known(evenBlind: boolean): Promise<ReadonlySet<string | undefined> | undefined> {
    try {
      return new Set((await this.#operations()).map((operation) => operation.Id));
    } catch (error) {
      if (!evenBlind) throw error;
      return undefined;
    }
  }

  /**
   * An update may have been done although its answer was an error: the connection broke, or the SDK asked again and was
   * told that the service is busy, with our own update. An update that was not there before is then taken for ours, and
   * the check of what runs at the end says whether that was right.
   * @returns its id; {@link LOST} where nobody can tell; `undefined` where the update was not done
   */
  async #lostAnswer(
    error: unknown,
    known: ReadonlySet<string | undefined> | undefined,
  ): Promise<string | undefined> {
    if (!mayBeDone(error)) return undefined;
    try {
      const operations = await this.#operations();
      const mine = operations.find((o) => OURS.has(o.Type ?? '') && known && !known.has(o.Id));
      if (mine?.Id) {
        this.#log.warning(`the answer to the update was lost; it is under way as operation ${mine.Id}`);
        return mine.Id;
      }
      if (known) return undefined;
    } catch (second) {
      this.#log.warning(`what has become of the update cannot be read: ${messageOf(second)}`);
    }
    return LOST;
  }

  async #scalingFor(now: BackendState, wanted: BackendSpec): Promise<string | undefined> {
    if (!wanted.scaling || sameScaling(now.spec.scaling, wanted.scaling)) return undefined;
    const { min, max, concurrency = now.spec.scaling?.concurrency ?? 100, arn } = wanted.scaling;
    if (arn) return arn;
    const name = nativeOf(now).ServiceName?.slice(0, 32) ?? 'wwhd-deploy';
    return this.#api.createScaling(name, { min, max, concurrency }).catch((error) => {
      throw awsProblem(error, {
        operation: 'apprunner:CreateAutoScalingConfiguration',
        resource: name,
        input: 'max-instances',
      });
    });
  }

  async observe(rollout: Rollout) {
    const operations = await this.#api.operations(this.arn);
    const mine = operations.find((operation) => operation.Id === rollout.id);
    if (!mine) return undefined;
    const status = mine.Status ?? '';
    return { status, phase: phaseOf('apprunner', status) };
  }

  async running(rollout: Rollout | undefined): Promise<Running> {
    // The list tells only whether somebody else came after us: without a rollout nobody asks for it.
    const [state, operations] = await Promise.all([this.read(), rollout ? this.#operations() : []]);
    const digest = digestOf(state.spec.image);
    return {
      state,
      digests: digest ? [digest] : [],
      replacedBy: rollout && replacement(operations, rollout.id),
    };
  }

  /** App Runner has no call that cancels an operation. */
  async stop(): Promise<boolean> {
    return false;
  }

  async findings(state: BackendState, rollout: Rollout | undefined): Promise<Findings> {
    const [name, id] = this.arn.split('/').slice(-2);
    const tail = async (which: string, limit: number) => {
      const since = rollout?.startedAt ?? Date.now() - 15 * 60_000;
      return this.#logs.tail(`/aws/apprunner/${name}/${id}/${which}`, { since, limit }).catch((error) => {
        this.#log.debug(`the ${which} log could not be read: ${readAwsError(error).code}`);
        return [];
      });
    };
    const [events, log] = await Promise.all([tail('service', 15), tail('application', 20)]);
    return { events, stopped: [], log, health: state.health };
  }

  async digestNow(): Promise<string | undefined> {
    return undefined;
  }

  async #operations(): Promise<OperationSummary[]> {
    return this.#api.operations(this.arn).catch((error) => {
      throw awsProblem(error, {
        operation: 'apprunner:ListOperations',
        resource: this.arn,
        input: 'service',
      });
    });
  }
}

/** The newest operation that came after ours and replaces what it brought; the list is newest first. */
export function replacement(operations: readonly OperationSummary[], mine: string): string | undefined {
  const at = operations.findIndex((operation) => operation.Id === mine);
  const later = at < 0 ? [] : operations.slice(0, at);
  const other = later.find((operation) => REPLACING.has(operation.Type ?? ''));
  return other && `${other.Type} ${other.Id}`;
}

const nativeOf = (state: BackendState) => state.native as AppRunnerService;

function stateOf(service: AppRunnerService, scaling: Scaling | undefined): BackendState {
  const image = service.SourceConfiguration?.ImageRepository;
  if (!image?.ImageIdentifier) {
    throw refused({
      input: 'service',
      what: 'this App Runner service is built from source code, not from an image',
      found: service.SourceConfiguration?.CodeRepository?.RepositoryUrl ?? service.ServiceArn,
      fix: 'give it an image repository as its source, or deploy it by a push to its branch',
    });
  }
  const config = image.ImageConfiguration ?? {};
  const health = withDefaults(service.HealthCheckConfiguration);
  const port = config.Port ?? '8080';
  return {
    target: 'apprunner',
    arn: service.ServiceArn ?? '',
    name: service.ServiceName ?? '',
    status: service.Status ?? '',
    condition: conditionOf('apprunner', service.Status ?? ''),
    url:
      service.ServiceUrl && service.NetworkConfiguration?.IngressConfiguration?.IsPubliclyAccessible !== false
        ? publicUrl(service.ServiceUrl)
        : undefined,
    health: { protocol: health.Protocol, path: health.Protocol === 'HTTP' ? health.Path : '/', port },
    // App Runner runs amd64 images only.
    platform: 'linux/amd64',
    spec: {
      image: image.ImageIdentifier,
      variables: config.RuntimeEnvironmentVariables ?? {},
      secrets: config.RuntimeEnvironmentSecrets ?? {},
      port: config.Port,
      startCommand: config.StartCommand,
      cpu: service.InstanceConfiguration?.Cpu,
      memory: service.InstanceConfiguration?.Memory,
      accessRole: service.SourceConfiguration?.AuthenticationConfiguration?.AccessRoleArn,
      autoDeployments: service.SourceConfiguration?.AutoDeploymentsEnabled ?? false,
      scaling,
    },
    version: versionOf(service),
    native: service,
  };
}

/** A fingerprint of the configuration alone: a deployment of the same configuration is no change of it. */
function versionOf(service: AppRunnerService): string {
  const configuration = [
    service.SourceConfiguration,
    service.InstanceConfiguration,
    service.HealthCheckConfiguration,
    service.NetworkConfiguration,
    service.ObservabilityConfiguration,
    service.AutoScalingConfigurationSummary?.AutoScalingConfigurationArn,
  ];
  return createHash('sha256').update(JSON.stringify(configuration)).digest('hex');
}
