import { type CloudContext, CloudFault, type CloudRequest } from '../../core/service.ts';
import type { LogGroup, LogStore, LogStream } from './store.ts';

export interface Logs {
  readonly context: CloudContext;
  readonly store: LogStore;
}

export const refuse = (code: string, message: string) => new CloudFault(code, message);

/** How an input names a group: by its name, or by its name or ARN. */
interface NamesGroup {
  readonly logGroupName?: string | undefined;
  readonly logGroupIdentifier?: string | undefined;
}

export const groupName = (input: NamesGroup): string | undefined =>
  input.logGroupName ??
  /:log-group:([^:]+)/.exec(input.logGroupIdentifier ?? '')?.[1] ??
  input.logGroupIdentifier;

export function groupOf({ store }: Logs, input: NamesGroup, request: CloudRequest): LogGroup {
  const name = groupName(input);
  if (!name)
    throw refuse('InvalidParameterException', 'Either logGroupName or logGroupIdentifier is required.');
  const group = store.group(request.region, name);
  if (!group) throw refuse('ResourceNotFoundException', 'The specified log group does not exist.');
  return group;
}

export function streamOf(
  logs: Logs,
  input: NamesGroup & { readonly logStreamName: string },
  request: CloudRequest,
): LogStream {
  const stream = groupOf(logs, input, request).streams[input.logStreamName];
  if (!stream) throw refuse('ResourceNotFoundException', 'The specified log stream does not exist.');
  return stream;
}

export function arnOf({ context }: Logs, group: LogGroup): string {
  return `arn:aws:logs:${group.region}:${context.account}:log-group:${group.name}`;
}
