import { newRequestId } from '../../../core/request.ts';
import type { Behavior } from '../config.ts';
import type { EventType } from '../functions/associations.ts';
import {
  cookieFields,
  type EventRequest,
  type EventResponse,
  type FunctionEvent,
  headerFields,
  isHidden,
  plainHeaders,
  queryFields,
  queryOf,
  requestHeaders,
  setCookies,
} from '../functions/event.ts';
import { type Result, readResult } from '../functions/result.ts';
import { runFunction } from '../functions/run.ts';
import { canonicalPath } from '../paths.ts';
import { buffered, type OriginAnswer } from './answer.ts';
import type { Served, Viewer } from './deliver.ts';

/** What an edge knows of its distribution and of the functions that it runs. */
export interface EdgeFunctions {
  distribution(): { readonly id: string; readonly arn: string; readonly domain: string };
  /** The code of a function's LIVE stage. */
  code(arn: string): string | undefined;
  log(line: string): void;
}

/** What CloudFront answers where a function failed: the function itself (503), or CloudFront's check of its result (502). */
export class FunctionProblem extends Error {
  readonly status: 502 | 503;
  constructor(status: 502 | 503, message: string) {
    super(message);
    this.status = status;
  }
}

const requestOf = (viewer: Viewer): EventRequest => ({
  method: viewer.method,
  uri: viewer.path,
  querystring: queryFields(viewer.query),
  headers: headerFields(viewer.headers),
  cookies: cookieFields(viewer.headers['cookie']),
});

/** @throws FunctionProblem */
function run(
  functions: EdgeFunctions,
  arn: string,
  eventType: EventType,
  viewer: Viewer,
  response?: EventResponse,
): Result {
  const { id, domain } = functions.distribution();
  const event: FunctionEvent = {
    version: '1.0',
    context: {
      distributionDomainName: domain,
      distributionId: id,
      eventType,
      requestId: newRequestId(),
    },
    viewer: { ip: viewer.ip },
    request: requestOf(viewer),
    ...(response ? { response } : {}),
  };
  const ran = runFunction(functions.code(arn) ?? '', event);
  for (const line of ran.logs) functions.log(`${arn}: ${line}`);
  if (ran.error !== undefined) {
    functions.log(`${arn}: ${ran.error}`);
    throw new FunctionProblem(503, `The CloudFront function could not run: ${ran.error}`);
  }
  const result = readResult(event, ran.output);
  if (result.kind !== 'invalid') return result;
  functions.log(`${arn}: ${result.why}`);
  throw new FunctionProblem(502, `The CloudFront function returned an invalid value: ${result.why}`);
}

/**
 * The request as the behavior's function leaves it, or the answer that the function made. The behavior stays the one that
 * the viewer's own path chose. @throws FunctionProblem
 */
export function atRequest(functions: EdgeFunctions, behavior: Behavior, viewer: Viewer): Viewer | Served {
  const arn = behavior.functions['viewer-request'];
  if (arn === undefined) return viewer;
  const before = requestOf(viewer);
  const result = run(functions, arn, 'viewer-request', viewer);
  if (result.kind === 'response') return generated(result.response);
  if (result.kind === 'invalid') return viewer;
  const { uri, querystring, headers, cookies } = result.request;
  const same = JSON.stringify(querystring) === JSON.stringify(before.querystring);
  const hidden = Object.entries(viewer.headers).filter(([name]) => isHidden(name));
  return {
    ...viewer,
    path: canonicalPath(uri),
    // Left alone, a query stays as it was spelled.
    query: same ? viewer.query : queryOf(querystring),
    headers: { ...Object.fromEntries(hidden), ...requestHeaders(headers, cookies) },
  };
}

function generated(response: EventResponse): Served {
  return {
    answer: {
      ...buffered(response.statusCode, plainHeaders(response.headers), bytesOf(response)),
      ...extras(response),
    },
    outcome: 'FunctionGeneratedResponse',
    age: undefined,
    passing: true,
  };
}

const bytesOf = ({ body = '' }: EventResponse): Buffer =>
  typeof body === 'string'
    ? Buffer.from(body)
    : Buffer.from(body.data, body.encoding === 'base64' ? 'base64' : 'utf8');

const extras = (response: EventResponse): Pick<OriginAnswer, 'cookies' | 'reason'> => ({
  cookies: setCookies(response.cookies),
  ...(response.statusDescription === undefined ? {} : { reason: response.statusDescription }),
});

/**
 * The answer as the behavior's function leaves it. An error, an error page and what a function made are sent as they are:
 * https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/edge-function-restrictions-all.html
 * @throws FunctionProblem
 */
export function atResponse(
  functions: EdgeFunctions,
  behavior: Behavior,
  viewer: Viewer,
  served: Served,
): Served {
  const arn = behavior.functions['viewer-response'];
  const { answer, outcome } = served;
  if (arn === undefined || answer.status >= 400) return served;
  if (outcome === 'Error' || outcome === 'FunctionGeneratedResponse') return served;
  const result = run(functions, arn, 'viewer-response', viewer, {
    statusCode: answer.status,
    headers: headerFields(answer.headers),
    cookies: {},
  });
  if (result.kind !== 'response') return served;
  const { response } = result;
  const made = extras(response);
  const cookies = [...(answer.cookies ?? []), ...(made.cookies ?? [])];
  const headers = plainHeaders(response.headers);
  const kept = { ...answer, ...made, cookies, status: response.statusCode, headers };
  if (response.body === undefined) return { ...served, answer: kept };
  const { size, read } = buffered(200, {}, bytesOf(response));
  return { ...served, answer: { ...kept, size, read } };
}
