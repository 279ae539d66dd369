import { createHash } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { XMLParser } from 'fast-xml-parser';
import type { Clock } from '../runtime/clock.ts';
import { type AwsSettings, clientConfig } from './config.ts';
import { readAll, Wire } from './http-wire.ts';
import { type JsonService, jsonClient } from './json-client.ts';
import { isRetryable, retryPause, type SentError } from './retry.ts';
import { SERVICES } from './services.ts';
import { EMPTY_SHA256, encodeAll, encodeKey, SigV4 } from './sigv4.ts';

/** An XML answer as plain objects: every value a string, an element that came once no list. */
export type Xml = { readonly [name: string]: Xml | readonly (Xml | string)[] | string | undefined };

export interface XmlAnswer {
  /** Empty where the answer is no XML. */
  readonly xml: Xml;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/**
 * Asks AWS, and changes nothing: an operation that does not begin with Describe, Get, List, BatchGet or Simulate is a
 * bug and throws before anything is sent. All methods reject with an error that `readAwsError` reads.
 */
export interface Reader {
  json<T>(service: JsonServiceName, operation: string, input: object): Promise<T>;
  /** `query` is the sub-resource, such as `versioning`; without one the bucket itself is asked for (HeadBucket). */
  bucket(bucket: string, query: string): Promise<XmlAnswer>;
  /** The bucket policy, a JSON text. */
  bucketPolicy(bucket: string): Promise<string>;
  /** `path` below `/2020-05-31/`. */
  cloudFront(path: string): Promise<XmlAnswer>;
  query(service: 'STS' | 'IAM', action: string, parameters: Readonly<Record<string, string>>): Promise<Xml>;
  /**
   * Whether a write to this key would be let through, without one: a PUT that may only replace an object which is not
   * there. `allowed` where S3 says that it is not there, `ignored` where the server took the condition for nothing (an
   * empty object then exists).
   */
  mayWrite(bucket: string, key: string): Promise<'allowed' | 'ignored'>;
  region(): Promise<string>;
  /** True where an endpoint of one's own stands for AWS. */
  customEndpoint(): Promise<boolean>;
  close(): void;
}

const BUDGETS: JsonService = {
  id: 'Budgets',
  target: 'AWSBudgetServiceGateway',
  version: '1.1',
  signingName: 'budgets',
  host: 'budgets',
};
const JSON_SERVICES = { ...SERVICES, budgets: BUDGETS } as const;
export type JsonServiceName = keyof typeof JSON_SERVICES;

/** CloudFront, IAM and Budgets are one for the world and signed for us-east-1. */
const GLOBAL = 'us-east-1';
const READS = /^(Describe|Get|List|BatchGet|Simulate|Head)/;
const ATTEMPTS = 6;

interface XmlService {
  readonly id: string;
  readonly signingName: string;
  readonly global: boolean;
  host(region: string): string;
}
const XML_SERVICES = {
  S3: { id: 'S3', signingName: 's3', global: false, host: (region) => `s3.${region}.amazonaws.com` },
  CloudFront: {
    id: 'CloudFront',
    signingName: 'cloudfront',
    global: true,
    host: () => 'cloudfront.amazonaws.com',
  },
  STS: { id: 'STS', signingName: 'sts', global: false, host: (region) => `sts.${region}.amazonaws.com` },
  IAM: { id: 'IAM', signingName: 'iam', global: true, host: () => 'iam.amazonaws.com' },
} as const satisfies Record<string, XmlService>;

interface Asked {
  readonly operation: string;
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export function awsReader(settings: AwsSettings, clock: Clock): Reader {
  const xml = new Map<string, Promise<XmlSender>>();
  const sender = (service: XmlService) => {
    const known = xml.get(service.id) ?? XmlSender.open(service, settings, clock);
    xml.set(service.id, known);
    return known;
  };
  const s3 = async (bucket: string, asked: Omit<Asked, 'path'> & { key?: string }) =>
    (await sender(XML_SERVICES.S3)).send({ ...asked, path: `/${bucket}/${encodeKey(asked.key ?? '')}` });
  return {
    json: (name, operation, input) => {
      assertRead(operation);
      const region = name === 'budgets' ? GLOBAL : settings.region;
      return jsonClient(JSON_SERVICES[name], { ...settings, region })(operation, input);
    },
    bucket: (bucket, query) =>
      s3(
        bucket,
        query
          ? { operation: 'Get', method: 'GET', query: `${query}=` }
          : { operation: 'Head', method: 'HEAD' },
      ),
    bucketPolicy: async (bucket) =>
      (await s3(bucket, { operation: 'GetBucketPolicy', method: 'GET', query: 'policy=' })).text,
    cloudFront: async (path) =>
      (await sender(XML_SERVICES.CloudFront)).send({
        operation: 'Get',
        method: 'GET',
        path: `/2020-05-31/${path}`,
      }),
    async query(name, action, parameters) {
      assertRead(action);
      const version = name === 'STS' ? '2011-06-15' : '2010-05-08';
      const body = new URLSearchParams({ Action: action, Version: version, ...parameters }).toString();
      const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
      const answer = await (await sender(XML_SERVICES[name])).send({
        operation: action,
        method: 'POST',
        path: '/',
        headers,
        body,
      });
      return answer.xml;
    },
    async mayWrite(bucket, key) {
      const headers = { 'if-match': '"00000000000000000000000000000000"', 'content-length': '0' };
      try {
        await s3(bucket, { operation: 'PutObject', method: 'PUT', key, headers, body: '' });
        return 'ignored';
      } catch (error) {
        // 404 where there is no such object, 412 where somebody has made one: the write itself was allowed.
        const { name } = error as Error;
        if (name === 'NoSuchKey' || name === 'PreconditionFailed') return 'allowed';
        throw error;
      }
    },
    region: async () => (await sender(XML_SERVICES.S3)).region,
    customEndpoint: async () => (await sender(XML_SERVICES.S3)).custom,
    close: () => {
      for (const one of xml.values()) one.then((open) => open.close()).catch(() => {});
    },
  };
}

function assertRead(operation: string): void {
  if (!READS.test(operation)) throw new Error(`${operation} is not a read, and nothing else is sent here`);
}

/**
 * Services with XML answers, by few and plain requests: the SDK's own clients for S3, CloudFront, STS and IAM weigh
 * more than a megabyte together. The SDK still finds credentials, region and endpoint.
 */
class XmlSender {
  readonly region: string;
  /** True where the endpoint is not AWS's own. */
  readonly custom: boolean;
  readonly #client: SecretsManagerClient;
  readonly #endpoint: URL;
  readonly #signer: SigV4;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #signal: AbortSignal | undefined;

