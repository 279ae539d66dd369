import type { DescribeServiceResponse } from '@aws-sdk/client-apprunner';
import type { DescribeLogGroupsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { DescribeTaskDefinitionResponse } from '@aws-sdk/client-ecs';
import type { Reader } from '../../aws/reader.ts';
import type { BackendPlace } from '../config.ts';
import { advice, type Finding, fromError, ok, unknown } from '../finding.ts';
import { appRunnerArn, ecsService } from '../places.ts';
import type { Check } from '../preflight.ts';

/** The app's log: where a failed deployment's last lines are read from. */
export const logs: Check = {
  id: 'logs',
  title: 'Log group',
  applies: ({ backend }) => backend !== undefined,
  async run({ backend }, { aws }) {
    if (!backend) return [];
    try {
      const group = await groupOf(aws, backend);
      if (!group)
        return [
          advice(
            "the app's output goes to no log group that is known",
            'use the log driver awslogs: a failed deployment then shows the last lines',
          ),
        ];
      const answer = await aws.json<DescribeLogGroupsResponse>('logs', 'DescribeLogGroups', {
        logGroupNamePrefix: group,
      });
      return [judgeGroup(group, answer)];
    } catch (error) {
      return [fromError(error, 'logs:DescribeLogGroups', () => unknown('the log group was not found'))];
    }
  },
};

export function judgeGroup(group: string, { logGroups = [] }: DescribeLogGroupsResponse): Finding {
  const found = logGroups.find(({ logGroupName }) => logGroupName === group);
  if (!found)
    return advice(`there is no log group ${group} yet`, 'it comes with the first output of the app');
  if (found.retentionInDays) return ok(`${group} keeps ${found.retentionInDays} days`);
  return advice(
    `${group} keeps everything for ever, and is paid for by the gigabyte`,
    `aws logs put-retention-policy --log-group-name ${group} --retention-in-days 30`,
  );
}

/** App Runner's name: https://docs.aws.amazon.com/apprunner/latest/dg/monitor-cwl.html */
async function groupOf(aws: Reader, backend: BackendPlace): Promise<string | undefined> {
  if (backend.target === 'apprunner') {
    const arn = await appRunnerArn(aws, backend);
    if (!arn) return undefined;
    const { Service: service } = await aws.json<DescribeServiceResponse>('appRunner', 'DescribeService', {
      ServiceArn: arn,
    });
    return `/aws/apprunner/${service?.ServiceName}/${service?.ServiceId}/application`;
  }
  const service = await ecsService(aws, backend);
  if (!service?.taskDefinition) return undefined;
  const { taskDefinition } = await aws.json<DescribeTaskDefinitionResponse>('ecs', 'DescribeTaskDefinition', {
    taskDefinition: service.taskDefinition,
  });
  const containers = taskDefinition?.containerDefinitions ?? [];
  const container = containers.find(({ name }) => name === backend.container) ?? containers[0];
  return container?.logConfiguration?.options?.['awslogs-group'];
}
