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
 * The last lines of the streams that began last, oldest first: an instance that failed at its start has said little,
 * and the requests that the old instances go on to log must not push it out.
 * @param lines in the order of time
 */
export function newestStreams(lines: readonly LogLine[], limit: number): string[] {
  const streams = new Map<string, string[]>();
  for (const { stream, message } of lines) streams.set(stream, [...(streams.get(stream) ?? []), message]);
  let chosen: string[] = [];
  for (const messages of [...streams.values()].reverse()) {
    if (chosen.length >= limit) break;
    chosen = [...messages.slice(chosen.length - limit), ...chosen];
  }
  return chosen;
}

export interface LogsApi {
  /**
   * The last `limit` lines of a log group since `since` (milliseconds since the epoch), of the streams that began last.
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
      return newestStreams(lines, limit);
    },
  };
}
