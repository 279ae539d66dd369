import { createHash } from 'node:crypto';
import type { ECSExpressGatewayService } from '../../../aws/ecs.ts';
import { awsProblem, mayBeDone } from '../../../aws/errors.ts';
import { refused } from '../../../runtime/errors.ts';
import { publicUrl } from '../../../runtime/url.ts';
import { isRestartOnly } from '../plan/plan.ts';
import { refuseSizes } from '../plan/sizes.ts';
import { type BackendSpec, type Scaling, sameScaling } from '../plan/spec.ts';
import { strategyLength } from '../plan/strategy.ts';
import { conditionOf } from '../verdict/verdict.ts';
import { listOf } from '../verdict/words.ts';
import { EcsBase, type Native } from './ecs-base.ts';
import { refuseRoleless } from './ecs-facts.ts';
import { ownerNotes } from './owner.ts';
import { type BackendState, LOST, type OneOff, type Rollout } from './target.ts';
import { copyDefinition, specOfContainer } from './task-definition.ts';

type Configuration = NonNullable<ECSExpressGatewayService['activeConfigurations']>[number];

interface ExpressNative extends Native {
  readonly configuration: Configuration;
}

/** Name that Express gives to the container of the app (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html). */
const MAIN = 'Main';

/** How long a deployment is looked for whose update was answered with an error. Milliseconds. */
const LOST_WITHIN = 10_000;

/** ECS Express Mode, changed through its own API and watched through ECS's service deployments. */
export class ExpressTarget extends EcsBase {
  readonly kind = 'ecs-express';

  async read(): Promise<BackendState> {
    const [service, express] = await Promise.all([this.service(), this.#describe()]);
    const configuration = newest(express.activeConfigurations ?? []);
    const container = configuration.primaryContainer;
    const native: ExpressNative = { service, container: MAIN, configuration };
    const endpoint = configuration.ingressPaths?.find((path) => path.accessType === 'PUBLIC')?.endpoint;
    const status = express.status?.statusCode ?? '';
    const port = String(container?.containerPort ?? 80);
    return {
      target: 'ecs-express',
      arn: this.arn,
      name: this.name,
      status,
      condition: conditionOf('ecs-express', status),
      url: endpoint ? publicUrl(endpoint) : undefined,
      health: { protocol: 'HTTP', path: configuration.healthCheckPath ?? '/ping', port },
      platform: configuration.cpuArchitecture === 'ARM64' ? 'linux/arm64' : 'linux/amd64',
      spec: {
        ...specOfContainer({ ...container, portMappings: undefined }),
        port,
        cpu: configuration.cpu,
        memory: configuration.memory,
        scaling: scalingOf(configuration),
      },
      notes: ownerNotes(service.tags),
      strategy: strategyLength(service.deploymentConfiguration),
      desired: service.desiredCount,
      version: createHash('sha256')
        .update(JSON.stringify(settled(configuration)))
        .digest('hex'),
      native,
    };
  }

  refuse(now: BackendState, wanted: BackendSpec): void {
    refuseRoleless((now.native as ExpressNative).configuration.executionRoleArn, wanted, now.arn);
    refuseSizes('ecs-express', wanted.cpu, wanted.memory);
  }

  async start(now: BackendState, wanted: BackendSpec, evenBlind = false): Promise<Rollout> {
    const { configuration } = now.native as ExpressNative;
    const known = await this.deployments.known(evenBlind);
    const startedAt = Date.now();
    let lost: unknown;
    const revision = await this.#send(configuration, now, wanted, evenBlind).catch((error) => {
      lost = error;
      return undefined;
    });
    if (lost !== undefined && !mayBeDone(lost)) throw this.#updateFailed(lost);
    const isOurs = async (brief: { targetServiceRevisionArn?: string | undefined }) => {
      // The answer names the revision. Where it does not, or was lost, the image of the revision is the sign.
      if (revision) return brief.targetServiceRevisionArn === revision;
      const made = await this.api.revision(brief.targetServiceRevisionArn ?? '');
      return made?.containerImages?.some((one) => one.image === wanted.image) ?? false;
    };
    if (lost === undefined) return { id: await this.deployments.find(known, isOurs), startedAt };
    const id = await this.deployments.find(known, isOurs, LOST_WITHIN);
    if (id !== LOST) {
      this.log.warning('the answer to the update was lost; the service has it');
      return { id, startedAt };
    }
    const seen = await this.read().catch(() => undefined);
    if (seen && seen.version === now.version) throw this.#updateFailed(lost);
    this.log.warning('the answer to the update was lost, and what has become of it cannot be told');
    return { id, startedAt };
  }

