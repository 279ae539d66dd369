import { CloudFault } from '../../core/service.ts';
import type {
  HealthCheckConfiguration as AskedHealth,
  ImageConfiguration,
  Inputs,
  InstanceConfiguration,
  NetworkConfiguration,
  SourceConfiguration,
} from '../shapes/inputs/apprunner.ts';
import type { Configuration, HealthCheckConfiguration } from './model.ts';

/**
 * The model's own pattern (App Runner API, ImageRepository), and this cloud's registry, `127.0.0.1:PORT/…`, in the place
 * of an account's private one.
 */
const REPOSITORY = '(?:[a-z0-9]+(?:[._-][a-z0-9]+)*\\/)*[a-z0-9]+(?:[._-][a-z0-9]+)*';
const VERSION = '(?::[\\w+\\-=._:\\/@]+|@[\\w:]+)?';
const PRIVATE = new RegExp(
  `^(?:[0-9]{12}\\.dkr\\.ecr\\.[a-z-]+-[0-9]\\.amazonaws\\.com|(?:127\\.0\\.0\\.1|localhost):\\d+)\\/${REPOSITORY}${VERSION}$`,
);
const PUBLIC = new RegExp(`^public\\.ecr\\.aws\\/.+\\/${REPOSITORY}${VERSION}$`);

/** Sizes that go together (App Runner developer guide, "Configuring instance": supported combinations). */
const MEMORY_OF: Readonly<Record<string, readonly string[]>> = {
  '256': ['512', '1024'],
  '512': ['1024'],
  '1024': ['2048', '3072', '4096'],
  '2048': ['4096', '6144'],
  '4096': ['8192', '10240', '12288'],
};

const refuse = (message: string) => new CloudFault('InvalidRequestException', message);

/** What CreateService and UpdateService have in common. */
export type Asked = Omit<Inputs['UpdateService'], 'ServiceArn'>;

/** What an update leaves out at the top level is kept; what it gives replaces the whole member, with defaults inside. */
export function configure(
  input: Asked,
  before: Configuration | undefined,
  scalingArn: string,
): Configuration {
  const source = input.SourceConfiguration ? sourceOf(input.SourceConfiguration) : before?.source;
  if (!source) throw refuse('SourceConfiguration is required.');
  const configuration: Configuration = {
    source,
    instance:
      input.InstanceConfiguration || !before
        ? instanceOf(input.InstanceConfiguration ?? {})
        : before.instance,
    health:
      input.HealthCheckConfiguration || !before
        ? healthOf(input.HealthCheckConfiguration ?? {})
        : before.health,
    network: input.NetworkConfiguration
      ? networkOf(input.NetworkConfiguration)
      : (before?.network ?? networkOf({})),
    observability: input.ObservabilityConfiguration ??
      before?.observability ?? { ObservabilityEnabled: false },
    scalingArn,
  };
  checkTogether(configuration);
  return configuration;
}

function sourceOf(input: SourceConfiguration): Configuration['source'] {
  if (input.CodeRepository) throw refuse('CodeRepository is not offered by the local cloud: it runs images.');
  const repository = input.ImageRepository;
  if (!repository) throw refuse('Either ImageRepository or CodeRepository must be given.');
  const type = repository.ImageRepositoryType;
  const pattern = type === 'ECR' ? PRIVATE : PUBLIC;
  if (!pattern.test(repository.ImageIdentifier))
    throw refuse(
      `1 validation error detected: Value '${repository.ImageIdentifier}' at 'sourceConfiguration.imageRepository.imageIdentifier' failed to satisfy constraint: Member must satisfy regular expression pattern: ${pattern.source}`,
    );
  const role = input.AuthenticationConfiguration?.AccessRoleArn;
  if (type === 'ECR' && !role)
    throw refuse('Authentication configuration is invalid: an access role is required for an ECR image.');
  // https://github.com/aws-containers/retail-store-sample-app/pull/574
  if (type === 'ECR_PUBLIC' && role)
    throw refuse('Authentication configuration is invalid: an image of ECR Public takes no access role.');
  const auto = input.AutoDeploymentsEnabled ?? type === 'ECR';
  if (type === 'ECR_PUBLIC' && auto)
    throw refuse('AutoDeploymentsEnabled cannot be true for an image of ECR Public.');
  return {
    ImageRepository: {
      ImageIdentifier: repository.ImageIdentifier,
      ImageRepositoryType: type,
      ImageConfiguration: imageConfigurationOf(repository.ImageConfiguration ?? {}),
    },
    AutoDeploymentsEnabled: auto,
    ...(role ? { AuthenticationConfiguration: { AccessRoleArn: role } } : {}),
  };
}

