import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { type AwsSettings, clientConfig } from './config.ts';

export interface LogsApi {
  /**
   * The last `limit` lines of a log group since `since` (milliseconds since the epoch), oldest first.
   * At most five pages are read: it is for a person who wants to know why, and a busy log has no end.
   */
  tail(
    group: string,
    options: { since: number; limit: number; streamPrefix?: string | undefined },
  ): Promise<string[]>;
}

const PAGES = 5;

export function logsApi(settings: AwsSettings): LogsApi {
  const client = new CloudWatchLogsClient(clientConfig(settings));
  return {
    async tail(group, { since, limit, streamPrefix }) {
      let lines: string[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < PAGES; page++) {
        const answer = await client.send(
          new FilterLogEventsCommand({
            logGroupName: group,
            startTime: since,
            ...(streamPrefix ? { logStreamNamePrefix: streamPrefix } : {}),
            ...(nextToken ? { nextToken } : {}),
          }),
        );
        lines = [...lines, ...(answer.events ?? []).map((event) => event.message ?? '')].slice(-limit);
        nextToken = answer.nextToken;
        if (!nextToken) break;
      }
      return lines;
    },
  };
}
