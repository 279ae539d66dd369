import type {
  DescribeExpressGatewayServiceResponse,
  DescribeServiceDeploymentsResponse,
  DescribeServiceRevisionsResponse,
  DescribeServicesResponse,
  DescribeTaskDefinitionResponse,
  DescribeTasksResponse,
  ECSExpressGatewayService,
  ListServiceDeploymentsResponse,
  ListTasksResponse,
  RegisterTaskDefinitionRequest,
  RegisterTaskDefinitionResponse,
  RunTaskRequest,
  RunTaskResponse,
  Service,
  ServiceDeployment,
  ServiceDeploymentBrief,
  ServiceDeploymentStatus,
  ServiceRevision,
  Tag,
  Task,
  TaskDefinition,
  UpdateExpressGatewayServiceRequest,
  UpdateExpressGatewayServiceResponse,
  UpdateServiceRequest,
  UpdateServiceResponse,
} from '@aws-sdk/client-ecs';
import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

export type {
  ContainerDefinition,
  ECSExpressGatewayService,
  NetworkConfiguration,
  RegisterTaskDefinitionRequest,
  RunTaskRequest,
  Service as EcsService,
  Task as EcsTask,
  TaskDefinition,
  UpdateServiceRequest,
} from '@aws-sdk/client-ecs';

/** Tasks that one DescribeTasks takes, and one page of ListTasks holds. */
const TASK_PAGE = 100;

/**
 * ECS, as far as a deployment needs it. All methods reject with the SDK's error, after its retries. Dates in answers are
 * numbers of seconds since the epoch, whatever the SDK's types say: see json-client.ts.
 */
export interface EcsApi {
  /** `undefined` where there is no such service in the cluster. */
  service(cluster: string, name: string): Promise<Service | undefined>;
  updateService(input: UpdateServiceRequest): Promise<Service>;
  taskDefinition(arn: string): Promise<{ definition: TaskDefinition; tags: Tag[] }>;
  /** @returns its ARN. */
  registerTaskDefinition(input: RegisterTaskDefinitionRequest): Promise<string>;
  /** Makes a revision INACTIVE: what runs of it goes on, and nothing new starts from it. */
  deregisterTaskDefinition(arn: string): Promise<void>;
  /** The newest service deployments (of the last 90 days), at most 20. */
  deployments(
    cluster: string,
    service: string,
    status?: readonly ServiceDeploymentStatus[],
  ): Promise<ServiceDeploymentBrief[]>;
  deployment(arn: string): Promise<ServiceDeployment | undefined>;
  revision(arn: string): Promise<ServiceRevision | undefined>;
  stopDeployment(arn: string): Promise<void>;
  /** Answers a PAUSE hook. */
  continueDeployment(arn: string, hookId: string, action: 'CONTINUE' | 'ROLLBACK'): Promise<void>;
  /** Tasks of a service, those that are to run or those that stopped in the last hour. */
  tasksOf(cluster: string, service: string, desired: 'RUNNING' | 'STOPPED'): Promise<Task[]>;
  task(cluster: string, arn: string): Promise<Task | undefined>;
  /** Starts one task. @returns it, or why it could not be placed. */
  runTask(input: RunTaskRequest): Promise<{ task: Task | undefined; failure: string }>;
  stopTask(cluster: string, arn: string, reason: string): Promise<void>;
  express(arn: string): Promise<ECSExpressGatewayService | undefined>;
  /** @returns ARN of the service revision that the update makes. */
  updateExpress(input: UpdateExpressGatewayServiceRequest): Promise<string | undefined>;
}

export function ecsApi(settings: AwsSettings): EcsApi {
  const call = jsonClient(SERVICES.ecs, settings);
  return {
    async service(cluster, name) {
      const answer = await call<DescribeServicesResponse>('DescribeServices', {
        cluster,
        services: [name],
        include: ['TAGS'],
      });
      return answer.services?.[0];
    },
    async updateService(input) {
      return (await call<UpdateServiceResponse>('UpdateService', input)).service ?? {};
    },
    async taskDefinition(arn) {
      const answer = await call<DescribeTaskDefinitionResponse>('DescribeTaskDefinition', {
        taskDefinition: arn,
        include: ['TAGS'],
      });
      return { definition: answer.taskDefinition ?? {}, tags: answer.tags ?? [] };
    },
    async registerTaskDefinition(input) {
      const answer = await call<RegisterTaskDefinitionResponse>('RegisterTaskDefinition', input);
      return answer.taskDefinition?.taskDefinitionArn ?? '';
    },
    async deregisterTaskDefinition(arn) {
      await call('DeregisterTaskDefinition', { taskDefinition: arn });
    },
    async deployments(cluster, service, status) {
      const answer = await call<ListServiceDeploymentsResponse>('ListServiceDeployments', {
        cluster,
        service,
        maxResults: 20,
        ...(status ? { status } : {}),
      });
      return answer.serviceDeployments ?? [];
    },
    async deployment(arn) {
      const answer = await call<DescribeServiceDeploymentsResponse>('DescribeServiceDeployments', {
        serviceDeploymentArns: [arn],
      });
      return answer.serviceDeployments?.[0];
    },
    async revision(arn) {
      const answer = await call<DescribeServiceRevisionsResponse>('DescribeServiceRevisions', {
        serviceRevisionArns: [arn],
      });
      return answer.serviceRevisions?.[0];
    },
    async stopDeployment(arn) {
      await call('StopServiceDeployment', { serviceDeploymentArn: arn, stopType: 'ROLLBACK' });
    },
    async continueDeployment(arn, hookId, action) {
      await call('ContinueServiceDeployment', { serviceDeploymentArn: arn, hookId, action });
    },
    async tasksOf(cluster, service, desired) {
      const arns: string[] = [];
      let nextToken: string | undefined;
      do {
        const page: ListTasksResponse = await call<ListTasksResponse>('ListTasks', {
          cluster,
          serviceName: service,
          desiredStatus: desired,
          maxResults: TASK_PAGE,
          ...(nextToken ? { nextToken } : {}),
        });
        arns.push(...(page.taskArns ?? []));
        nextToken = page.nextToken;
      } while (nextToken);
      const tasks: Task[] = [];
      for (let i = 0; i < arns.length; i += TASK_PAGE) {
        const answer = await call<DescribeTasksResponse>('DescribeTasks', {
          cluster,
          tasks: arns.slice(i, i + TASK_PAGE),
        });
        tasks.push(...(answer.tasks ?? []));
      }
      return tasks;
    },
    async task(cluster, arn) {
      return (await call<DescribeTasksResponse>('DescribeTasks', { cluster, tasks: [arn] })).tasks?.[0];
    },
    async runTask(input) {
      const answer = await call<RunTaskResponse>('RunTask', input);
      const failure = (answer.failures ?? []).map((f) => [f.reason, f.detail].filter(Boolean).join(': '));
      return { task: answer.tasks?.[0], failure: failure.join('; ') };
    },
    async stopTask(cluster, arn, reason) {
      await call('StopTask', { cluster, task: arn, reason });
    },
    async express(arn) {
      const answer = await call<DescribeExpressGatewayServiceResponse>('DescribeExpressGatewayService', {
        serviceArn: arn,
      });
      return answer.service;
    },
    async updateExpress(input) {
      const answer = await call<UpdateExpressGatewayServiceResponse>('UpdateExpressGatewayService', input);
      return answer.service?.targetConfiguration?.serviceRevisionArn;
    },
  };
}
