import type { AppRunnerService, AppRunnerUpdate } from '../../../aws/apprunner.ts';
import type { BackendSpec } from '../plan/spec.ts';
import { sourceTypeOf } from './apprunner-source.ts';

type HealthCheck = NonNullable<AppRunnerService['HealthCheckConfiguration']>;

/** App Runner's defaults: https://docs.aws.amazon.com/apprunner/latest/api/API_HealthCheckConfiguration.html */
export function withDefaults(health: HealthCheck | undefined) {
  return { Protocol: health?.Protocol ?? 'TCP', Path: health?.Path || '/' };
}

/**
 * The input of UpdateService: the configuration as it was described, with what differs applied. Whether AWS keeps or
 * clears a nested field that is left out is not documented, so the whole of SourceConfiguration is always sent back;
 * the other parts only where they change, for each that is sent asks for a permission of its own (iam:PassRole).
 */
export function appRunnerUpdate(
  service: AppRunnerService,
  now: BackendSpec,
  wanted: BackendSpec,
  scalingArn: string | undefined,
): Omit<AppRunnerUpdate, 'ServiceArn'> {
  const { AuthenticationConfiguration: access, ...source } = service.SourceConfiguration ?? {};
  const type = sourceTypeOf(wanted.image);
  const repository = source.ImageRepository;
  const { Port, StartCommand: _replaced, ...rest } = repository?.ImageConfiguration ?? {};
  const sizes = now.cpu !== wanted.cpu || now.memory !== wanted.memory;
  const startCommand = wanted.startCommand || undefined;
  return {
    SourceConfiguration: {
      ...source,
      AutoDeploymentsEnabled: wanted.autoDeployments ?? false,
      ...(type === 'ECR' && wanted.accessRole
        ? { AuthenticationConfiguration: { ...access, AccessRoleArn: wanted.accessRole } }
        : {}),
      ImageRepository: {
        ...repository,
        ImageRepositoryType: type,
        ImageIdentifier: wanted.image,
        ImageConfiguration: {
          ...rest,
          ...((wanted.port ?? Port) ? { Port: wanted.port ?? Port } : {}),
          ...(startCommand ? { StartCommand: startCommand } : {}),
          RuntimeEnvironmentVariables: { ...wanted.variables },
          RuntimeEnvironmentSecrets: { ...wanted.secrets },
        },
      },
    },
    ...(sizes
      ? {
          InstanceConfiguration: {
            ...service.InstanceConfiguration,
            ...(wanted.cpu ? { Cpu: wanted.cpu } : {}),
            ...(wanted.memory ? { Memory: wanted.memory } : {}),
          },
        }
      : {}),
    ...(scalingArn ? { AutoScalingConfigurationArn: scalingArn } : {}),
  };
}