/** "Names that are reserved": PORT and the prefix AWSAPPRUNNER (App Runner API, ImageConfiguration). */
export const isReserved = (name: string): boolean => name === 'PORT' || name.startsWith('AWSAPPRUNNER');

function imageConfigurationOf(input: ImageConfiguration) {
  const variables = input.RuntimeEnvironmentVariables ?? {};
  const secrets = input.RuntimeEnvironmentSecrets ?? {};
  for (const name of [...Object.keys(variables), ...Object.keys(secrets)])
    if (isReserved(name)) throw refuse(`Environment variable name ${name} is reserved.`);
  for (const name of Object.keys(secrets))
    if (name in variables) throw refuse(`${name} is both an environment variable and an environment secret.`);
  for (const [name, arn] of Object.entries(secrets))
    if (!/^arn:aws[\w-]*:(secretsmanager|ssm):[a-z0-9-]+:\d{12}:/.test(arn))
      throw refuse(`The value of the environment secret ${name} must be the ARN of a secret or a parameter.`);
  const port = input.Port ?? '8080';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535)
    throw refuse(`Port "${port}" is not valid.`);
  return {
    Port: port,
    ...(input.StartCommand ? { StartCommand: input.StartCommand } : {}),
    ...(Object.keys(variables).length > 0 ? { RuntimeEnvironmentVariables: variables } : {}),
    ...(Object.keys(secrets).length > 0 ? { RuntimeEnvironmentSecrets: secrets } : {}),
  };
}

/** `1 vCPU` and `1024` are the same; DescribeService shows the number. */
function instanceOf(input: InstanceConfiguration): Configuration['instance'] {
  const units = (text: string) => (/vCPU|GB/.test(text) ? String(Number.parseFloat(text) * 1024) : text);
  const Cpu = units(input.Cpu ?? '1024');
  const Memory = units(input.Memory ?? '2048');
  if (!MEMORY_OF[Cpu]?.includes(Memory))
    throw refuse(
      `${Memory} MB of memory do not go with ${Cpu} CPU units; supported are: ${MEMORY_OF[Cpu]?.join(', ')}.`,
    );
  return { Cpu, Memory, ...(input.InstanceRoleArn ? { InstanceRoleArn: input.InstanceRoleArn } : {}) };
}

function healthOf(input: AskedHealth): HealthCheckConfiguration {
  return {
    Protocol: input.Protocol ?? 'TCP',
    Path: input.Path ?? '/',
    Interval: input.Interval ?? 5,
    Timeout: input.Timeout ?? 2,
    HealthyThreshold: input.HealthyThreshold ?? 1,
    UnhealthyThreshold: input.UnhealthyThreshold ?? 5,
  };
}

function networkOf(input: NetworkConfiguration) {
  return {
    EgressConfiguration: input.EgressConfiguration ?? { EgressType: 'DEFAULT' },
    IngressConfiguration: input.IngressConfiguration ?? { IsPubliclyAccessible: true },
    IpAddressType: input.IpAddressType ?? 'IPV4',
  };
}

function checkTogether(configuration: Configuration): void {
  const secrets = configuration.source.ImageRepository.ImageConfiguration.RuntimeEnvironmentSecrets;
  if (secrets && !configuration.instance.InstanceRoleArn)
    throw refuse('An instance role (InstanceRoleArn) is required for environment secrets.');
}

/** A start command as words: quotes group, nothing else is special; App Runner starts no shell for it. */
export function words(command: string): string[] {
  return [...command.matchAll(/(?:[^\s"']+|"[^"]*"|'[^']*')+/g)].map(([word]) => word.replace(/["']/g, ''));
}
