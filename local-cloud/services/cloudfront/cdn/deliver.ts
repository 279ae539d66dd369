import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { newRequestId } from '../../../core/request.ts';
import { etagMatches } from '../../s3/conditions.ts';
import { parseRange } from '../../s3/range.ts';
import type { ResponseHeadersPolicy } from '../policies.ts';
import { buffered, type OriginAnswer } from './answer.ts';
import { compressible } from './decide.ts';
import type { AcceptEncoding } from './forward.ts';

const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

export type Outcome = 'Hit' | 'Miss' | 'RefreshHit' | 'Error' | 'FunctionGeneratedResponse';

export interface Viewer {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly ip: string;
}

export interface Served {
  readonly answer: OriginAnswer;
  readonly outcome: Outcome;
  /** Seconds in the cache. */
  readonly age: number | undefined;
  /** Not kept: nobody but this request holds it. */
  readonly passing: boolean;
}

/** The answer with the headers of the behavior's response headers policy. */
export function withPolicy(
  served: Served,
  policy: ResponseHeadersPolicy | undefined,
  origin: string | undefined,
): Served {
  if (policy === undefined) return served;
  const headers = { ...served.answer.headers };
  for (const { name, value, override } of policy.headers)
    if (override || headers[name] === undefined) headers[name] = value;
  if (policy.cors && origin !== undefined) headers['access-control-allow-origin'] ??= '*';
  return { ...served, answer: { ...served.answer, headers } };
}

/** Compresses what CloudFront would; the entity tag is then a weak one. */
export async function encoded(answer: OriginAnswer, accept: AcceptEncoding): Promise<OriginAnswer> {
  if (accept === '' || answer.status !== 200 || !compressible(answer.headers, answer.size)) return answer;
  const encoding = accept.startsWith('br') ? 'br' : 'gzip';
  const chunks: Buffer[] = [];
  for await (const chunk of answer.read(0, answer.size)) chunks.push(chunk);
  answer.release();
  const whole = Buffer.concat(chunks);
  const bytes =
    encoding === 'br'
      ? await brotli(whole, { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } })
      : await gzipped(whole, { level: 5 });
  const { etag } = answer.headers;
  const compressed = buffered(
    200,
    {
      ...answer.headers,
      'content-encoding': encoding,
      vary: 'Accept-Encoding',
      ...(etag === undefined || etag.startsWith('W/') ? {} : { etag: `W/${etag}` }),
    },
    bytes,
  );
  return answer.cookies === undefined ? compressed : { ...compressed, cookies: answer.cookies };
}

export function page(
  response: ServerResponse,
  viewer: Viewer,
  status: number,
  text: string,
  outcome = 'Error',
): void {
  const body = `<!DOCTYPE HTML>\n<HTML><HEAD><TITLE>ERROR: The request could not be satisfied</TITLE></HEAD><BODY><H1>${status} ERROR</H1><P>${text}</P></BODY></HTML>\n`;
  response.writeHead(status, {
    'content-type': 'text/html',
    'content-length': Buffer.byteLength(body),
    'x-cache': `${outcome} from cloudfront`,
    server: 'CloudFront',
  });
  response.end(viewer.method === 'HEAD' ? undefined : body);
}

export async function sendAnswer(response: ServerResponse, viewer: Viewer, served: Served): Promise<void> {
  const { answer, outcome, age } = served;
  const headers: Record<string, string> = {
    ...answer.headers,
    'x-cache': `${outcome} from cloudfront`,
    via: '1.1 local-cloud.cloudfront.net (CloudFront)',
    'x-amz-cf-pop': 'LAX00-L0',
    'x-amz-cf-id': newRequestId(),
    ...(age === undefined ? {} : { age: String(age) }),
  };
  delete headers['content-length'];
  if (answer.cookies?.length) response.setHeader('set-cookie', [...answer.cookies]);
  if (answer.reason !== undefined) response.statusMessage = answer.reason;
  if (answer.status === 200 && notModified(viewer.headers, headers)) {
    response.writeHead(304, headers);
    response.end();
    return;
  }
  const range = answer.status === 200 ? rangeFor(viewer.headers, headers, answer.size) : 'whole';
  if (range === 'unsatisfiable') {
    response.writeHead(416, {
      'content-range': `bytes */${answer.size}`,
      'content-length': '0',
      'x-cache': headers['x-cache'] ?? '',
    });
    response.end();
    return;
  }
  const { start, end } = range === 'whole' ? { start: 0, end: answer.size } : range;
  headers['content-length'] = String(end - start);
  if (range !== 'whole') headers['content-range'] = `bytes ${start}-${end - 1}/${answer.size}`;
  response.writeHead(range === 'whole' ? answer.status : 206, headers);
  if (viewer.method === 'HEAD' || end === start) response.end();
  else await pipeline(Readable.from(answer.read(start, end), { objectMode: false }), response);
}

function notModified(
  asked: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
): boolean {
  const match = asked['if-none-match'];
  if (match !== undefined)
    return etagMatches(match, (headers['etag'] ?? '').replace(/^W\//, '').replaceAll('"', ''));
  const since = Date.parse(asked['if-modified-since'] ?? '');
  return !Number.isNaN(since) && Date.parse(headers['last-modified'] ?? '') <= since;
}

function rangeFor(
  asked: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>>,
  size: number,
) {
  const condition = asked['if-range'];
  if (condition !== undefined && condition !== headers['etag'] && condition !== headers['last-modified'])
    return 'whole';
  return parseRange(asked['range'], size);
}
