import { decodeCbor, encodeCbor } from './cbor.ts';
import { parseForm } from './query.ts';
import {
  CloudFault,
  type CloudRequest,
  type CloudResponse,
  type Service,
  type WireFault,
} from './service.ts';
import { isObject, type Reading, type Shape, violationText, WrongType } from './shape.ts';
import { document, elements, type XmlValue } from './xml.ts';

/** One operation of an RPC service. Make it with `operation(…)`, so that the handler's input has its shape's type. */
export interface Operation {
  readonly input: Shape<unknown>;
  readonly mutating: boolean;
  /** IAM actions; left out, `<iam prefix>:<operation>`. */
  readonly iam?: readonly string[] | undefined;
  resource(input: unknown, request: CloudRequest): string | undefined;
  /** @returns the output's members: dates, bytes and `undefined` are written as the protocol has them */
  handle(input: unknown, request: CloudRequest): unknown;
}

export interface OperationSpec<I> {
  readonly input: Shape<I>;
  readonly mutating?: boolean;
  readonly iam?: readonly string[];
  readonly resource?: (input: I, request: CloudRequest) => string | undefined;
  readonly handle: (input: I, request: CloudRequest) => unknown;
}

export function operation<I>(spec: OperationSpec<I>): Operation {
  return {
    input: spec.input,
    mutating: spec.mutating ?? false,
    iam: spec.iam,
    resource: (input, request) => spec.resource?.(input as I, request),
    handle: (input, request) => spec.handle(input as I, request),
  };
}

export interface RpcSpec {
  /** Signing name. */
  readonly name: string;
  /** What stands before the dot in `X-Amz-Target`, and in a CBOR path. Empty: the service has no JSON protocol. */
  readonly target: string;
  readonly jsonVersion?: '1.0' | '1.1';
  /** The service also speaks the Query protocol, with this XML namespace. */
  readonly queryNamespace?: string;
  /** The service also speaks Smithy RPC v2 CBOR. */
  readonly cbor?: boolean;
  /** Error code of an input that breaks its shape's rules; default `ValidationException`. */
  readonly invalidCode?: string;
  /** Members whose values are not told where they break a rule. */
  readonly untold?: readonly string[];
  /** Before the colon in IAM actions, where it is not the signing name. */
  readonly iamPrefix?: string;
  readonly operations: Readonly<Record<string, Operation>>;
}

type Protocol = 'json' | 'cbor' | 'query';

interface Call {
  readonly operation: string;
  readonly input: unknown;
  readonly texts: boolean;
}

/** The `Service` members of an RPC service; spread it and add `save`, `load`, `close`. */
export function rpcService(spec: RpcSpec): Service {
  return {
    name: spec.name,
    target: spec.target || undefined,
    dialect: (request) => (protocolOf(request, spec) === 'query' ? 'query' : 'json'),
    operations: Object.keys(spec.operations),
    async handle(request) {
      const protocol = protocolOf(request, spec);
      if (!request.signed && !UNSIGNED.has(spec.name)) {
        throw new CloudFault('MissingAuthenticationTokenException', 'Missing Authentication Token', 400);
      }
      const call = await readCall(protocol, request, spec);
      const op = Object.hasOwn(spec.operations, call.operation) ? spec.operations[call.operation] : undefined;
      if (!op) throw unknownOperation(protocol, call.operation, spec);
      const input = readInput(op, call, spec);
      await request.enter({
        operation: call.operation,
        resource: op.resource(input, request),
        mutating: op.mutating,
        iam: op.iam ?? [`${spec.iamPrefix ?? spec.name}:${call.operation}`],
      });
      return answer(protocol, call.operation, await op.handle(input, request), request, spec);
    },
    fault: (error, request) => errorAnswer(protocolOf(request, spec), error, request, spec),
    wireFault: jsonWireFault,
  };
}

/** STS takes two operations without a signature. */
const UNSIGNED: ReadonlySet<string> = new Set(['sts']);

function protocolOf(request: CloudRequest, spec: RpcSpec): Protocol {
  if (spec.cbor && request.headers['smithy-protocol'] === 'rpc-v2-cbor') return 'cbor';
  if (request.headers['x-amz-target']) return 'json';
  return spec.queryNamespace ? 'query' : 'json';
}

async function readCall(protocol: Protocol, request: CloudRequest, spec: RpcSpec): Promise<Call> {
  if (protocol === 'query') return readQueryCall(request);
  if (protocol === 'cbor') {
    const match = /^\/service\/([^/]+)\/operation\/([^/]+)$/.exec(request.rawPath);
    if (request.method !== 'POST' || match?.[1] !== spec.target) {
      throw new CloudFault('UnknownOperationException', `There is no operation at ${request.rawPath}`, 404);
    }
    return { operation: match[2] ?? '', input: readCbor(await request.body()), texts: false };
  }
  const target = request.headers['x-amz-target'] ?? '';
  const dot = target.lastIndexOf('.');
  const prefix = target.slice(0, Math.max(dot, 0));
  if (
    request.method !== 'POST' ||
    request.rawPath !== '/' ||
    dot < 0 ||
    prefix !== spec.target ||
    !spec.target
  ) {
    throw new CloudFault('UnknownOperationException', '', 400);
  }
  return { operation: target.slice(dot + 1), input: readJson(await request.body()), texts: false };
}

