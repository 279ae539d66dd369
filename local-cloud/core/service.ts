import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import type { CloudFault } from './fault.ts';
import type { Keys } from './keys.ts';
import type { Dialect } from './signature/faults.ts';
import type { Holder } from './signature/verify.ts';
import type { Pieces } from './state/pieces.ts';

export { CloudFault } from './fault.ts';

/** One request as a service sees it: routed by the service name in its signature, body not yet read. */
export interface CloudRequest {
  /** Request id, as the answer's header and the request log have it. */
  readonly id: string;
  readonly method: string;
  /** Path as it came, still percent-encoded, without the query. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  /** Names in lower case; a name that came twice has its values joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** From the signature; the default where the request is not signed. */
  readonly region: string;
  /** True where a signature came with it, in the header or in the query; by then it has been verified. */
  readonly signed: boolean;
  /** Whose key signed it; `undefined` where it is not signed. */
  readonly holder: Holder | undefined;
  readonly host: string;
  /** The whole body in memory, decoded from `aws-chunked` where it was sent so. */
  body(): Promise<Buffer>;
  /** The body as it arrives, decoded likewise. To be read once, and not together with `body()`. */
  stream(): Readable;
  /** Checksum trailers of an `aws-chunked` body, names in lower case; complete once the body was read. */
  readonly trailers: Readonly<Record<string, string>>;
  readonly raw: IncomingMessage;
  /**
   * Names the operation, for the request log, and lets the faults on the wire happen: call it as soon as operation and
   * resource are known and before anything is changed.
   * @throws CloudFault, or ends the connection, where a fault was asked for
   */
  enter(entry: RequestNote): Promise<void>;
  /** Corrects what `enter` said, without faults (a resource that is known later). */
  note(entry: Partial<RequestNote>): void;
}

export interface RequestNote {
  /** `PutObject`, `UpdateService`, … */
  readonly operation: string;
  /** The ARN, `bucket/key`, or name that it is about. */
  readonly resource?: string | undefined;
  /** What it reads apart from that: the source of a copy. */
  readonly source?: string | undefined;
  /** True where the operation, if it succeeds, changes something. */
  readonly mutating?: boolean | undefined;
  /** IAM actions that AWS would ask for, such as `s3:PutObject`. */
  readonly iam?: readonly string[] | undefined;
}

export interface CloudResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
}

/** Faults that come from outside of an operation; each service says them with codes of its own. */
export type WireFault = 'throttle' | 'denied' | 'expired-token';

/** One AWS service. `name` is its signing name: `s3`, `apprunner`, `ecr`, `monitoring`, … */
export interface Service {
  readonly name: string;
  /** Names of all operations that it has: what `GET /_cloud/` tells, and what conformance holds it to. */
  readonly operations?: readonly string[];
  /** What stands before the dot in its `X-Amz-Target`, where it speaks a JSON protocol. */
  readonly target?: string | undefined;
  handle(request: CloudRequest): Promise<CloudResponse>;
  /** In whose words it says what is wrong with a signature; left out, those of the JSON services. */
  dialect?(request: CloudRequest): Dialect;
  /** An error in the service's own protocol: JSON with `__type`, REST-XML, Query or CBOR. */
  fault(error: CloudFault, request: CloudRequest): CloudResponse;
  /** The service's own words for a fault on the wire; left out, those of the AWS JSON services. */
  wireFault?(kind: WireFault): CloudFault;
  /** Whether a page of another site may make this request, as a bucket's CORS configuration can say; else none may. */
  admitsPage?(request: CloudRequest): boolean;
  /** State that survives a restart with `--state`, in pieces; else `save` and `load` have it as a whole. */
  readonly pieces?: Pieces;
  save?(): unknown;
  load?(state: unknown): Promise<void> | void;
  /** What `GET /_cloud/state` tells of this service; left out, it is what `save` gives. */
  inspect?(): unknown;
  /**
   * What the control API has below `/_cloud/<service>/`.
   * @param what verb and name, such as `POST container-instances`
   * @returns `undefined` where there is no such thing
   */
  control?(what: string, body: Buffer): CloudResponse | undefined;
  /** Called once all services are loaded and the cloud listens. */
  start?(): Promise<void> | void;
  /** Stops processes and servers of its own. */
  close?(): Promise<void>;
}

/** What all services share. */
export interface CloudContext {
  readonly account: string;
  /** Region of a request that names none. */
  readonly region: string;
  /** Base address of the cloud, `http://127.0.0.1:4566`; known once it listens. */
  endpoint(): string;
  /** Folder for blobs and unpacked images: `--state DIR`, or a temporary one that goes with the process. */
  readonly dataDir: string;
  /** True where `dataDir` outlives the process (`--state`). */
  readonly durable: boolean;
  /** Divides every wait that AWS would make (health interval, provisioning, bake); 1 is AWS's own pace. */
  readonly speed: number;
  /** Whether images may run in a container engine, where one answers. */
  readonly engine: boolean;
  now(): number;
  /** What this cloud issues: key pairs of sessions, tokens of the registry. */
  readonly keys: Keys;
  log(line: string): void;
  /** The service by its name, for what AWS services do to one another (App Runner pulls from ECR). */
  service<T extends Service>(name: string): T;
  /**
   * A fault of a service's own kind that applies now (`unhealthy`, `stuck`, …), and counts it as used; see core/faults.ts.
   * @param resource ARN or name; a fault that names a resource applies where this contains it
   */
  fault(
    service: string,
    kind: string,
    resource?: string,
    operation?: string,
  ): { readonly [field: string]: unknown } | undefined;
  /** To be called when a service changed outside of a request (a timer, a process): its state is saved soon. */
  changed(service: string): void;
}

/** Makes one service: one line each in services/index.ts. */
export type ServiceFactory = (context: CloudContext) => Service;
