import type {
  CreateAutoScalingConfigurationResponse,
  DescribeAutoScalingConfigurationResponse,
  DescribeServiceResponse,
  ListOperationsResponse,
  ListServicesResponse,
  ListTagsForResourceResponse,
  OperationSummary,
  Service,
  StartDeploymentResponse,
  Tag,
  UpdateServiceCommandInput,
  UpdateServiceResponse,
} from '@aws-sdk/client-apprunner';
import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

export type {
  OperationSummary,
  Service as AppRunnerService,
  UpdateServiceCommandInput as AppRunnerUpdate,
} from '@aws-sdk/client-apprunner';

export interface ScalingNumbers {
  readonly min: number;
  readonly max: number;
  readonly concurrency: number;
}

/** App Runner, as far as a deployment needs it. All methods reject with the SDK's error, after its retries. */
export interface AppRunnerApi {
  describe(arn: string): Promise<Service>;
  /** ARN of the service with this name, which is unique in a region of an account. */
  findByName(name: string): Promise<string | undefined>;
  tags(arn: string): Promise<readonly Tag[]>;
  /** The newest operations first, at most 20 (the API's own limit for a page). */
  operations(arn: string): Promise<OperationSummary[]>;
  update(input: UpdateServiceCommandInput): Promise<{ operationId: string }>;
  /** Starts what the service runs anew. */
  redeploy(arn: string): Promise<{ operationId: string }>;
  scaling(configurationArn: string): Promise<ScalingNumbers>;
  /** A new revision of the named auto-scaling configuration. @returns its ARN. */
  createScaling(name: string, numbers: ScalingNumbers): Promise<string>;
}

export function appRunnerApi(settings: AwsSettings): AppRunnerApi {
  const call = jsonClient(SERVICES.appRunner, settings);
  return {
    async describe(arn) {
      const { Service } = await call<DescribeServiceResponse>('DescribeService', { ServiceArn: arn });
      if (!Service) throw new Error(`DescribeService answered without a service for ${arn}`);
      return Service;
    },
    async findByName(name) {
      let NextToken: string | undefined;
      do {
        const page: ListServicesResponse = await call<ListServicesResponse>('ListServices', {
          MaxResults: 20,
          ...(NextToken ? { NextToken } : {}),
        });
        const found = page.ServiceSummaryList?.find((service) => service.ServiceName === name);
        if (found?.ServiceArn) return found.ServiceArn;
        NextToken = page.NextToken;
      } while (NextToken);
      return undefined;
    },
    async tags(ResourceArn) {
      const answer = await call<ListTagsForResourceResponse>('ListTagsForResource', { ResourceArn });
      return answer.Tags ?? [];
    },
    async operations(arn) {
      const answer = await call<ListOperationsResponse>('ListOperations', {
        ServiceArn: arn,
        MaxResults: 20,
      });
      return answer.OperationSummaryList ?? [];
    },
    async update(input) {
      const answer = await call<UpdateServiceResponse>('UpdateService', input);
      return { operationId: answer.OperationId ?? '' };
    },
    async redeploy(arn) {
      const answer = await call<StartDeploymentResponse>('StartDeployment', { ServiceArn: arn });
      return { operationId: answer.OperationId ?? '' };
    },
    async scaling(configurationArn) {
      const { AutoScalingConfiguration: c } = await call<DescribeAutoScalingConfigurationResponse>(
        'DescribeAutoScalingConfiguration',
        { AutoScalingConfigurationArn: configurationArn },
      );
      return { min: c?.MinSize ?? 1, max: c?.MaxSize ?? 25, concurrency: c?.MaxConcurrency ?? 100 };
    },
    async createScaling(name, numbers) {
      const answer = await call<CreateAutoScalingConfigurationResponse>('CreateAutoScalingConfiguration', {
        AutoScalingConfigurationName: name,
        MinSize: numbers.min,
        MaxSize: numbers.max,
        MaxConcurrency: numbers.concurrency,
      });
      return answer.AutoScalingConfiguration?.AutoScalingConfigurationArn ?? '';
    },
  };
}
