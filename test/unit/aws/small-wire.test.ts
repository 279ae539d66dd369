import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { AnswerReader, type HttpAnswer } from '../../../src/aws/http-answer.ts';
import { encodeRequest, SmallWire } from '../../../src/aws/small-wire.ts';

/** Feeds the bytes in pieces of `size`; the end of the connection comes last. */
function readIn(size: number, text: string, method = 'GET'): HttpAnswer | undefined {
  const reader = new AnswerReader(method);
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += size) {
    const answer = reader.push(bytes.subarray(at, at + size));
    if (answer) return answer;
  }
  return reader.end();
}

describe('AnswerReader', () => {
  const CASES: Array<[string, string, string, number, string, boolean]> = [
    ['a length', 'PUT', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nETag: "x"\r\n\r\nabc', 200, 'abc', true],
    ['no body', 'PUT', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', 200, '', true],
    ['no content', 'DELETE', 'HTTP/1.1 204 No Content\r\n\r\n', 204, '', true],
    ['a HEAD', 'HEAD', 'HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\n', 404, '', true],
    [
      'chunks',
      'GET',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n',
      200,
      'abc0123456789',
      true,
    ],
    [
      'chunks and a trailer',
      'GET',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n1\r\na\r\n0\r\nx-sum: 1\r\n\r\n',
      200,
      'a',
      true,
    ],
    ['a refusal', 'PUT', 'HTTP/1.1 503 Slow Down\r\nContent-Length: 1\r\n\r\ns', 503, 's', true],
    [
      'an interim answer',
      'PUT',
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      200,
      '',
      true,
    ],
    [
      'a last answer',
      'GET',
      'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na',
      200,
      'a',
      false,
    ],
    ['the end of the connection', 'GET', 'HTTP/1.1 200 OK\r\n\r\nall of it', 200, 'all of it', false],
    ['an old server', 'GET', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', 200, 'a', false],
    ['no reason', 'GET', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n', 200, '', true],
  ];
  it.each(CASES)('reads %s, in whatever pieces it comes', (_what, method, text, status, body, reusable) => {
    for (let size = 1; size <= text.length; size++) {
      const answer = readIn(size, text, method);
      expect(answer).toMatchObject({ statusCode: status, reusable });
      expect(answer?.body.toString()).toBe(body);
    }
  });

  it('does not use a connection again that says more than was asked', () => {
    expect(readIn(999, 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc')).toMatchObject({ reusable: false });
  });

  it('has names in lower case, values as they are', () => {
    const { headers, statusMessage } = readIn(
      9,
      'HTTP/1.1 301 Moved Permanently\r\nX-Amz-Bucket-Region:eu-west-1 \r\nVary: a\r\nVary: b\r\nContent-Length: 0\r\n\r\n',
    ) as HttpAnswer;
    expect(statusMessage).toBe('Moved Permanently');
    expect({ ...headers }).toEqual({
      'x-amz-bucket-region': 'eu-west-1',
      vary: 'a, b',
      'content-length': '0',
    });
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.6\r\n\r\n'],
    ['another version', 'HTTP/2 200 OK\r\n\r\n'],
    ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
    ['no number', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
    ],
    ['a coding that we do not know', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
    ['a chunk without a length', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n'],
    ['a chunk without an end', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n'],
    ['headers without an end', `HTTP/1.1 200 OK\r\na: ${'x'.repeat(70_000)}`],
  ])('refuses %s', (_what, text) => {
    expect(() => readIn(4096, text)).toThrow(/not as HTTP wants it/);
  });

  it.each([
    'HTTP/1.1 200 OK\r\nContent-Len',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n',
  ])('half an answer is none: %j', (text) => expect(readIn(5, text)).toBeUndefined());
});

describe('encodeRequest', () => {
  const text = (parts: Uint8Array[]) => Buffer.concat(parts).toString('latin1');
  it('is one piece, or two where copying costs more', () => {
    const request = { method: 'PUT', path: '/b/k', headers: { host: 'h', 'content-length': '2' } };
    const head = 'PUT /b/k HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\n';
    const small = encodeRequest({ ...request, body: Buffer.from('ab') });
    expect([small.length, text(small)]).toEqual([1, `${head}ab`]);
    const large = encodeRequest({ ...request, body: Buffer.alloc(70_000, 'x') });
    expect([large.length, text(large)]).toEqual([2, `${head}${'x'.repeat(70_000)}`]);
  });
  it.each([
    ['/b/k HTTP/1.1', 'v'],
    ['/b/é', 'v'],
    ['/b/k', 'v\r\nx-amz-acl: public-read'],
    ['/b/k', 'v\nx'],
    ['/b/k', '日'],
    ['/b/k', '\0'],
  ])('refuses %j with %j', (path, value) => {
    expect(() => encodeRequest({ method: 'PUT', path, headers: { h: value } })).toThrow(/character/);
  });
});

describe('SmallWire', () => {
  const servers: Server[] = [];
  const wires: SmallWire[] = [];
  afterEach(() => {
    for (const wire of wires.splice(0)) wire.close();
    for (const server of servers.splice(0)) server.close();
  });
  /** A server by bytes. `answer` is called with each request's first line and the number of its connection. */
  async function serve(answer: (socket: Socket, line: string, connection: number) => void, most = 2) {
    let connections = 0;
    const server = createServer((socket) => {
      const n = ++connections;
      socket.on('error', () => {});
      socket.on('data', (chunk) => answer(socket, String(chunk).split('\r\n')[0] ?? '', n));
    });
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const wire = new SmallWire({ protocol: 'http:', hostname: '127.0.0.1', port }, most);
    wires.push(wire);
    const get = (path: string, signal?: AbortSignal) =>
      wire.send({ method: 'GET', path, headers: { host: 'h' }, ...(signal ? { signal } : {}) });
    return { get, opened: () => connections };
  }
  const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

  it('keeps its connections, opens no more than it may, and answers each with its own', async () => {
    const { get, opened } = await serve((socket, line) => socket.write(ok(line)));
    const paths = Array.from({ length: 40 }, (_, i) => `/${i}`);
    const answers = await Promise.all(paths.map((path) => get(path)));
    expect(answers.map((answer) => answer.body.toString())).toEqual(paths.map((p) => `GET ${p} HTTP/1.1`));
    expect(opened()).toBe(2);
  });

  it('opens another where the server has closed one, before, after or in the middle of an answer', async () => {
    const { get } = await serve((socket, line) => {
      if (line.includes('/none')) socket.destroy();
      else if (line.includes('/half')) socket.end('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf');
      else if (line.includes('/last'))
        socket.end(ok('last').replace('\r\n\r\n', '\r\nConnection: close\r\n\r\n'));
      else socket.write(ok('whole'));
    }, 1);
    await expect(get('/none')).rejects.toMatchObject({ code: 'ECONNRESET' });
    await expect(get('/half')).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await get('/last')).body.toString()).toBe('last');
    expect((await get('/whole')).body.toString()).toBe('whole');
    await expect(Promise.all([get('/half'), get('/whole')])).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await get('/whole')).body.toString()).toBe('whole');
  });

  it('gives up what is under way and what waits when it is told to, and nothing else', async () => {
    const { get } = await serve((socket, line) => {
      if (!line.includes('/never')) socket.write(ok('yes'));
    }, 1);
    const [stop, other] = [new AbortController(), new AbortController()];
    const never = get('/never', stop.signal);
    const waiting = get('/waiting', stop.signal);
    const later = get('/later', other.signal);
    const given = Promise.allSettled([never, waiting]);
    stop.abort(new Error('cancelled'));
    const cancelled = expect.objectContaining({ reason: new Error('cancelled') });
    expect(await given).toEqual([cancelled, cancelled]);
    expect((await later).body.toString()).toBe('yes');
    await expect(get('/more', stop.signal)).rejects.toThrow('cancelled');
  });

  it('says why it cannot connect', async () => {
    const { get } = await serve(() => {});
    for (const server of servers.splice(0)) server.close();
    await expect(get('/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
