import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Duplex } from 'node:stream';
import { createBrotliDecompress, createGunzip } from 'node:zlib';
import { answerWithin, sharedAgents } from './network.ts';

/** A body's bytes: how many, and their hash in hex. */
interface Measured {
  readonly sha256: string;
  readonly size: number;
}

/** An answer as it came over the wire; no redirect is followed. */
export interface RawAnswer extends Measured {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body without its `Content-Encoding` (gzip, br), where it has one: what a CDN has compressed on its way. */
  readonly decoded?: Measured;
  /** The first bytes of the body, decoded, as text. */
  readonly head: string;
}

/** Whether these bytes were sent, as they are or compressed on their way. */
export const hasBytes = (answer: RawAnswer, sha256: string): boolean =>
  answer.sha256 === sha256 || answer.decoded?.sha256 === sha256;

/**
 * One GET without redirects or cookies. It takes the encodings that browsers take: a CDN keeps an entry for each, and what
 * browsers get is what is to be seen. Rejects with the socket's error.
 * @param timeout milliseconds that nothing may come for; shorter where all of the work may not wait as long
 * @param headers sent beside our own
 */
export function httpGet(
  url: string,
  timeout: number,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const secure = url.startsWith('https:');
    const open = secure ? httpsRequest : httpRequest;
    const within = Math.min(timeout, answerWithin());
    const agents = sharedAgents();
    let answered: IncomingMessage | undefined;
    const sent = open(
      url,
      {
        agent: secure ? agents.https : agents.http,
        headers: { 'user-agent': 'wwhd-deploy', accept: '*/*', ...headers, 'accept-encoding': 'gzip, br' },
        ...(signal ? { signal } : {}),
      },
      (answer) => {
        answered = answer;
        read(answer, () => timer.refresh()).then(resolve, reject);
      },
    );
    // Of our own, and not the socket's: behind a proxy there is no socket until the proxy has answered.
    const timer = setTimeout(() => {
      const late = Object.assign(new Error(`no answer in ${within / 1000} s`), { code: 'ETIMEDOUT' });
      answered?.destroy(late);
      sent.destroy(late);
    }, within);
    sent.on('error', reject);
    sent.on('close', () => clearTimeout(timer));
    sent.end();
  });
}

async function read(answer: IncomingMessage, onChunk: () => void): Promise<RawAnswer> {
  const raw = new Meter();
  const decoder = decoderOf(answer.headers['content-encoding']);
  const decoded = decoder && measure(decoder);
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    onChunk();
    raw.add(chunk);
    decoder?.write(chunk);
  }
  decoder?.end();
  const plain = await decoded;
  return {
    status: answer.statusCode ?? 0,
    headers: answer.headers as Record<string, string | undefined>,
    ...raw.result(),
    ...(plain ? { decoded: plain.result() } : {}),
    head: (plain ?? raw).head,
  };
}

function decoderOf(encoding: string | undefined): Duplex | undefined {
  if (encoding === 'br') return createBrotliDecompress();
  return encoding === 'gzip' ? createGunzip() : undefined;
}

/** Nothing where the bytes are not in the encoding that the header names. */
async function measure(decoder: Duplex): Promise<Meter | undefined> {
  const meter = new Meter();
  try {
    for await (const chunk of decoder as AsyncIterable<Buffer>) meter.add(chunk);
    return meter;
  } catch {
    return undefined;
  }
}

class Meter {
  readonly #hash = createHash('sha256');
  #size = 0;
  head = '';

  add(chunk: Buffer): void {
    if (this.head.length < 512) this.head += chunk.toString('utf8', 0, 512);
    this.#size += chunk.length;
    this.#hash.update(chunk);
  }

  result(): Measured {
    return { sha256: this.#hash.digest('hex'), size: this.#size };
  }
}
