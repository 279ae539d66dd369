import { ProxyProblem } from '../../runtime/proxy.ts';

/** How far a request had come. */
export type Phase = 'connecting' | 'handshaking' | 'waiting' | 'reading';

/** A request that brought no answer to judge, as one plain sentence. */
export class WireProblem extends Error {
  /** The system's or OpenSSL's name of it: `ECONNREFUSED`, `CERT_HAS_EXPIRED`; ours are in lower case. */
  readonly code: string;

  constructor(code: string, sentence: string) {
    super(sentence);
    this.name = 'WireProblem';
    this.code = code;
  }
}

export interface Target {
  readonly hostname: string;
  readonly port: string;
}

/** Sentences for Node's and OpenSSL's error codes. `to` is host and port. */
const SENTENCES: Readonly<Record<string, (to: string, target: Target) => string>> = {
  ENOTFOUND: (_to, { hostname }) =>
    `DNS has no address for ${hostname}: is the name right, and its record published?`,
  EAI_AGAIN: (_to, { hostname }) =>
    `DNS did not answer for ${hostname}: the resolver is not reachable or is failing`,
  ECONNREFUSED: (to) => `the connection to ${to} was refused: nothing listens there`,
  ECONNRESET: (to) => `${to} closed the connection before it answered`,
  EPIPE: (to) => `${to} closed the connection while the request was being sent`,
  ETIMEDOUT: (to) => `the connection to ${to} timed out: a firewall or a security group may drop it`,
  EHOSTUNREACH: (to) => `there is no route to ${to}`,
  ENETUNREACH: (to) => `the network of ${to} is not reachable from here`,
  CERT_HAS_EXPIRED: (_to, { hostname }) => `TLS: the certificate of ${hostname} has expired`,
  CERT_NOT_YET_VALID: (_to, { hostname }) =>
    `TLS: the certificate of ${hostname} is not valid yet: check the clock`,
  DEPTH_ZERO_SELF_SIGNED_CERT: (_to, { hostname }) =>
    `TLS: the certificate of ${hostname} is self-signed and so not trusted`,
  SELF_SIGNED_CERT_IN_CHAIN: (_to, { hostname }) =>
    `TLS: the certificate of ${hostname} leads to an authority that is not trusted here (NODE_EXTRA_CA_CERTS adds one)`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: (_to, { hostname }) =>
    `TLS: ${hostname} sends its certificate without the intermediate one, or its authority is not trusted here`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: (_to, { hostname }) =>
    `TLS: the authority of the certificate of ${hostname} is not trusted here (NODE_EXTRA_CA_CERTS adds one)`,
  ERR_TLS_CERT_ALTNAME_INVALID: (_to, { hostname }) => `TLS: the certificate is not for ${hostname}`,
  ERR_SSL_WRONG_VERSION_NUMBER: (to) => `TLS: ${to} does not speak TLS: is it an http port?`,
  EPROTO: (to) => `TLS: the handshake with ${to} failed`,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: (to) =>
    `TLS: ${to} and this client have no protocol version in common`,
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: (to) => `TLS: ${to} refused the handshake`,
  HPE_HEADER_OVERFLOW: (to) => `${to} sent headers of over 16 kB`,
  ERR_STREAM_PREMATURE_CLOSE: (to) => `${to} closed the connection in the middle of the body`,
};

/** What Node threw, as a sentence. Knows Node's and OpenSSL's codes, and lists what happened on each address tried. */
export function wireProblem(error: unknown, url: URL, phase: Phase): WireProblem {
  if (error instanceof WireProblem) return error;
  const target = { hostname: url.hostname, port: url.port || (url.protocol === 'https:' ? '443' : '80') };
  const to = `${target.hostname}:${target.port}`;
  const { code, message } = codeOf(error);
  if (error instanceof ProxyProblem) return new WireProblem(code, `${to} was not asked: ${message}`);
  if (code === 'ECONNRESET' && phase === 'handshaking') {
    return new WireProblem(code, `TLS: ${to} closed the connection during the handshake`);
  }
  if (code === 'ECONNRESET' && phase === 'reading') {
    return new WireProblem(code, `${to} closed the connection in the middle of the body`);
  }
  const sentence = SENTENCES[code];
  if (sentence) return new WireProblem(code, sentence(to, target));
  if (code.startsWith('HPE_'))
    return new WireProblem(code, `${to} answered with something that is not HTTP (${message})`);
  if (/^(ERR_SSL|ERR_TLS|CERT_)/.test(code))
    return new WireProblem(code, `TLS with ${to} failed: ${message}`);
  return new WireProblem(code || 'error', `the request to ${to} failed: ${message}`);
}

/** Node tries all addresses of a name and throws their errors together. */
function codeOf(error: unknown): { code: string; message: string } {
  const one = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  const { code, message } = (one ?? {}) as { code?: unknown; message?: unknown };
  const text = String(message ?? error).split('\n', 1)[0] ?? '';
  if (code === 'EPROTO' && /wrong version number|packet length too long|http request/i.test(text)) {
    return { code: 'ERR_SSL_WRONG_VERSION_NUMBER', message: text };
  }
  return { code: typeof code === 'string' ? code : '', message: text };
}

const TIMEOUT_SENTENCES: Readonly<Record<Phase, (to: string) => string>> = {
  connecting: (to) => `no connection to ${to} within`,
  handshaking: (to) => `TLS with ${to} was not agreed within`,
  waiting: (to) => `${to} took the request and did not answer within`,
  reading: (to) => `${to} began to answer and did not finish within`,
};

export function timeoutProblem(url: URL, phase: Phase, limit: string): WireProblem {
  return new WireProblem('timeout', `${TIMEOUT_SENTENCES[phase](url.host)} ${limit}`);
}
