import { createHash } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** An answer as it came over the wire: nothing is decoded, nothing followed. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** Hex, of the body as it was sent. */
  readonly sha256: string;
  /** Bytes of the body. */
  readonly size: number;
  /** The body's first bytes as text. */
  readonly head: string;
}

/**
 * One GET without redirects, cookies or content decoding. Rejects with the socket's error.
 * @param headers sent beside our own
 */
export function httpGet(
  url: string,
  timeout: number,
  signal?: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? httpsRequest : httpRequest;
    const sent = open(
      url,
      {
        headers: { 'user-agent': 'wwhd-deploy', accept: '*/*', ...headers, 'accept-encoding': 'identity' },
        timeout,
        ...(signal ? { signal } : {}),
      },
      (answer) => {
        const hash = createHash('sha256');
        let [size, head] = [0, ''];
        answer.on('data', (chunk: Buffer) => {
          if (head.length < 512) head += chunk.toString('utf8', 0, 512);
          size += chunk.length;
          hash.update(chunk);
        });
        answer.on('error', reject);
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers as Record<string, string | undefined>,
            sha256: hash.digest('hex'),
            size,
            head,
          }),
        );
      },
    );
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${timeout / 1000} s`)));
    sent.on('error', reject);
    sent.end();
  });
}
