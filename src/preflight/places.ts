import type { ListServicesResponse } from '@aws-sdk/client-apprunner';
import type { DescribeServicesResponse, Service } from '@aws-sdk/client-ecs';
import type { Reader } from '../aws/reader.ts';
import type { BackendPlace } from './config.ts';

/** ARN of an App Runner service that may be given by name; `undefined` where there is none of that name. */
export async function appRunnerArn(aws: Reader, backend: BackendPlace): Promise<string | undefined> {
  if (backend.arn) return backend.arn;
  let NextToken: string | undefined;
  do {
    const page: ListServicesResponse = await aws.json<ListServicesResponse>('appRunner', 'ListServices', {
      MaxResults: 20,
      ...(NextToken ? { NextToken } : {}),
    });
    const found = page.ServiceSummaryList?.find(({ ServiceName }) => ServiceName === backend.name);
    if (found) return found.ServiceArn;
    NextToken = page.NextToken;
  } while (NextToken);
  return undefined;
}

/** An ECS service, of either kind. */
export async function ecsService(aws: Reader, backend: BackendPlace): Promise<Service | undefined> {
  const answer = await aws.json<DescribeServicesResponse>('ecs', 'DescribeServices', {
    cluster: backend.cluster ?? 'default',
    services: [backend.arn ?? backend.name],
    include: ['TAGS'],
  });
  return answer.services?.[0];
}
