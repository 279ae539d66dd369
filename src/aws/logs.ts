import type { FilterLogEventsResponse } from '@aws-sdk/client-cloudwatch-logs';
import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

/** A line of a log, with the stream (the instance or task) that wrote it. */
export interface LogLine {
  readonly stream: string;
  readonly message: string;
}

/**
 * The last lines of the stream that began last, oldest first: an instance that failed at its start has said little, and
 * the requests that the old instances go on to log must not bury it.
 * @param lines in the order of time
 */
export function newestStream(lines: readonly LogLine[], limit: number): string[] {
  const streams = new Map<string, string[]>();
  for (const { stream, message } of lines) {
    const said = streams.get(stream);
    if (said) said.push(message);
    else streams.set(stream, [message]);
  }
  return [...streams.values()].at(-1)?.slice(-limit) ?? [];
}

export interface LogsApi {
  /**
   * The last `limit` lines of a log group since `since` (milliseconds since the epoch), of the stream that began last.
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
      const lines: LogLine[] = [];
      let nextToken: string | undefined;
      for (let page = 0; page < PAGES; page++) {
        const answer: FilterLogEventsResponse = await call<FilterLogEventsResponse>('FilterLogEvents', {
          logGroupName: group,
          startTime: since,
          ...(streamPrefix ? { logStreamNamePrefix: streamPrefix } : {}),
          ...(nextToken ? { nextToken } : {}),
        });
        for (const event of answer.events ?? [])
          lines.push({ stream: event.logStreamName ?? '', message: event.message ?? '' });
        nextToken = answer.nextToken;
        if (!nextToken) break;
      }
      return newestStream(lines, limit);
    },
  };
}