async function readQueryCall(request: CloudRequest): Promise<Call> {
  const form = new URLSearchParams(request.query);
  if (request.method === 'POST') {
    for (const [name, value] of new URLSearchParams((await request.body()).toString('utf8')))
      form.append(name, value);
  } else if (request.method !== 'GET') {
    throw new CloudFault('MethodNotAllowed', `${request.method} is not allowed`, 405);
  }
  const name = form.get('Action');
  if (!name) throw new CloudFault('MissingAction', 'Could not find operation: no Action was given', 400);
  return { operation: name, input: parseForm(form), texts: true };
}

function readJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new CloudFault('SerializationException', 'The body is not valid JSON', 400);
  }
}

function readCbor(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    return decodeCbor(body);
  } catch (error) {
    throw new CloudFault(
      'SerializationException',
      `The body is not valid CBOR: ${(error as Error).message}`,
      400,
    );
  }
}

function readInput(op: Operation, call: Call, spec: RpcSpec): unknown {
  const reading: Reading = { texts: call.texts, violations: [] };
  let input: unknown;
  try {
    input = op.input.read(call.input, '', reading);
  } catch (error) {
    if (!(error instanceof WrongType)) throw error;
    throw new CloudFault(call.texts ? 'MalformedInput' : 'SerializationException', error.message, 400);
  }
  if (reading.violations.length > 0) {
    throw new CloudFault(
      spec.invalidCode ?? 'ValidationException',
      violationText(reading.violations, spec.untold),
      400,
    );
  }
  return input;
}

function unknownOperation(protocol: Protocol, name: string, spec: RpcSpec): CloudFault {
  if (protocol === 'query') return new CloudFault('InvalidAction', `Could not find operation ${name}`, 400);
  return new CloudFault(
    'UnknownOperationException',
    `The local cloud has no operation ${name} of ${spec.name}`,
    protocol === 'cbor' ? 404 : 400,
  );
}

function answer(
  protocol: Protocol,
  name: string,
  output: unknown,
  request: CloudRequest,
  spec: RpcSpec,
): CloudResponse {
  const members = (output ?? {}) as Record<string, unknown>;
  if (protocol === 'cbor') {
    return {
      status: 200,
      headers: { 'content-type': 'application/cbor', 'smithy-protocol': 'rpc-v2-cbor' },
      body: encodeCbor(members),
    };
  }
  if (protocol === 'query') {
    const xml = document(
      `${name}Response`,
      { [`${name}Result`]: queryValue(members), ResponseMetadata: { RequestId: request.id } },
      spec.queryNamespace,
    );
    return { status: 200, headers: { 'content-type': 'text/xml' }, body: xml };
  }
  return { status: 200, headers: jsonHeaders(spec), body: JSON.stringify(members, jsonValue) };
}

const jsonHeaders = (spec: RpcSpec) => ({
  'content-type': `application/x-amz-json-${spec.jsonVersion ?? '1.1'}`,
});

/** Dates are epoch seconds, bytes are base64. `this[key]`, because a date's own toJSON runs before a replacer. */
function jsonValue(this: unknown, key: string, value: unknown): unknown {
  const original = (this as Record<string, unknown>)[key];
  if (original instanceof Date) return original.getTime() / 1000;
  if (original instanceof Uint8Array) return Buffer.from(original).toString('base64');
  return value;
}

function queryValue(value: unknown): XmlValue {
  if (Array.isArray(value)) return { member: value.map(queryValue) };
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (isObject(value) && !(value instanceof Date)) {
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, queryValue(item)]));
  }
  return value as XmlValue;
}

function errorAnswer(
  protocol: Protocol,
  error: CloudFault,
  request: CloudRequest,
  spec: RpcSpec,
): CloudResponse {
  const sender = error.status < 500 ? 'Sender' : 'Receiver';
  if (protocol === 'query') {
    const body = elements({
      Error: { Type: sender, Code: error.code, Message: error.message, ...error.extra },
      RequestId: request.id,
    });
    const ns = spec.queryNamespace ? ` xmlns="${spec.queryNamespace}"` : '';
    return {
      status: error.status,
      headers: { 'content-type': 'text/xml', ...error.headers },
      body: `<ErrorResponse${ns}>${body}</ErrorResponse>`,
    };
  }
  // A service that once spoke Query only tells its old error codes in this header.
  const compatible = spec.queryNamespace ? { 'x-amzn-query-error': `${error.code};${sender}` } : {};
  const members = { __type: error.code, message: error.message, ...error.extra };
  if (protocol === 'cbor') {
    return {
      status: error.status,
      headers: {
        'content-type': 'application/cbor',
        'smithy-protocol': 'rpc-v2-cbor',
        ...compatible,
        ...error.headers,
      },
      body: encodeCbor(members),
    };
  }
  return {
    status: error.status,
    headers: { ...jsonHeaders(spec), 'x-amzn-errortype': error.code, ...compatible, ...error.headers },
    body: JSON.stringify(members),
  };
}

/** How the AWS JSON services say it. */
export function jsonWireFault(kind: WireFault): CloudFault {
  if (kind === 'throttle') return new CloudFault('ThrottlingException', 'Rate exceeded', 400);
  if (kind === 'denied') {
    return new CloudFault('AccessDeniedException', 'User is not authorized to perform this action', 400);
  }
  return new CloudFault(
    'ExpiredTokenException',
    'The security token included in the request is expired',
    400,
  );
}
