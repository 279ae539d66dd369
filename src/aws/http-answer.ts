/** One answer of HTTP/1.1, read whole. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly statusMessage: string;
  /** Names in lower case; of a name that came twice, both values, with a comma between. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** True where the connection may carry another request. */
  readonly reusable: boolean;
}

/** Bytes: Node's own limit for all headers together is 16 KiB. */
const MOST_HEAD = 65_536;
/** Bytes. A page of a listing with a thousand keys of 1,024 bytes, each byte encoded as three, is 3 MB. */
const MOST_BODY = 33_554_432;
const EMPTY = Buffer.alloc(0);

type Body = { kind: 'length'; left: number } | { kind: 'chunked' } | { kind: 'close' };

/**
 * Reads one answer from the bytes of a connection (RFC 9112, sections 4 to 7). Stricter than it need be: whatever is
 * not plainly well formed is an error, and the connection is given up.
 */
export class AnswerReader {
  readonly #noBody: boolean;
  #pending: Buffer = EMPTY;
  #head: Omit<HttpAnswer, 'body' | 'reusable'> | undefined;
  #body: Body = { kind: 'close' };
  #parts: Buffer[] = [];
  #size = 0;
  #keep = true;

  /** @param method of the request: a HEAD is answered without a body, whatever its headers say. */
  constructor(method: string) {
    this.#noBody = method === 'HEAD';
  }

  /**
   * @returns the answer once it is whole
   * @throws Error with the code `HPE_INVALID_ANSWER` for what is no HTTP
   */
  push(chunk: Buffer): HttpAnswer | undefined {
    const bytes = this.#pending.length > 0 ? Buffer.concat([this.#pending, chunk]) : chunk;
    this.#pending = EMPTY;
    return this.#head ? this.#readBody(bytes) : this.#readHead(bytes);
  }

  /** The connection has ended. @returns the answer, if only the end was missing */
  end(): HttpAnswer | undefined {
    return this.#head && this.#body.kind === 'close' ? this.#whole(false) : undefined;
  }

  #readHead(bytes: Buffer): HttpAnswer | undefined {
    const end = bytes.indexOf('\r\n\r\n');
    if (end > MOST_HEAD || (end < 0 && bytes.length > MOST_HEAD)) throw invalid('its headers have no end');
    if (end < 0) {
      this.#pending = bytes;
      return undefined;
    }
    const [first = '', ...lines] = bytes.toString('latin1', 0, end).split('\r\n');
    const rest = bytes.subarray(end + 4);
    const status = /^HTTP\/1\.([01]) (\d{3})(?: (.*))?$/.exec(first);
    if (!status) throw invalid(`it begins with ${JSON.stringify(first.slice(0, 40))}`);
    const statusCode = Number(status[2]);
    // An interim answer (100 Continue): the real one is still to come.
    if (statusCode < 200 && statusCode !== 101) return rest.length > 0 ? this.#readHead(rest) : undefined;
    const headers = parseHeaders(lines);
    this.#head = { statusCode, statusMessage: status[3] ?? '', headers };
    const asked = headers['connection']?.toLowerCase();
    this.#keep = status[1] === '1' ? !asked?.includes('close') : asked?.includes('keep-alive') === true;
    this.#body = this.#noBody ? { kind: 'length', left: 0 } : bodyOf(statusCode, headers);
    return this.#readBody(rest);
  }

  #readBody(bytes: Buffer): HttpAnswer | undefined {
    const body = this.#body;
    if (body.kind === 'chunked') return this.#readChunks(bytes);
    if (body.kind === 'close') {
      this.#take(bytes);
      return undefined;
    }
    const taken = Math.min(bytes.length, body.left);
    this.#take(bytes.subarray(0, taken));
    body.left -= taken;
    // Bytes that nobody asked for: who knows what comes next on this connection.
    return body.left === 0 ? this.#whole(bytes.length === taken) : undefined;
  }

  #readChunks(bytes: Buffer): HttpAnswer | undefined {
    for (let at = 0; ; ) {
      const line = bytes.indexOf('\r\n', at);
      if (line < 0) return this.#later(bytes, at);
      const size = /^([0-9a-f]{1,8})[ \t]*(?:;.*)?$/i.exec(bytes.toString('latin1', at, line));
      if (!size) throw invalid('a chunk has no length');
      const length = Number.parseInt(size[1] as string, 16);
      if (length === 0) {
        const end = bytes.indexOf('\r\n\r\n', line);
        if (end < 0) return this.#later(bytes, at);
        return this.#whole(bytes.length === end + 4);
      }
      const end = line + 2 + length;
      if (length > MOST_BODY) throw invalid('it is too long');
      if (bytes.length < end + 2) return this.#later(bytes, at);
      if (bytes[end] !== 13 || bytes[end + 1] !== 10) throw invalid('a chunk has no end');
      this.#take(bytes.subarray(line + 2, end));
      at = end + 2;
    }
  }

  #later(bytes: Buffer, from: number): undefined {
    this.#pending = bytes.subarray(from);
  }

  #take(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#size += bytes.length;
    if (this.#size > MOST_BODY) throw invalid('it is too long');
    this.#parts.push(bytes);
  }

  #whole(atItsEnd: boolean): HttpAnswer {
    const [only = EMPTY] = this.#parts;
    const body = this.#parts.length > 1 ? Buffer.concat(this.#parts, this.#size) : only;
    const head = this.#head as Omit<HttpAnswer, 'body' | 'reusable'>;
    return { ...head, body, reusable: this.#keep && atItsEnd };
  }
}

function parseHeaders(lines: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (const line of lines) {
    const colon = line.indexOf(':');
    // A line that begins with a space goes on with the one before it: no server of today sends such.
    if (colon < 1 || /[\s\0]/.test(line.slice(0, colon))) throw invalid('it has a header without a name');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

function bodyOf(status: number, headers: Readonly<Record<string, string>>): Body {
  if (status === 204 || status === 304) return { kind: 'length', left: 0 };
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined) {
    // Both at once is how requests are smuggled (RFC 9112, section 6.3).
    if (coding.toLowerCase() !== 'chunked' || length !== undefined) throw invalid('its length is unclear');
    return { kind: 'chunked' };
  }
  if (length === undefined) return { kind: 'close' };
  if (!/^\d{1,15}$/.test(length)) throw invalid('its length is unclear');
  return { kind: 'length', left: Number(length) };
}

const invalid = (why: string) =>
  Object.assign(new Error(`the answer is not as HTTP wants it: ${why}`), { code: 'HPE_INVALID_ANSWER' });
