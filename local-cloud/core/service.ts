import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';

/** One request as a service sees it: routed by the service name in its signature, body not yet read. */
export interface CloudRequest {
  /** Request id, as the answer's header and the request log have it. */
  readonly id: string;
  readonly method: string;
  /** Path as it came, still percent-encoded, without the query. */
  readonly rawPath: string;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string>>;
  /** From the signature: region and access key; the defaults where the request is not signed. */
  readonly region: string;
  readonly accessKey: string | undefined;
  readonly host: string;
  /** The whole body, decoded from `aws-chunked` where it was sent so. */
  body(): Promise<Buffer>;
  readonly raw: IncomingMessage;
  /** What the request log should say of it; the service fills it in as soon as it knows. */
  note(entry: RequestNote): void;
}

export interface RequestNote {
  /** `PutObject`, `UpdateService`, … */
  readonly operation?: string;
  /** The ARN, `bucket/key`, or name that it is about. */
  readonly resource?: string;
  /** True where the operation, if it succeeds, changes something. */
  readonly mutating?: boolean;
  /** IAM actions that AWS would ask for, such as `s3:PutObject`. */
  readonly iam?: readonly string[];
}

export interface CloudResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | Readable;
}

/** One AWS service. `name` is its signing name: `s3`, `apprunner`, `ecr`, `monitoring`, … */
export interface Service {
  readonly name: string;
  handle(request: CloudRequest): Promise<CloudResponse>;
  /** An error in the service's own protocol: JSON with `__type`, REST-XML, Query or CBOR. */
  fault(error: CloudFault, request: CloudRequest): CloudResponse;
  /** State that survives a restart with `--state`, as JSON; and its return. */
  save?(): unknown;
  load?(state: unknown): Promise<void> | void;
  /** Stops processes and servers of its own. */
  close?(): Promise<void>;
}

/** What AWS would answer: its error code, HTTP status and message; `extra` goes into the error's body. */
export class CloudFault extends Error {
  readonly code: string;
  readonly status: number;
  readonly extra: Readonly<Record<string, string>>;

  constructor(code: string, message: string, status = 400, extra: Readonly<Record<string, string>> = {}) {
    super(message);
    this.name = 'CloudFault';
    this.code = code;
    this.status = status;
    this.extra = extra;
  }
}

/** What all services share. */
export interface CloudContext {
  readonly account: string;
  readonly region: string;
  /** Base address of the cloud, `http://127.0.0.1:4566`; known once it listens. */
  endpoint(): string;
  /** Folder for blobs and unpacked images: `--state DIR`, or a temporary one that goes with the process. */
  readonly dataDir: string;
  /** Divides every wait that AWS would make (health interval, provisioning, bake); 1 is AWS's own pace. */
  readonly speed: number;
  now(): number;
  log(line: string): void;
  /** The service by its name, for what AWS services do to one another (App Runner pulls from ECR). */
  service<T extends Service>(name: string): T;
  /** Faults that were asked for and apply to this service now; see core/faults.ts. */
  fault(service: string, kind: string): { readonly [field: string]: unknown } | undefined;
}
