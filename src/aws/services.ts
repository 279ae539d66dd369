import type { JsonService } from './json-client.ts';

/**
 * The JSON services that we call, from their public models (botocore's `service-2.json`: `targetPrefix`, `jsonVersion`,
 * `signingName`, `endpointPrefix`).
 */
export const SERVICES = {
  appRunner: {
    id: 'AppRunner',
    target: 'AppRunner',
    version: '1.0',
    signingName: 'apprunner',
    host: 'apprunner',
  },
  ecr: {
    id: 'ECR',
    target: 'AmazonEC2ContainerRegistry_V20150921',
    version: '1.1',
    signingName: 'ecr',
    host: 'api.ecr',
    dualStackHost: 'ecr',
  },
  ecs: {
    id: 'ECS',
    target: 'AmazonEC2ContainerServiceV20141113',
    version: '1.1',
    signingName: 'ecs',
    host: 'ecs',
  },
  secretsManager: {
    id: 'Secrets Manager',
    target: 'secretsmanager',
    version: '1.1',
    signingName: 'secretsmanager',
    host: 'secretsmanager',
    dualStackAnyway: ['aws', 'aws-cn', 'aws-us-gov'],
  },
  parameters: {
    id: 'SSM',
    target: 'AmazonSSM',
    version: '1.1',
    signingName: 'ssm',
    host: 'ssm',
    govIsFips: 'ipv4',
  },
  logs: {
    id: 'CloudWatch Logs',
    target: 'Logs_20140328',
    version: '1.1',
    signingName: 'logs',
    host: 'logs',
    govIsFips: 'ipv4',
  },
  cloudWatch: {
    id: 'CloudWatch',
    target: 'GraniteServiceVersion20100801',
    version: '1.0',
    signingName: 'monitoring',
    host: 'monitoring',
    govIsFips: 'always',
  },
  autoScaling: {
    id: 'Application Auto Scaling',
    target: 'AnyScaleFrontendService',
    version: '1.1',
    signingName: 'application-autoscaling',
    host: 'application-autoscaling',
    govIsFips: 'ipv4',
  },
} as const satisfies Record<string, JsonService>;
