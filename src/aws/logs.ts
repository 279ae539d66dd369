import type { FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

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
  const call = jsonClient(SERVICES.logs, settings);
  return {
    async tail(group, { since, limit, streamPrefix }) {
      let lines: string[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < PAGES; page++) {
        const answer: FilterLogEventsResponse = await call<FilterLogEventsResponse>('FilterLogEvents', {
          logGroupName: group,
          startTime: since,
          ...(streamPrefix ? { logStreamNamePrefix: streamPrefix } : {}),
          ...(nextToken ? { nextToken } : {}),
        });
        lines = [...lines, ...(answer.events ?? []).map((event) => event.message ?? '')].slice(-limit);
        nextToken = answer.nextToken;
        if (!nextToken) break;
      }
      return lines;
    },
  };
}
