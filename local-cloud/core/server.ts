import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Fault, type Faults, WIRE_FAULTS } from './faults.ts';
import { type Refusal, refusalOf } from './guard.ts';
import type { Keys } from './keys.ts';
import { HttpCloudRequest, headersOf, newRequestId, splitUrl } from './request.ts';
import type { LogEntry, RequestLog } from './request-log.ts';
import { route, wantedScope } from './route.ts';
import { jsonWireFault } from './rpc.ts';
import {
  CloudFault,
  type CloudRequest,
  type CloudResponse,
  type RequestNote,
  type Service,
} from './service.ts';
import { authenticate } from './signature/authenticate.ts';
import { diskFull, isDiskFull, type StateFolder } from './state/state-folder.ts';
import { document } from './xml.ts';

export interface ServerParts {
  readonly services: ReadonlyMap<string, Service>;
  /** Names of services by what stands before the dot in their `X-Amz-Target`. */
  readonly targets: ReadonlyMap<string, string>;
  readonly faults: Faults;
  readonly log: RequestLog;
  readonly keys: Keys;
  readonly region: string;
  /** Names that this port answers to besides its own: see core/guard.ts. */
  readonly allowedNames: ReadonlySet<string>;
  /** Milliseconds that every request waits. */
  readonly latency: number;
  now(): number;
  /** Answers below `/_cloud/`; `undefined` for a path that it does not know. */
  control(
    method: string,
    path: string,
    query: URLSearchParams,
    body: () => Promise<Buffer>,
  ): Promise<CloudResponse>;
  /** Where what operations change is kept, if it is. */
  readonly state: StateFolder | undefined;
  say(line: string): void;
  /** What a request waits for before it is served: the saved state, read back. */
  ready(): Promise<void> | undefined;
}

/** Thrown where the connection is to be dropped without an answer. */
class Dropped extends Error {}

/** Status that the log has for a connection dropped before the operation. */
const DROPPED = 599;

/** One HTTP server for all services. */
export function cloudServer(given: Omit<ServerParts, 'targets'>): Server {
  const parts = { ...given, targets: targetsOf(given.services) };
  const handle = (raw: IncomingMessage, response: ServerResponse) => {
    serve(parts, raw, response).catch((error: unknown) => {
      // The client went away, as a rule; what is left is to end the connection.
      if (!isGone(error)) parts.say(`internal error: ${(error as Error).stack ?? String(error)}`);
      response.destroy();
    });
  };
  const server = createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 64 * 1024 }, handle);
  // A body that is waited for with `Expect: 100-continue` is asked for when it is read: a refusal comes before it.
  server.on('checkContinue', handle);
  // Any other expectation is ignored, as S3 does.
  server.on('checkExpectation', handle);
  server.requestTimeout = 0;
  server.on('clientError', (_error, socket) => {
    if (socket.writable)
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
    else socket.destroy();
  });
  return server;
}

const targetsOf = (services: ReadonlyMap<string, Service>): Map<string, string> =>
  new Map([...services].flatMap(([name, { target }]) => (target ? [[target, name] as const] : [])));

export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 1024 }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

