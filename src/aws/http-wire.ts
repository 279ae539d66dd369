import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { type Agents, answerWithin, openAgents } from '../runtime/network.ts';
import { awsCertificates } from './certificates.ts';
import { silence } from './silence.ts';

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

/**
 * A pool of kept connections to one host, on `node:http` itself. The SDK's own path costs about a millisecond of
 * processor a request; this one about a tenth (bench/frontend prints both).
 */
export class Wire {
  readonly #target: WireTarget;
  readonly #agents: Agents;
  readonly #within = answerWithin();

  constructor(target: WireTarget, connections: number) {
    const ca = awsCertificates(process.env);
    this.#target = target;
    this.#agents = openAgents({
      keepAlive: true,
      maxSockets: connections,
      maxFreeSockets: connections,
      noDelay: true,
      ...(ca ? { ca } : {}),
    });
  }

  /** Sends once; rejects with the socket's error. The answer's body is still to be read. */
  send(request: WireRequest): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const secure = this.#target.protocol === 'https:';
      const open = secure ? httpsRequest : httpRequest;
      const sent = open(
        {
          agent: secure ? this.#agents.https : this.#agents.http,
          host: this.#target.hostname,
          ...(this.#target.port ? { port: this.#target.port } : {}),
          method: request.method,
          path: request.path,
          headers: request.headers,
          timeout: this.#within,
          ...(request.signal ? { signal: request.signal } : {}),
        },
        (answer) => {
          answered = answer;
          resolve(answer);
        },
      );
      let answered: IncomingMessage | undefined;
      sent.on('timeout', () => {
        const late = Object.assign(new Error(silence(this.#target, this.#within)), { code: 'ETIMEDOUT' });
        answered?.destroy(late);
        sent.destroy(late);
      });
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
    this.#agents.destroy();
  }
}

/** The whole body of an answer. */
export function readAll(answer: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    answer.on('data', (chunk: Buffer) => chunks.push(chunk));
    answer.on('end', () => (answer.complete ? resolve(Buffer.concat(chunks)) : reject(cutOff())));
    // Why it ended, where that is known; `aborted` comes before it and knows nothing.
    answer.on('error', (error) => reject(error.message === 'aborted' ? cutOff() : error));
    answer.on('close', () => reject(cutOff()));
  });
}

const cutOff = () => Object.assign(new Error('the answer was cut off'), { code: 'ECONNRESET' });
