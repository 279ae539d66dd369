import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { agentProxy } from './proxy.ts';

/** Where requests go: one host, one pool of connections that are kept open. */
export interface WireTarget {
  readonly protocol: 'http:' | 'https:';
  readonly hostname: string;
  readonly port: number | undefined;
}

export interface WireRequest {
  readonly method: string;
  /** Path with its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | Readable | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A connection on which nothing moves for this long (milliseconds) is given up. */
const IDLE = 30_000;

/**
 * A pool of kept connections to one host, on `node:http` itself. The SDK's own path costs about a millisecond of
 * processor a request; this one about a tenth (bench/frontend prints both).
 */
export class Wire {
  readonly #target: WireTarget;
  readonly #agent: HttpAgent;

  constructor(target: WireTarget, connections: number) {
    const options = {
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      noDelay: true,
      ...agentProxy(),
    };
    this.#target = target;
    this.#agent = target.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  /** Sends once; rejects with the socket's error. The answer's body is still to be read. */
  send(request: WireRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const open = this.#target.protocol === 'https:' ? httpsRequest : httpRequest;
      const sent = open(
        {
          agent: this.#agent,
          host: this.#target.hostname,
          ...(this.#target.port ? { port: this.#target.port } : {}),
          method: request.method,
          path: request.path,
          headers: request.headers,
          timeout: IDLE,
          ...(request.signal ? { signal: request.signal } : {}),
        },
        resolve,
      );
      sent.on('timeout', () =>
        sent.destroy(
          Object.assign(new Error(`nothing moved on the connection for ${IDLE / 1000} s`), {
            code: 'ETIMEDOUT',
          }),
        ),
      );
      const { body } = request;
      if (body === undefined || body instanceof Uint8Array) {
        sent.on('error', reject);
        sent.end(body);
      } else {
        body.on('error', (error) => sent.destroy(error));
        sent.on('error', (error) => {
          body.destroy();
          reject(error);
        });
        body.pipe(sent);
      }
    });
  }

  /** Closes idle connections, so that the process can end. */
  close(): void {
    this.#agent.destroy();
  }
}

/** The whole body of an answer. */
export function readAll(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => (answer.complete ? resolve(Buffer.concat(chunks)) : reject(cutOff())));
    answer.on('aborted', () => reject(cutOff()));
    answer.on('error', reject);
  });
}

const cutOff = () => Object.assign(new Error('the answer was cut off'), { code: 'ECONNRESET' });
