import { createHash } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../runtime/clock.ts';
import { formatDuration } from '../runtime/duration.ts';
import { failed, messageOf } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { answerWithin, sharedAgents } from '../runtime/network.ts';
import { type Descriptor, digestOf, INDEX_TYPES, MANIFEST_TYPES } from './oci.ts';
import type { Credentials } from './ports.ts';

export interface DistributionAccess {
  readonly host: string;
  readonly name: string;
  readonly credentials: Credentials | undefined;
  /** Plain HTTP: for a registry on this very machine only. */
  readonly insecure: boolean;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

interface Ask {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Made anew for each attempt: a stream can be sent once. */
  readonly body?: () => Readable | Buffer;
  /** Statuses that are an answer; any other is an error. */
  readonly expect: readonly number[];
}

interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const ATTEMPTS = 5;

/**
 * The registry's own protocol, as far as pushing needs it:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#push
 * Every request may be repeated: blobs and manifests are named by their content.
 */
export class Distribution {
  readonly #access: DistributionAccess;
  readonly #base: string;

  constructor(access: DistributionAccess) {
    this.#access = access;
    this.#base = `${access.insecure ? 'http' : 'https'}://${access.host}/v2/${access.name}`;
  }

  async hasBlob(digest: string): Promise<boolean> {
    const reply = await this.#ask({
      method: 'HEAD',
      url: `${this.#base}/blobs/${digest}`,
      expect: [200, 307, 404],
    });
    return reply.status !== 404;
  }

  /**
   * Sends a blob in one piece (POST for a place, PUT with the bytes), which every registry must take. What is sent is
   * hashed on its way: a file that changed since it was described is not passed off as what it was.
   */
  async putBlob(blob: Descriptor, open: () => Readable): Promise<void> {
    await this.#retry(`uploading ${blob.digest}`, async () => {
      const place = await this.#once({ method: 'POST', url: `${this.#base}/blobs/uploads/`, expect: [202] });
      const location = new URL(String(place.headers['location'] ?? ''), `${this.#base}/`);
      location.searchParams.set('digest', blob.digest);
      await this.#once({
        method: 'PUT',
        url: location.href,
        headers: { 'content-type': 'application/octet-stream', 'content-length': String(blob.size) },
        body: () => Readable.from(checked(open(), blob.digest)),
        expect: [201],
      });
    });
  }

  /** A manifest by tag or digest, with its very bytes; `undefined` where there is none. */
  async manifest(
    reference: string,
  ): Promise<{ bytes: Buffer; mediaType: string; digest: string } | undefined> {
    const reply = await this.#ask({
      method: 'GET',
      url: `${this.#base}/manifests/${reference}`,
      headers: { accept: [...MANIFEST_TYPES, ...INDEX_TYPES].join(', ') },
      expect: [200, 404],
    });
    if (reply.status === 404) return undefined;
    const mediaType = String(reply.headers['content-type'] ?? '').split(';')[0] ?? '';
    return { bytes: reply.body, mediaType, digest: digestOf(reply.body) };
  }

  /** Puts a manifest under a tag. @returns the digest that the registry has computed, where it says so. */
  async putManifest(tag: string, bytes: Buffer, mediaType: string): Promise<string> {
    const reply = await this.#ask({
      method: 'PUT',
      url: `${this.#base}/manifests/${tag}`,
      headers: { 'content-type': mediaType },
      body: () => bytes,
      expect: [200, 201],
    });
    return String(reply.headers['docker-content-digest'] ?? digestOf(bytes));
  }

  #ask(ask: Ask): Promise<Reply> {
    return this.#retry(`${ask.method} ${ask.url}`, () => this.#once(ask));
  }

  async #once({ method, url, headers, body, expect }: Ask): Promise<Reply> {
    const { credentials, signal } = this.#access;
    const authorization = this.#owns(url) && credentials ? { authorization: basic(credentials) } : {};
    const reply = await exchange(
      url,
      { method, signal, headers: { ...headers, ...authorization } },
      body?.(),
    );
    if (expect.includes(reply.status)) return reply;
    throw new RegistryError(reply.status, describe(reply.body));
  }

  /** A registry may send an upload elsewhere (to an object store); our password goes to the registry only. */
  #owns(url: string): boolean {
    return new URL(url).host === this.#access.host;
  }

  async #retry<T>(what: string, work: () => Promise<T>): Promise<T> {
    const { log, clock, signal } = this.#access;
    for (let attempt = 1; ; attempt++) {
      try {
        return await work();
      } catch (error) {
        signal.throwIfAborted();
        if (attempt >= ATTEMPTS || !mayPass(error)) throw registryProblem(what, this.#access, error);
        log.info(`${what}: ${messageOf(error)} (attempt ${attempt} of ${ATTEMPTS})`);
        await clock.sleep(250 * 2 ** attempt, signal);
      }
    }
  }
}

