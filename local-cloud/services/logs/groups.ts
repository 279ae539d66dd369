import type { CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/logs.ts';
import { page } from '../shapes/page.ts';
import { arnOf, groupName, groupOf, type Logs, refuse } from './find.ts';

const RETENTION = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

export function groupOperations(logs: Logs) {
  const { store, context } = logs;
  const byArn = (arn: string, request: CloudRequest) =>
    groupOf(logs, { logGroupName: /:log-group:([^:]+)/.exec(arn)?.[1] ?? arn }, request);
  return {
    CreateLogGroup: {
      refuses: ['deletionProtectionEnabled'] as const,
      resource: groupName,
      run: (input: Inputs['CreateLogGroup'], request: CloudRequest) => {
        if (store.group(request.region, input.logGroupName))
          throw refuse('ResourceAlreadyExistsException', 'The specified log group already exists');
        const group = store.create(request.region, input.logGroupName, context.now(), input.logGroupClass);
        group.tags = input.tags ?? {};
        if (input.kmsKeyId) group.kmsKeyId = input.kmsKeyId;
      },
    },
    DeleteLogGroup: {
      resource: groupName,
      run: (input: Inputs['DeleteLogGroup'], request: CloudRequest) =>
        store.remove(groupOf(logs, input, request)),
    },
    PutRetentionPolicy: {
      resource: groupName,
      run: (input: Inputs['PutRetentionPolicy'], request: CloudRequest) => {
        const group = groupOf(logs, input, request);
        if (!RETENTION.includes(input.retentionInDays))
          throw refuse(
            'InvalidParameterException',
            `1 validation error detected: Value '${input.retentionInDays}' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: [${RETENTION.join(', ')}]`,
          );
        group.retentionInDays = input.retentionInDays;
      },
    },
    DeleteRetentionPolicy: {
      resource: groupName,
      run: (input: Inputs['DeleteRetentionPolicy'], request: CloudRequest) => {
        delete groupOf(logs, input, request).retentionInDays;
      },
    },
    DescribeLogGroups: {
      refuses: ['accountIdentifiers'] as const,
      resource: (input: Inputs['DescribeLogGroups']) => input.logGroupNamePrefix ?? input.logGroupNamePattern,
      run: (input: Inputs['DescribeLogGroups'], request: CloudRequest) => {
        const names = input.logGroupIdentifiers?.map((id) => /:log-group:([^:]+)/.exec(id)?.[1] ?? id);
        const all = store
          .groups(request.region)
          .filter((g) => !names || names.includes(g.name))
          .filter((g) => g.name.startsWith(input.logGroupNamePrefix ?? ''))
          .filter((g) => g.name.toLowerCase().includes((input.logGroupNamePattern ?? '').toLowerCase()));
        const { items, next } = page(all, input.nextToken, input.limit ?? 50);
        return {
          logGroups: items.map((group) => ({
            logGroupName: group.name,
            creationTime: group.createdAt,
            ...(group.kmsKeyId ? { kmsKeyId: group.kmsKeyId } : {}),
            ...(group.retentionInDays ? { retentionInDays: group.retentionInDays } : {}),
            metricFilterCount: 0,
            arn: `${arnOf(logs, group)}:*`,
            logGroupArn: arnOf(logs, group),
            storedBytes: 0,
            logGroupClass: group.logGroupClass,
          })),
          nextToken: next,
        };
      },
    },
    TagResource: {
      resource: (input: Inputs['TagResource']) => input.resourceArn,
      run: (input: Inputs['TagResource'], request: CloudRequest) => {
        Object.assign(byArn(input.resourceArn, request).tags, input.tags);
      },
    },
    UntagResource: {
      resource: (input: Inputs['UntagResource']) => input.resourceArn,
      run: (input: Inputs['UntagResource'], request: CloudRequest) => {
        const group = byArn(input.resourceArn, request);
        for (const key of input.tagKeys) delete group.tags[key];
      },
    },
    ListTagsForResource: {
      resource: (input: Inputs['ListTagsForResource']) => input.resourceArn,
      run: (input: Inputs['ListTagsForResource'], request: CloudRequest) => ({
        tags: byArn(input.resourceArn, request).tags,
      }),
    },
    ListTagsLogGroup: {
      resource: groupName,
      run: (input: Inputs['ListTagsLogGroup'], request: CloudRequest) => ({
        tags: groupOf(logs, input, request).tags,
      }),
    },
  };
}
