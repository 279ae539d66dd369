import { createHash } from 'node:crypto';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import type { Clock } from '../runtime/clock.ts';
import { CLOUDFRONT } from './cloudfront.ts';
import { type AwsSettings, clientConfig } from './config.ts';
import { ENDPOINT_PARAMETERS, endpointProvider, type ServiceHost, signingRegion } from './endpoints.ts';
import { readAll, Wire } from './http-wire.ts';
import { regionNamed } from './region-named.ts';
import { ClockSkew, RetryLoop, type SentError, serverTimeOf } from './retry.ts';
import { EMPTY_SHA256, SigV4 } from './sigv4.ts';
import { parseXml, type Xml } from './xml.ts';

export interface XmlAnswer {
  /** Empty where the answer is no XML. */
  readonly xml: Xml;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const ATTEMPTS = 6;

export interface XmlService extends ServiceHost {
  readonly id: string;
  readonly signingName: string;
}
export const XML_SERVICES = {
  S3: { id: 'S3', signingName: 's3', host: 's3', dualStackLabel: true },
  CloudFront: { id: 'CloudFront', signingName: 'cloudfront', ...CLOUDFRONT },
  STS: { id: 'STS', signingName: 'sts', host: 'sts', govIsFips: 'ipv4' },
  IAM: {
    id: 'IAM',
    signingName: 'iam',
    host: 'iam',
    govIsFips: 'always',
    global: {
      zones: { 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov', 'aws-eusc': 'eusc-de-east-1' },
      dualStackZones: { aws: 'global', 'aws-us-gov': 'us-gov', 'aws-eusc': 'global' },
      signing: { 'aws-cn': 'cn-north-1' },
    },
  },
} as const satisfies Record<string, XmlService>;

export interface Asked {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST';
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * Services with XML answers, by few and plain requests: the SDK's own clients for S3, CloudFront, STS and IAM weigh
 * more than a megabyte together. The SDK still finds credentials, region and endpoint.
 */
export class XmlSender {
  readonly region: string;
  readonly #client: SecretsManagerClient;
  readonly #endpoint: URL;
  readonly #signer: SigV4;
  readonly #wire: Wire;
  readonly #clock: Clock;
  readonly #skew: ClockSkew;
  readonly #signal: AbortSignal | undefined;

  private constructor(
    client: SecretsManagerClient,
    service: XmlService,
    found: { endpoint: URL; region: string },
    settings: AwsSettings,
    clock: Clock,
  ) {
    const { endpoint } = found;
    this.region = found.region;
    this.#client = client;
    this.#endpoint = endpoint;
    this.#clock = clock;
    this.#skew = new ClockSkew(clock);
    this.#signal = settings.signal;
    this.#signer = new SigV4(signingRegion(service, found.region), service.signingName);
    const protocol = endpoint.protocol === 'http:' ? 'http:' : 'https:';
    this.#wire = new Wire(
      { protocol, hostname: endpoint.hostname, port: Number(endpoint.port) || undefined },
      4,
    );
  }

  static async open(service: XmlService, settings: AwsSettings, clock: Clock): Promise<XmlSender> {
    const own = { serviceId: service.id, endpointProvider: endpointProvider(service) };
    const client = new SecretsManagerClient({ ...clientConfig(settings), ...own } as never);
    const supplier = { getEndpointParameterInstructions: () => ENDPOINT_PARAMETERS };
    const { url } = await getEndpointFromInstructions({}, supplier as never, client.config as never);
    return new XmlSender(
      client,
      service,
      { endpoint: new URL(url), region: await client.config.region() },
      settings,
      clock,
    );
  }

  async send(asked: Asked): Promise<XmlAnswer> {
    const [clock, skew, signal] = [this.#clock, this.#skew, this.#signal];
    const loop = new RetryLoop({ clock, skew, attempts: ATTEMPTS, signal });
    for (;;) {
      signal?.throwIfAborted();
      try {
        return await this.#sendOnce(asked);
      } catch (error) {
        // 501 says that the endpoint does not know the service: it will not learn it.
        if ((error as SentError).$metadata?.httpStatusCode === 501) throw error;
        await loop.after(error as SentError);
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
        ...this.#signer.sign(unsigned, keys, this.#skew.now()),
        ...(body ? { 'content-length': String(Buffer.byteLength(body)) } : {}),
      },
      ...(body === undefined ? {} : { body: Buffer.from(body) }),
      signal: this.#signal,
    });
    const text = (await readAll(message)).toString('utf8');
    const xml = parseXml(text);
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

/** S3 has the error as the root, CloudFront, IAM and STS below `ErrorResponse`; a HEAD has no body at all. */
function answerError(status: number, xml: Xml, headers: Readonly<Record<string, unknown>>): SentError {
  const error = (typeof xml['Error'] === 'object' ? xml['Error'] : xml) as Xml;
  const code = String(error['Code'] ?? STATUS_CODES[status] ?? `Http${status}`);
  const result = new Error(String(error['Message'] ?? `HTTP ${status}`)) as SentError;
  result.name = code;
  result.serverTime = serverTimeOf(headers);
  const requestId = headers['x-amz-request-id'] ?? headers['x-amzn-requestid'];
  result.$metadata = { httpStatusCode: status, ...(requestId ? { requestId: String(requestId) } : {}) };
  const header = headers['x-amz-bucket-region'];
  result.region = regionNamed({ status, code, header: typeof header === 'string' ? header : undefined });
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