async function serve(parts: ServerParts, raw: IncomingMessage, response: ServerResponse): Promise<void> {
  await parts.ready();
  const { path, rawQuery, query } = splitUrl(raw.url ?? '/');
  const headers = headersOf(raw);
  const routed = route(raw.method ?? 'GET', path, query, headers);
  const wanted = wantedScope(headers, parts.targets);
  const refused = refusalOf(
    { host: headers['host'], origin: headers['origin'], site: headers['sec-fetch-site'] },
    parts.allowedNames,
  );
  if (!routed.signed && (path === '/_cloud' || path.startsWith('/_cloud/'))) {
    if (refused) return void (await send(response, refusedControl(refused), raw.method));
    const reader = makeReader(raw, response, path, query, headers);
    await send(
      response,
      await parts.control(raw.method ?? 'GET', path, query, () => reader.body()),
      raw.method,
    );
    return;
  }
  const entry = newEntry(raw.method ?? '', path, routed.service, routed.region ?? parts.region, parts.now());
  parts.log.add(entry);
  const name = (routed.signed && wanted.service) || routed.service;
  const service = parts.services.get(name) ?? absent(name, [...parts.services.keys()]);
  const wire = { answerLost: false };
  const request = new HttpCloudRequest({
    raw,
    proceed: () => proceed(raw, response),
    path,
    query,
    headers,
    route: routed,
    defaultRegion: parts.region,
    entry,
    admit: async (note) => {
      if (note.mutating) parts.state?.requireSpace();
      if (parts.latency > 0) await sleep(parts.latency);
      if (!parts.faults.empty) wire.answerLost = await wireFaults(parts.faults, service, note);
    },
  });
  const check = async () => {
    if (refused && !(refused.status === 403 && service.admitsPage?.(request)))
      throw new CloudFault(refused.code, refused.message, refused.status);
    // A preflight bears the signature of the request that it asks for, and is not judged by it.
    if (routed.claim && raw.method !== 'OPTIONS')
      await authenticate(request, routed.claim, {
        rawQuery,
        wanted,
        service,
        keys: parts.keys,
        now: parts.now(),
      });
  };
  const answer = await answerOf(parts, service, request, entry, check);
  if (answer === undefined) {
    raw.socket.destroy();
    return;
  }
  entry.status = answer.status;
  if (wire.answerLost) {
    entry.answerLost = true;
    if (answer.body instanceof Readable) answer.body.destroy();
    raw.socket.destroy();
    return;
  }
  entry.bytesOut = await send(response, withId(answer, entry.id), raw.method);
  entry.duration = parts.now() - entry.time;
}

/** What the service says, errors included; `undefined` where the connection is to be dropped. */
async function answerOf(
  parts: ServerParts,
  service: Service,
  request: CloudRequest,
  entry: LogEntry,
  check: () => Promise<void>,
): Promise<CloudResponse | undefined> {
  try {
    await check();
    const answer = await service.handle(request);
    // What is acknowledged is kept first.
    if (entry.mutating && answer.status < 400) await parts.state?.commit(service.name);
    return answer;
  } catch (error) {
    if (!(error instanceof Dropped) && !isGone(error))
      return faultAnswer(parts, service, error, request, entry);
    entry.status = DROPPED;
    entry.code = error instanceof Dropped ? 'ConnectionDropped' : 'ClientGone';
    return undefined;
  }
}

const refusedControl = ({ status, code, message }: Refusal): CloudResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ code, error: message }),
});

const newEntry = (method: string, path: string, service: string, region: string, time: number): LogEntry => ({
  id: newRequestId(),
  time,
  service,
  region,
  method,
  path,
  operation: '',
  resource: '',
  mutating: false,
  status: 0,
  iam: [],
  bytesIn: 0,
  bytesOut: 0,
});

/** Leave to send the body, where the client waits for it. */
function proceed(raw: IncomingMessage, response: ServerResponse): void {
  if (/100-continue/i.test(raw.headers.expect ?? '')) response.writeContinue();
}

function makeReader(
  raw: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
  headers: Record<string, string>,
) {
  const routed = { service: '', region: undefined, claim: undefined, signed: false };
  return new HttpCloudRequest({
    raw,
    proceed: () => proceed(raw, response),
    path,
    query,
    headers,
    route: routed,
    defaultRegion: '',
    entry: { bytesIn: 0 } as LogEntry,
    admit: async () => {},
  });
}

function faultAnswer(
  parts: ServerParts,
  service: Service,
  error: unknown,
  request: CloudRequest,
  entry: LogEntry,
): CloudResponse {
  let fault: CloudFault;
  if (error instanceof CloudFault) fault = error;
  else if (isDiskFull(error)) fault = diskFull();
  else if (error instanceof URIError)
    fault = new CloudFault('InvalidURI', "Couldn't parse the specified URI.");
  else {
    parts.say(
      `internal error in ${service.name} ${entry.operation}: ${(error as Error).stack ?? String(error)}`,
    );
    fault = new CloudFault('InternalError', 'We encountered an internal error. Please try again.', 500);
  }
  entry.code = fault.code;
  return service.fault(fault, request);
}