/**
 * One request and its whole answer, whatever its status; redirects are answers. Rejects where nothing moves on it for as
 * long as an answer may take.
 */
function exchange(
  url: string,
  options: { method: string; signal: AbortSignal; headers: Readonly<Record<string, string>> },
  body: Readable | Buffer | undefined,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const secure = url.startsWith('https:');
    const open = secure ? httpsRequest : httpRequest;
    const agents = sharedAgents();
    const within = answerWithin();
    let answered: IncomingMessage | undefined;
    const request = open(url, { ...options, agent: secure ? agents.https : agents.http }, (answer) => {
      answered = answer;
      answer.on('data', () => timer.refresh());
      buffer(answer).then(
        (bytes) => resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes }),
        reject,
      );
    });
    // Behind a proxy there is no socket, and no time-out of one, until the proxy has answered.
    const timer = setTimeout(() => {
      const late = new Error(`no answer from ${new URL(url).origin} within ${formatDuration(within)}`);
      answered?.destroy(late);
      request.destroy(late);
    }, within);
    request.on('error', reject);
    request.on('close', () => clearTimeout(timer));
    request.on('drain', () => timer.refresh());
    if (body instanceof Readable) pipeline(body, request).catch(reject);
    else request.end(body);
  });
}

/** The registry's answer, where it was not the one that was hoped for. */
class RegistryError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(`HTTP ${status}: ${message}`);
    this.name = 'RegistryError';
    this.status = status;
  }
}

/** A blob whose bytes are not what its digest says: sending it again would not help. */
class WrongBytes extends Error {}

function mayPass(error: unknown): boolean {
  if (error instanceof WrongBytes) return false;
  return !(error instanceof RegistryError) || error.status === 429 || error.status >= 500;
}

function registryProblem(what: string, { host, name }: DistributionAccess, error: unknown) {
  const status = error instanceof RegistryError ? error.status : 0;
  const denied = status === 401 || status === 403;
  return failed({
    what: `${what} did not work`,
    found: messageOf(error),
    fix: denied
      ? 'the role needs ecr:InitiateLayerUpload, UploadLayerPart, CompleteLayerUpload, BatchCheckLayerAvailability, BatchGetImage and PutImage on the repository'
      : status === 404
        ? `create the repository ${name} in ${host}`
        : 'run it again: what is there already is not sent again',
    cause: error,
  });
}

const basic = ({ username, password }: Credentials) =>
  `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;

/** The distribution protocol's error document, or the start of whatever came. */
function describe(body: Buffer): string {
  try {
    const { errors } = JSON.parse(body.toString()) as { errors?: { code?: string; message?: string }[] };
    const said = (errors ?? []).map((e) => `${e.code}: ${e.message}`).join('; ');
    if (said) return said;
  } catch {
    // Not the protocol's document: a proxy's page, as a rule.
  }
  return body.toString().slice(0, 200).trim() || 'no explanation';
}

/**
 * Passes bytes on, the last chunk only once the whole has proved to be the digest's: a request that ends short of its
 * length is no upload.
 */
async function* checked(source: Readable, digest: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let held: Buffer | undefined;
  for await (const chunk of source) {
    if (held) yield held;
    held = chunk as Buffer;
    hash.update(held);
  }
  const found = `sha256:${hash.digest('hex')}`;
  if (found !== digest) throw new WrongBytes(`the file has changed: ${digest} is now ${found}`);
  if (held) yield held;
}
