import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateBucketCommand, GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { pushOciLayout, writeOciLayout } from '../../demo/oci-layout.ts';
import type { TestCloud } from './cloud.ts';
import { type ActionRun, type RunOptions, runAction } from './run-action.ts';
import { signedFetch } from './signed.ts';
import { until } from './until.ts';

/** How an app in a test behaves. */
export interface TestApp {
  readonly version: string;
  /** Status of its health path; default 200. */
  readonly health?: number;
  /** Ends by itself at the start, with this code. */
  readonly exit?: number;
  /** Prints this line at the start. */
  readonly says?: string;
  /** Status of everything else; default 200. */
  readonly root?: number;
  /** Milliseconds that everything but its health path takes. */
  readonly delay?: number;
  /** After so many requests beside its health path it answers 500 to all of them. */
  readonly turns?: number;
  /** Listens on this port instead of PORT. */
  readonly port?: number;
  readonly platforms?: readonly string[];
}

const source = ({ health = 200, root = 200, delay = 0, turns = -1, exit, says, port, version }: TestApp) => `
import { createServer } from 'node:http';
console.log(${JSON.stringify(says ?? `version ${version} starts`)});
if (${exit !== undefined}) process.exit(${exit ?? 0});
const json = { version: ${JSON.stringify(version)}, ...Object.fromEntries(Object.entries(process.env).filter(([k]) => /^(LOG|DB|NEW)/.test(k))) };
let left = ${turns};
const server = createServer((request, response) => {
  const status = request.url === '/health' ? ${health} : left === 0 ? 500 : ${root};
  if (request.url !== '/health' && left > 0) left--;
  const answer = () => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  setTimeout(answer, request.url === '/health' ? 0 : ${delay});
}).listen(${port ?? 'Number(process.env.PORT)'});
process.on('SIGTERM', () => { server.close(() => process.exit(0)); server.closeIdleConnections(); });
`;

/** Pushes a small app. @returns its image by digest */
export async function pushApp(
  cloud: TestCloud,
  app: TestApp,
  repository = 'api',
  tag?: string,
): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-app-'));
  const platforms = app.platforms ? { platforms: app.platforms } : {};
  await writeOciLayout(
    { files: { 'server.mjs': source(app) }, command: ['node', 'server.mjs'], port: 8080, ...platforms },
    dir,
  );
  const pushed = await pushOciLayout(dir, cloud.endpoint, repository, tag ?? app.version);
  rmSync(dir, { recursive: true, force: true });
  return pushed.image;
}