  private constructor(
    client: SecretsManagerClient,
    service: XmlService,
    found: { endpoint: URL; region: string; custom: boolean },
    settings: AwsSettings,
    clock: Clock,
  ) {
    const { endpoint } = found;
    this.region = found.region;
    this.custom = found.custom;
    this.#client = client;
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#signal = settings.signal;
    this.#signer = new SigV4(service.global ? GLOBAL : found.region, service.signingName);
    const protocol = endpoint.protocol === 'http:' ? 'http:' : 'https:';
    this.#wire = new Wire(
      { protocol, hostname: endpoint.hostname, port: Number(endpoint.port) || undefined },
      4,
    );
  }

  static async open(service: XmlService, settings: AwsSettings, clock: Clock): Promise<XmlSender> {
    let custom = false;
    const own = {
      serviceId: service.id,
      endpointProvider: ({ Endpoint, Region = '' }: { Endpoint?: string; Region?: string }) => {
        custom = Endpoint !== undefined;
        return { url: new URL(Endpoint ?? `https://${service.host(Region)}`) };
      },
    };
    const client = new SecretsManagerClient({ ...clientConfig(settings), ...own } as never);
    const parameters = {
      Endpoint: { type: 'builtInParams', name: 'endpoint' },
      Region: { type: 'builtInParams', name: 'region' },
    };
    const supplier = { getEndpointParameterInstructions: () => parameters };
    const { url } = await getEndpointFromInstructions({}, supplier as never, client.config as never);
    return new XmlSender(
      client,
      service,
      { endpoint: new URL(url), region: await client.config.region(), custom },
      settings,
      clock,
    );
  }

