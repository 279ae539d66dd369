import { randomUUID } from 'node:crypto';
import type { CloudContext } from '../../core/service.ts';
import { becomesHealthy, type HealthCheck, sleep } from '../../images/health.ts';
import type { Instance } from '../../images/instance.ts';
import { LINUX_AMD64 } from '../../images/platform.ts';
import { PullError, type PulledImage } from '../../images/pull.ts';
import { patience, runnerOf } from '../../images/runner.ts';
import type { LogsService } from '../logs/index.ts';
import { secretValue } from '../ssm/secret.ts';
import { words } from './configuration.ts';
import type { Configuration, ServiceRecord } from './model.ts';

/** Seconds at speed 1. At AWS an image that is absent takes ten minutes to fail (aws/apprunner-roadmap#127). */
const SECONDS = { pull: 10, provision: 20, pullFails: 30 };

/** Why a deployment did not succeed, as the service's log says it. */
export class RolloutFailed extends Error {}

export interface StartOptions {
  /** Takes App Runner's time; a service that comes back after a restart does not. */
  readonly paced: boolean;
  readonly say: (line: string) => void;
  readonly cancelled: () => boolean;
  /** A fault of this kind that was asked for. */
  readonly forced: (kind: 'unhealthy' | 'crash') => boolean;
}

/**
 * Pulls the image of a configuration, runs it, and waits until it is healthy.
 * @returns nothing where the cloud stopped meanwhile
 * @throws RolloutFailed in the words of the service's log
 */
export async function startInstance(
  context: CloudContext,
  service: ServiceRecord,
  wanted: Configuration,
  options: StartOptions,
): Promise<{ readonly instance: Instance; readonly image: PulledImage } | undefined> {
  const { ImageIdentifier, ImageConfiguration } = wanted.source.ImageRepository;
  const pause = (seconds: number) => sleep(options.paced ? (seconds * 1000) / context.speed : 0);
  options.say('[AppRunner] Starting to pull your application image.');
  const image = await pull(context, service, ImageIdentifier);
  await pause(SECONDS.pull);
  options.say('[AppRunner] Successfully pulled your application image from ECR.');
  const env = environment(context, service, ImageConfiguration);
  options.say('[AppRunner] Provisioning instances and deploying image.');
  await pause(SECONDS.provision);
  if (options.cancelled()) return undefined;
  const instance = await launch(context, service, wanted, image, env);
  await healthy(context, wanted, instance, options);
  return { instance, image };
}

async function pull(context: CloudContext, service: ServiceRecord, reference: string) {
  try {
    return await runnerOf(context).pull(reference, service.region, LINUX_AMD64);
  } catch (error) {
    if (!(error instanceof PullError)) throw error;
    await sleep((SECONDS.pullFails * 1000) / context.speed);
    throw new RolloutFailed(
      '[AppRunner] Failed to pull your application image. Be sure you configure your service with a valid access role to your ECR repository.',
    );
  }
}

function environment(
  context: CloudContext,
  service: ServiceRecord,
  configuration: Configuration['source']['ImageRepository']['ImageConfiguration'],
): Record<string, string> {
  const env: Record<string, string> = { ...configuration.RuntimeEnvironmentVariables };
  for (const [name, arn] of Object.entries(configuration.RuntimeEnvironmentSecrets ?? {})) {
    try {
      env[name] = secretValue(context, arn, service.region);
    } catch (error) {
      throw new RolloutFailed(
        `[AppRunner] Failed to retrieve the secret of environment variable ${name} (${arn}): ${(error as Error).message}`,
      );
    }
  }
  return { ...env, PORT: configuration.Port };
}

async function launch(
  context: CloudContext,
  service: ServiceRecord,
  wanted: Configuration,
  image: PulledImage,
  env: Record<string, string>,
): Promise<Instance> {
  const { Port, StartCommand } = wanted.source.ImageRepository.ImageConfiguration;
  const stream = `instance/${randomUUID().replaceAll('-', '')}`;
  const logs = context.service<LogsService>('logs');
  const group = `/aws/apprunner/${service.name}/${service.id}/application`;
  const command = StartCommand ? words(StartCommand) : undefined;
  return runnerOf(context).launch({
    image,
    env,
    port: Number(Port),
    ...(command ? { entryPoint: command.slice(0, 1), command: command.slice(1) } : {}),
    onLine: (line) => logs.write(service.region, group, stream, line),
  });
}

async function healthy(
  context: CloudContext,
  wanted: Configuration,
  instance: Instance,
  options: StartOptions,
): Promise<void> {
  const check = healthCheckOf(wanted);
  const { Port } = wanted.source.ImageRepository.ImageConfiguration;
  const where = check.protocol === 'TCP' ? `[Port: '${Port}']` : `[Path: '${check.path}'], [Port: '${Port}']`;
  const how = `protocol \`${check.protocol}\` ${where}`;
  options.say(`[AppRunner] Performing health check on ${how}.`);
  if (options.forced('crash')) await instance.stop(0);
  const started = await becomesHealthy(instance, check, {
    speed: context.speed,
    forced: () => options.forced('unhealthy'),
    cancelled: options.cancelled,
  });
  if (started.healthy) {
    options.say('[AppRunner] Health check is successful. Routing traffic to application.');
    return;
  }
  await instance.stop(patience(context.speed, 0, 30).stop);
  if (started.cause === 'exited')
    throw new RolloutFailed(
      `[AppRunner] Your application stopped or failed to start. See logs for more information. Container ${started.why}`,
    );
  throw new RolloutFailed(
    `[AppRunner] Health check failed on ${how}: ${started.why}. Check your configured port number. For more information, see the application logs.`,
  );
}

function healthCheckOf({ health }: Configuration): HealthCheck {
  return {
    protocol: health.Protocol,
    path: health.Path,
    interval: health.Interval * 1000,
    timeout: health.Timeout * 1000,
    healthyThreshold: health.HealthyThreshold,
    unhealthyThreshold: health.UnhealthyThreshold,
  };
}