/** Sends one call to a JSON service of the local cloud. */
export async function call<T = Record<string, unknown>>(
  cloud: TestCloud,
  service: string,
  target: string,
  input: object,
  version = '1.1',
): Promise<T> {
  const answer = await signedFetch(cloud, {
    service,
    method: 'POST',
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
    body: JSON.stringify(input),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${target}: HTTP ${answer.status} ${text}`);
  return (text ? JSON.parse(text) : {}) as T;
}

export const appRunner = <T = Record<string, unknown>>(cloud: TestCloud, operation: string, input: object) =>
  call<T>(cloud, 'apprunner', `AppRunner.${operation}`, input, '1.0');

export interface RunnerService {
  readonly ServiceArn: string;
  readonly ServiceUrl: string;
  readonly Status: string;
  readonly SourceConfiguration: {
    readonly AutoDeploymentsEnabled?: boolean;
    readonly AuthenticationConfiguration?: { readonly AccessRoleArn?: string };
    readonly ImageRepository: {
      readonly ImageIdentifier: string;
      readonly ImageConfiguration: {
        readonly Port?: string;
        readonly StartCommand?: string;
        readonly RuntimeEnvironmentVariables?: Record<string, string>;
        readonly RuntimeEnvironmentSecrets?: Record<string, string>;
      };
    };
  };
  readonly InstanceConfiguration: { readonly Cpu: string; readonly Memory: string };
  readonly AutoScalingConfigurationSummary: { readonly AutoScalingConfigurationArn: string };
}

export async function describeRunner(cloud: TestCloud, arn: string): Promise<RunnerService> {
  return (await appRunner<{ Service: RunnerService }>(cloud, 'DescribeService', { ServiceArn: arn })).Service;
}

/** @throws Error with the service's own log where it stays in another state for good */
export async function waitRunner(cloud: TestCloud, arn: string, status = 'RUNNING'): Promise<RunnerService> {
  return until(async () => {
    const service = await describeRunner(cloud, arn);
    if (service.Status === status) return service;
    if (/FAILED|DELETED/.test(service.Status))
      throw new Error(`${arn} is ${service.Status}:\n${await serviceLog(cloud, arn)}`);
    return undefined;
  }, `${arn} to become ${status}`);
}

async function serviceLog(cloud: TestCloud, arn: string): Promise<string> {
  const [, name, id] = arn.split('/');
  const input = { logGroupName: `/aws/apprunner/${name}/${id}/service` };
  const { events } = await call<{ events: { message: string }[] }>(
    cloud,
    'logs',
    'Logs_20140328.FilterLogEvents',
    input,
  );
  return events.map(({ message }) => message).join('\n');
}

/** Makes a service that runs `image`, with a health check on /health, and waits until it does. */
export async function createRunner(
  cloud: TestCloud,
  name: string,
  image: string,
  options: {
    autoDeployments?: boolean;
    variables?: Record<string, string>;
    protocol?: string;
    /** Status that is waited for; RUNNING unless another is given. */
    becomes?: string;
  } = {},
): Promise<RunnerService> {
  const { Service } = await appRunner<{ Service: RunnerService }>(cloud, 'CreateService', {
    ServiceName: name,
    SourceConfiguration: {
      AutoDeploymentsEnabled: options.autoDeployments ?? false,
      AuthenticationConfiguration: { AccessRoleArn: 'arn:aws:iam::000000000000:role/apprunner-ecr' },
      ImageRepository: {
        ImageIdentifier: image,
        ImageRepositoryType: 'ECR',
        ImageConfiguration: {
          Port: '8080',
          RuntimeEnvironmentVariables: options.variables ?? { LOG: 'info' },
        },
      },
    },
    HealthCheckConfiguration: {
      Protocol: options.protocol ?? 'HTTP',
      Path: '/health',
      Interval: 1,
      Timeout: 1,
    },
    InstanceConfiguration: {
      Cpu: '1024',
      Memory: '2048',
      InstanceRoleArn: 'arn:aws:iam::000000000000:role/app',
    },
  });
  return waitRunner(cloud, Service.ServiceArn, options.becomes);
}

/** Runs deploy-backend with a quick probe. */
export function deployBackend(
  cloud: TestCloud,
  inputs: Readonly<Record<string, string>>,
  options: RunOptions = {},
): Promise<ActionRun> {
  return runAction(
    'deploy-backend',
    { 'probe-interval': '100ms', ...inputs },
    { ...options, env: { ...cloud.env, ...options.env } },
  );
}

/** Names of the operations that changed something about a resource whose name contains `of`, oldest first. */
export async function changesOf(cloud: TestCloud, of: string): Promise<string[]> {
  return (await cloud.changes({ resource: of })).map((r) => r.operation);
}

/** Makes a bucket. */
export async function createBucket(cloud: TestCloud, name: string): Promise<string> {
  const client = new S3Client(cloud.client);
  await client.send(new CreateBucketCommand({ Bucket: name }));
  client.destroy();
  return name;
}

/** A JSON document of the release bucket; `undefined` where there is none. */
export async function readJson<T>(cloud: TestCloud, bucket: string, key: string): Promise<T | undefined> {
  const client = new S3Client(cloud.client);
  try {
    const answer = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return JSON.parse((await answer.Body?.transformToString()) ?? '') as T;
  } catch {
    return undefined;
  } finally {
    client.destroy();
  }
}

/** A service of any target, as a test looks at it: by the cloud's own state. */
export interface TestService {
  readonly target: 'apprunner' | 'ecs' | 'ecs-express';
  readonly name: string;
  readonly arn: string;
  /** Public address, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Name of the operation that updates it. */
  readonly update: 'UpdateService' | 'UpdateExpressGatewayService';
  /** The images that run, by digest. */
  images(): Promise<string[]>;
}

export const ecs = <T = Record<string, unknown>>(cloud: TestCloud, operation: string, input: object) =>
  call<T>(cloud, 'ecs', `AmazonEC2ContainerServiceV20141113.${operation}`, input);

const CLUSTER = 'main';

/** The task definition of a test app; `extra` is somebody else's, and must stay. */
export function taskDefinition(family: string, image: string, extra: object = {}) {
  return {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    executionRoleArn: 'arn:aws:iam::000000000000:role/execution',
    taskRoleArn: 'arn:aws:iam::000000000000:role/task',
    containerDefinitions: [
      {
        name: 'app',
        image,
        essential: true,
        portMappings: [{ containerPort: 8080, protocol: 'tcp' }],
        environment: [
          { name: 'LOG', value: 'info' },
          { name: 'PORT', value: '8080' },
        ],
        logConfiguration: {
          logDriver: 'awslogs',
          options: {
            'awslogs-group': `/ecs/${family}`,
            'awslogs-region': 'us-west-2',
            'awslogs-stream-prefix': 'app',
            'awslogs-create-group': 'true',
          },
        },
      },
    ],
    ...extra,
  };
}

const network = {
  awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-a'], assignPublicIp: 'ENABLED' },
};

export async function createEcs(
  cloud: TestCloud,
  name: string,
  image: string,
  options: {
    desired?: number;
    controller?: string;
    definition?: object;
    deployment?: object;
    loadBalancers?: readonly object[];
  } = {},
): Promise<TestService> {
  await ecs(cloud, 'CreateCluster', { clusterName: CLUSTER });
  await ecs(cloud, 'RegisterTaskDefinition', taskDefinition(name, image, options.definition));
  const { service } = await ecs<{ service: { serviceArn: string } }>(cloud, 'CreateService', {
    cluster: CLUSTER,
    serviceName: name,
    taskDefinition: name,
    desiredCount: options.desired ?? 1,
    launchType: 'FARGATE',
    networkConfiguration: network,
    tags: [{ key: 'local-cloud:health-path', value: '/health' }],
    ...(options.loadBalancers ? { loadBalancers: options.loadBalancers } : {}),
    ...(options.deployment ? { deploymentConfiguration: options.deployment } : {}),
    ...(options.controller ? { deploymentController: { type: options.controller } } : {}),
  });
  return settledEcs(cloud, 'ecs', CLUSTER, name, service.serviceArn, options.desired ?? 1);
}

export async function createExpress(cloud: TestCloud, name: string, image: string): Promise<TestService> {
  const { service } = await ecs<{ service: { serviceArn: string } }>(cloud, 'CreateExpressGatewayService', {
    serviceName: name,
    executionRoleArn: 'arn:aws:iam::000000000000:role/execution',
    infrastructureRoleArn: 'arn:aws:iam::000000000000:role/infrastructure',
    healthCheckPath: '/health',
    cpu: '256',
    memory: '512',
    primaryContainer: {
      image,
      containerPort: 8080,
      environment: [
        { name: 'LOG', value: 'info' },
        { name: 'PORT', value: '8080' },
      ],
    },
  });
  return settledEcs(cloud, 'ecs-express', 'default', name, service.serviceArn, 1);
}

/** Active revisions of a family of task definitions, oldest first. */
export async function activeRevisions(cloud: TestCloud, familyPrefix: string): Promise<string[]> {
  const answer = await ecs<{ taskDefinitionArns: string[] }>(cloud, 'ListTaskDefinitions', {
    familyPrefix,
    status: 'ACTIVE',
  });
  return answer.taskDefinitionArns;
}

interface EcsTaskView {
  readonly lastStatus: string;
  readonly containers: { readonly imageDigest?: string; readonly image: string }[];
}

async function tasksOf(cloud: TestCloud, cluster: string, name: string): Promise<EcsTaskView[]> {
  const { taskArns } = await ecs<{ taskArns: string[] }>(cloud, 'ListTasks', { cluster, serviceName: name });
  if (taskArns.length === 0) return [];
  const { tasks } = await ecs<{ tasks: EcsTaskView[] }>(cloud, 'DescribeTasks', { cluster, tasks: taskArns });
  return tasks.filter((task) => task.lastStatus === 'RUNNING');
}

async function settledEcs(
  cloud: TestCloud,
  target: 'ecs' | 'ecs-express',
  cluster: string,
  name: string,
  arn: string,
  desired: number,
): Promise<TestService> {
  await until(async () => {
    const { serviceDeployments: all } = await ecs<{ serviceDeployments: { status: string }[] }>(
      cloud,
      'ListServiceDeployments',
      { cluster, service: name },
    );
    return desired === 0 || all.some((one) => one.status === 'SUCCESSFUL');
  }, `the first deployment of ${name}`);
  return {
    target,
    name,
    arn,
    url: `http://127.0.0.1:${await portOf(cloud, arn)}`,
    update: target === 'ecs' ? 'UpdateService' : 'UpdateExpressGatewayService',
    images: async () => {
      const tasks = await tasksOf(cloud, cluster, name);
      return [...new Set(tasks.map((task) => task.containers[0]?.imageDigest ?? '?'))];
    },
  };
}

async function portOf(cloud: TestCloud, arn: string): Promise<number> {
  const state = await (await fetch(`${cloud.endpoint}/_cloud/state/ecs`)).text();
  const found = findService(JSON.parse(state), arn);
  if (!found) throw new Error(`${arn} is not in the state of the cloud: ${state.slice(0, 2000)}`);
  return found;
}

/** The port of a service somewhere in the state's JSON. */
function findService(value: unknown, arn: string): number | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const record = value as Record<string, unknown>;
  if (record['arn'] === arn && typeof record['port'] === 'number') return record['port'];
  for (const part of Object.values(record)) {
    const found = findService(part, arn);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** An App Runner service as a {@link TestService}. */
export async function createTestRunner(cloud: TestCloud, name: string, image: string): Promise<TestService> {
  const service = await createRunner(cloud, name, image);
  return {
    target: 'apprunner',
    name,
    arn: service.ServiceArn,
    url: `http://${service.ServiceUrl}`,
    update: 'UpdateService',
    images: async () => {
      const now = await describeRunner(cloud, service.ServiceArn);
      return [now.SourceConfiguration.ImageRepository.ImageIdentifier.split('@')[1] ?? '?'];
    },
  };
}

/** Somebody else's update of a service: another image, and nothing else. */
export async function updateImage(cloud: TestCloud, service: TestService, image: string): Promise<void> {
  if (service.target === 'ecs-express') {
    await ecs(cloud, 'UpdateExpressGatewayService', {
      serviceArn: service.arn,
      primaryContainer: { image, containerPort: 8080, environment: [{ name: 'PORT', value: '8080' }] },
    });
    return;
  }
  if (service.target === 'ecs') {
    await ecs(cloud, 'UpdateService', {
      cluster: CLUSTER,
      service: service.name,
      taskDefinition: service.name,
    });
    return;
  }
  const { SourceConfiguration } = await describeRunner(cloud, service.arn);
  await appRunner(cloud, 'UpdateService', {
    ServiceArn: service.arn,
    SourceConfiguration: {
      ...SourceConfiguration,
      ImageRepository: { ...SourceConfiguration.ImageRepository, ImageIdentifier: image },
    },
  });
}

export const createOn = {
  apprunner: createTestRunner,
  ecs: createEcs,
  'ecs-express': createExpress,
} as const;