  async send(asked: Asked): Promise<XmlAnswer> {
    for (let attempt = 1; ; attempt++) {
      this.#signal?.throwIfAborted();
      try {
        return await this.#sendOnce(asked);
      } catch (error) {
        // 501 says that the endpoint does not know the service: it will not learn it.
        const offered = (error as SentError).$metadata?.httpStatusCode !== 501;
        if (attempt >= ATTEMPTS || !offered || !isRetryable(error as SentError)) throw error;
        await this.#clock.sleep(retryPause(error as SentError, attempt, Math.random()), this.#signal);
      }
    }
  }

  async #sendOnce({ method, path, query = '', headers = {}, body }: Asked): Promise<XmlAnswer> {
    const keys = await this.#client.config.credentials();
    const payload = body ? sha256(body) : EMPTY_SHA256;
    const full = `${this.#endpoint.pathname.replace(/\/$/, '')}${path}`;
    const unsigned = {
      method,
      path: full,
      query,
      headers: { host: this.#endpoint.host, ...headers },
      payload,
    };
    const message = await this.#wire.send({
      method,
      path: query ? `${full}?${query}` : full,
      headers: {
        ...this.#signer.sign(unsigned, keys, this.#clock.now()),
        ...(body ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: this.#signal,
    });
    const text = (await readAll(message)).toString('utf8');
    const xml = parse(text);
    const status = message.statusCode ?? 0;
    if (status >= 300) throw answerError(status, xml, message.headers);
    return { xml, text, headers: message.headers };
  }

  close(): void {
    this.#wire.close();
    this.#client.destroy();
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const parser = new XMLParser({ ignoreAttributes: true, ignoreDeclaration: true, parseTagValue: false });

function parse(text: string): Xml {
  if (!text.trimStart().startsWith('<')) return {};
  const [root] = Object.values(parser.parse(text) as Record<string, Xml | string>);
  return typeof root === 'object' && root !== null ? root : {};
}

/** S3 has the error as the root, CloudFront, IAM and STS below `ErrorResponse`; a HEAD has no body at all. */
function answerError(status: number, xml: Xml, headers: Readonly<Record<string, unknown>>): SentError {
  const error = (typeof xml['Error'] === 'object' ? xml['Error'] : xml) as Xml;
  const code = String(error['Code'] ?? STATUS_CODES[status] ?? `Http${status}`);
  const result = new Error(String(error['Message'] ?? `HTTP ${status}`)) as SentError & { region?: string };
  result.name = code;
  const requestId = headers['x-amz-request-id'] ?? headers['x-amzn-requestid'];
  result.$metadata = { httpStatusCode: status, ...(requestId ? { requestId: String(requestId) } : {}) };
  const region = headers['x-amz-bucket-region'];
  if (region) result.region = String(region);
  return result;
}

/** Names for answers to HEAD, which have no body that says it. */
const STATUS_CODES: Readonly<Record<number, string>> = {
  301: 'PermanentRedirect',
  400: 'BadRequest',
  403: 'AccessDenied',
  404: 'NotFound',
  412: 'PreconditionFailed',
};

/** A list below `name`, whether it came as none, one or several. */
export function xmlList(value: Xml[string], ...names: readonly string[]): Xml[] {
  let at: Xml[string] = value;
  for (const name of names) at = typeof at === 'object' && !Array.isArray(at) ? (at as Xml)[name] : undefined;
  if (at === undefined || at === '') return [];
  return (Array.isArray(at) ? at : [at]) as Xml[];
}

/** The text at a path of names; '' where it leads nowhere. */
export function xmlAt(value: Xml[string], ...names: readonly string[]): string {
  let at: Xml[string] = value;
  for (const name of names) at = typeof at === 'object' && !Array.isArray(at) ? (at as Xml)[name] : undefined;
  return typeof at === 'string' ? at : '';
}

/** ARNs and names as a part of a path. */
export const pathPart = encodeAll;