  /** @returns ARN of the service revision that it makes, where the answer names it */
  async #send(configuration: Configuration, now: BackendState, wanted: BackendSpec, isWayBack: boolean) {
    // On the way back the service may be about to run what failed, and a restart would bring just that: all is sent.
    if (!isWayBack && isRestartOnly(now.spec, wanted)) {
      await this.api.updateService({ cluster: this.cluster, service: this.name, forceNewDeployment: true });
      return undefined;
    }
    return this.api.updateExpress({
      serviceArn: this.arn,
      primaryContainer: containerFor(configuration, now.spec, wanted),
      ...(wanted.cpu !== now.spec.cpu ? { cpu: wanted.cpu } : {}),
      ...(wanted.memory !== now.spec.memory ? { memory: wanted.memory } : {}),
      ...(sameScaling(wanted.scaling, now.spec.scaling)
        ? {}
        : { scalingTarget: scalingTarget(wanted.scaling) }),
    });
  }

  #updateFailed(error: unknown) {
    return awsProblem(error, {
      operation: 'ecs:UpdateExpressGatewayService',
      resource: this.arn,
      input: 'service',
    });
  }

  /** Express makes its own task definitions; the one-off task gets a copy of the present one, in a family of its own. */
  async oneOff(now: BackendState, wanted: BackendSpec): Promise<OneOff> {
    const { service, container } = now.native as ExpressNative;
    const { definition } = await this.definitionOf(
      service.taskDefinition ?? service.deployments?.[0]?.taskDefinition ?? '',
    );
    const copy = copyDefinition(definition, undefined, container, now.spec, wanted);
    const arn = await this.register({ ...copy, family: `${definition.family}-migrate` });
    return this.oneOffOf(service, arn, container);
  }

  async #describe(): Promise<ECSExpressGatewayService> {
    const express = await this.api.express(this.arn).catch((error) => {
      throw awsProblem(error, {
        operation: 'ecs:DescribeExpressGatewayService',
        resource: this.arn,
        input: 'service',
      });
    });
    if (express) return express;
    throw refused({
      input: 'service',
      what: 'is not an ECS Express service',
      found: this.arn,
      fix: 'use `target: ecs`, or correct the ARN',
    });
  }
}

/** While a rollout runs there are two; the newest is what the service is to be. */
function newest(configurations: readonly Configuration[]): Configuration {
  const sorted = [...configurations].sort((a, b) => Number(b.createdAt ?? 0) - Number(a.createdAt ?? 0));
  return sorted[0] ?? {};
}

/** What we change or send back: not the revision, which any rollout renews. */
function settled({ primaryContainer, cpu, memory, healthCheckPath, scalingTarget }: Configuration) {
  return { primaryContainer, cpu, memory, healthCheckPath, scalingTarget };
}

function containerFor(configuration: Configuration, now: BackendSpec, wanted: BackendSpec) {
  return {
    ...configuration.primaryContainer,
    image: wanted.image,
    environment: Object.entries(wanted.variables).map(([name, value]) => ({ name, value })),
    secrets: Object.entries(wanted.secrets).map(([name, valueFrom]) => ({ name, valueFrom })),
    ...(wanted.port && wanted.port !== now.port ? { containerPort: Number(wanted.port) } : {}),
    ...(wanted.startCommand !== now.startCommand
      ? { command: (wanted.startCommand && listOf(wanted.startCommand)) || [] }
      : {}),
  };
}

function scalingOf({ scalingTarget: target }: Configuration): Scaling | undefined {
  if (!target) return undefined;
  return {
    min: target.minTaskCount ?? 1,
    max: target.maxTaskCount ?? 1,
    ...(target.autoScalingMetric === 'AVERAGE_CPU' ? { cpuTarget: target.autoScalingTargetValue } : {}),
  };
}

function scalingTarget(scaling: Scaling | undefined) {
  if (!scaling) return undefined;
  return {
    minTaskCount: scaling.min,
    maxTaskCount: scaling.max,
    ...(scaling.cpuTarget === undefined
      ? {}
      : { autoScalingMetric: 'AVERAGE_CPU' as const, autoScalingTargetValue: scaling.cpuTarget }),
  };
}