/** @returns true where the answer is to be lost */
async function wireFaults(faults: Faults, service: Service, note: RequestNote): Promise<boolean> {
  const place = { service: service.name, operation: note.operation, resource: note.resource };
  const slow = faults.take(LATENCY, place);
  if (slow) await sleep(Number(slow['ms'] ?? 100));
  const held = faults.take(HOLD, place);
  if (held) await faults.cleared(held);
  const fault = faults.take(ENDING, place);
  if (!fault) return false;
  return happen(fault, service);
}

const LATENCY: ReadonlySet<string> = new Set(['latency']);
const HOLD: ReadonlySet<string> = new Set(['hold']);
const ENDING: ReadonlySet<string> = new Set(
  [...WIRE_FAULTS].filter((kind) => !LATENCY.has(kind) && !HOLD.has(kind)),
);

function happen(fault: Fault, service: Service): boolean {
  switch (fault.kind) {
    case 'reset':
      throw new Dropped();
    case 'reset-after':
      return true;
    case 'throttle':
    case 'denied':
    case 'expired-token':
      throw service.wireFault?.(fault.kind) ?? jsonWireFault(fault.kind);
    default: {
      const code = typeof fault['code'] === 'string' ? fault['code'] : 'InternalError';
      const status = typeof fault['status'] === 'number' ? fault['status'] : 500;
      const message = typeof fault['message'] === 'string' ? fault['message'] : 'A fault that was asked for.';
      throw new CloudFault(code, message, status);
    }
  }
}

function withId(answer: CloudResponse, id: string): CloudResponse {
  return { ...answer, headers: { 'x-amzn-requestid': id, 'x-amz-request-id': id, ...answer.headers } };
}

/** @returns bytes of the body that were sent */
export async function send(
  response: ServerResponse,
  answer: CloudResponse,
  method: string | undefined,
): Promise<number> {
  const { body } = answer;
  const headers: Record<string, string> = { ...answer.headers };
  if (body instanceof Readable) {
    response.writeHead(answer.status, headers);
    if (method === 'HEAD') {
      body.destroy();
      response.end();
      return 0;
    }
    let sent = 0;
    body.on('data', (chunk: Buffer) => {
      sent += chunk.length;
    });
    await pipeline(body, response);
    return sent;
  }
  const bodiless = answer.status === 204 || answer.status === 304;
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  if (!bodiless) headers['content-length'] ??= String(length);
  response.writeHead(answer.status, headers);
  if (method === 'HEAD' || bodiless || length === 0) {
    response.end();
    return 0;
  }
  // A text goes out in one write with the head; a buffer needs two.
  response.end(body, 'utf8');
  return length;
}

const isJson = ({ headers }: CloudRequest): boolean =>
  Boolean(headers['x-amz-target'] || headers['smithy-protocol']);

/** A service that is not here, and a request of an AWS protocol without a signature. */
function absent(name: string, known: readonly string[]): Service {
  return {
    name,
    dialect: (request) => (isJson(request) ? 'json' : 'query'),
    handle: async () => {
      if (name === 'unsigned') {
        throw new CloudFault('MissingAuthenticationTokenException', 'Missing Authentication Token', 400);
      }
      throw new CloudFault(
        'UnknownService',
        `The local cloud has no service ${name}; it has ${known.join(', ')}.`,
        501,
      );
    },
    fault: (error, request) =>
      isJson(request)
        ? {
            status: error.status,
            headers: { 'content-type': 'application/x-amz-json-1.1' },
            body: JSON.stringify({ __type: error.code, message: error.message }),
          }
        : {
            status: error.status,
            headers: { 'content-type': 'application/xml' },
            body: document('Error', { Code: error.code, Message: error.message, RequestId: request.id }),
          },
  };
}

function isGone(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException)?.code;
  return (
    code === 'ECONNRESET' ||
    code === 'EPIPE' ||
    code === 'ERR_STREAM_PREMATURE_CLOSE' ||
    (error as Error)?.message === 'the client went away' ||
    (error as Error)?.message === 'aborted'
  );
}
