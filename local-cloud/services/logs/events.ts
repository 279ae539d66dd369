import type { CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/logs.ts';
import { page } from '../shapes/page.ts';
import { filterOf } from './filter.ts';
import { arnOf, groupName, groupOf, type Logs, refuse, streamOf } from './find.ts';
import type { LogEvent, LogGroup, LogStream } from './store.ts';

export function streamOperations(logs: Logs) {
  const { store, context } = logs;
  return {
    CreateLogStream: {
      resource: groupName,
      run: (input: Inputs['CreateLogStream'], request: CloudRequest) => {
        const group = groupOf(logs, input, request);
        if (group.streams[input.logStreamName])
          throw refuse('ResourceAlreadyExistsException', 'The specified log stream already exists');
        store.stream(group, input.logStreamName, context.now());
      },
    },
    DeleteLogStream: {
      resource: groupName,
      run: (input: Inputs['DeleteLogStream'], request: CloudRequest) => {
        streamOf(logs, input, request);
        delete groupOf(logs, input, request).streams[input.logStreamName];
      },
    },
    DescribeLogStreams: {
      resource: groupName,
      run: (input: Inputs['DescribeLogStreams'], request: CloudRequest) => {
        const group = groupOf(logs, input, request);
        const byTime = input.orderBy === 'LastEventTime';
        if (byTime && input.logStreamNamePrefix)
          throw refuse(
            'InvalidParameterException',
            'Cannot order by LastEventTime with a logStreamNamePrefix.',
          );
        const all = Object.values(group.streams)
          .filter((s) => s.name.startsWith(input.logStreamNamePrefix ?? ''))
          .sort((a, b) => (byTime ? lastTime(a) - lastTime(b) : a.name < b.name ? -1 : 1));
        if (input.descending) all.reverse();
        const { items, next } = page(all, input.nextToken, input.limit ?? 50);
        return {
          logStreams: items.map((stream) => ({
            logStreamName: stream.name,
            creationTime: stream.createdAt,
            ...(stream.events.length > 0
              ? {
                  firstEventTimestamp: stream.events[0]?.timestamp,
                  lastEventTimestamp: lastTime(stream),
                  lastIngestionTime: stream.events.at(-1)?.ingested,
                }
              : {}),
            uploadSequenceToken: '0',
            arn: `${arnOf(logs, group)}:log-stream:${stream.name}`,
            storedBytes: 0,
          })),
          nextToken: next,
        };
      },
    },
  };
}

const lastTime = (stream: LogStream) => stream.events.at(-1)?.timestamp ?? 0;

/** PutLogEvents refuses what is older than 14 days and more than 2 hours ahead: its documentation, "Constraints". */
const TOO_OLD = 14 * 86_400_000;
const TOO_NEW = 2 * 3_600_000;

export function eventOperations(logs: Logs) {
  const { store, context } = logs;
  return {
    PutLogEvents: {
      resource: groupName,
      run: (input: Inputs['PutLogEvents'], request: CloudRequest) => {
        const stream = streamOf(logs, input, request);
        const now = context.now();
        const events = input.logEvents;
        if (events.some((e, i) => i > 0 && e.timestamp < (events[i - 1]?.timestamp ?? 0)))
          throw refuse(
            'InvalidParameterException',
            'Log events in a single PutLogEvents request must be in chronological order.',
          );
        const old = events.filter((e) => e.timestamp < now - TOO_OLD).length;
        const ahead = events.findIndex((e) => e.timestamp > now + TOO_NEW);
        store.append(stream, events.slice(old, ahead < 0 ? undefined : ahead), now);
        const rejected = {
          ...(old > 0 ? { tooOldLogEventEndIndex: old } : {}),
          ...(ahead >= 0 ? { tooNewLogEventStartIndex: ahead } : {}),
        };
        return {
          nextSequenceToken: '0',
          ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}),
        };
      },
    },
    GetLogEvents: {
      resource: groupName,
      run: (input: Inputs['GetLogEvents'], request: CloudRequest) =>
        getEvents(streamOf(logs, input, request), input),
    },
    FilterLogEvents: {
      resource: groupName,
      run: (input: Inputs['FilterLogEvents'], request: CloudRequest) =>
        filterEvents(groupOf(logs, input, request), input),
    },
  };
}

const within = (input: Pick<Inputs['FilterLogEvents'], 'startTime' | 'endTime'>) => (event: LogEvent) =>
  event.timestamp >= (input.startTime ?? 0) && event.timestamp < (input.endTime ?? Number.POSITIVE_INFINITY);

/** Tokens say where to go on by index: `f/3` forward from the third, `b/3` backward; at an end, they stay the same. */
function getEvents(stream: LogStream, input: Inputs['GetLogEvents']) {
  const all = stream.events.filter(within(input));
  const limit = input.limit ?? 10_000;
  const token = /^([fb])\/(\d+)$/.exec(input.nextToken ?? '');
  if (input.nextToken && !token)
    throw refuse('InvalidParameterException', 'The specified nextToken is invalid.');
  const forward = token ? token[1] === 'f' : (input.startFromHead ?? false);
  const at = token ? Number(token[2]) : forward ? 0 : all.length;
  const start = forward ? at : Math.max(0, at - limit);
  const end = forward ? Math.min(all.length, at + limit) : at;
  return {
    events: all.slice(start, end).map(({ timestamp, message, ingested }) => ({
      timestamp,
      message,
      ingestionTime: ingested,
    })),
    nextForwardToken: `f/${String(end).padStart(20, '0')}`,
    nextBackwardToken: `b/${String(start).padStart(20, '0')}`,
  };
}

function filterEvents(group: LogGroup, input: Inputs['FilterLogEvents']) {
  const matches = filterOf(input.filterPattern);
  if (!matches) throw refuse('InvalidParameterException', 'Invalid filter pattern');
  if (input.logStreamNames && input.logStreamNamePrefix)
    throw refuse('InvalidParameterException', 'logStreamNames and logStreamNamePrefix cannot both be given.');
  for (const name of input.logStreamNames ?? [])
    if (!group.streams[name])
      throw refuse('ResourceNotFoundException', 'The specified log stream does not exist.');
  const all = Object.values(group.streams)
    .filter((s) => (input.logStreamNames ? input.logStreamNames.includes(s.name) : true))
    .filter((s) => s.name.startsWith(input.logStreamNamePrefix ?? ''))
    .flatMap((s) => s.events.filter(within(input)).map((event) => ({ stream: s.name, event })))
    .filter(({ event }) => matches(event.message))
    .sort((a, b) => a.event.timestamp - b.event.timestamp || (a.event.id < b.event.id ? -1 : 1));
  const { items, next } = page(all, input.nextToken, input.limit ?? 10_000);
  return {
    events: items.map(({ stream, event }) => ({
      logStreamName: stream,
      timestamp: event.timestamp,
      message: event.message,
      ingestionTime: event.ingested,
      eventId: event.id,
    })),
    searchedLogStreams: [],
    nextToken: next,
  };
}
