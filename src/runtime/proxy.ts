import { BlockList, isIP } from 'node:net';
import { refused } from './errors.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the environment says of proxies. */
export interface Proxies {
  /** For `https://`. */
  readonly secure: URL | undefined;
  /** For `http://`. */
  readonly plain: URL | undefined;
  /** True for a host that is asked directly. */
  isDirect(hostname: string, port: number): boolean;
}

/**
 * Reads HTTPS_PROXY, HTTP_PROXY and NO_PROXY; where both cases are set the lower one counts, as with curl. A proxy may be
 * named without `http://`.
 * @returns undefined where no proxy is named
 * @throws ActionError `refused` for what is no `http://` or `https://` address; the address itself, which may hold a
 * password, is not shown
 */
export function readProxies(env: Env): Proxies | undefined {
  const secure = proxyIn(env, 'HTTPS_PROXY');
  const plain = proxyIn(env, 'HTTP_PROXY');
  if (!secure && !plain) return undefined;
  const direct = readNoProxy(valueIn(env, 'NO_PROXY'));
  return { secure, plain, isDirect: direct };
}

/** The proxy that a request goes through. @param url `http://` or `https://` */
export function proxyFor(proxies: Proxies | undefined, url: URL): URL | undefined {
  const secure = url.protocol === 'https:';
  const proxy = secure ? proxies?.secure : proxies?.plain;
  if (!proxy || proxies?.isDirect(url.hostname, Number(url.port) || (secure ? 443 : 80))) return undefined;
  return proxy;
}

/** A request that did not get past the proxy. The proxy is named without its user and password. */
export class ProxyProblem extends Error {
  readonly code: string;

  constructor({ protocol, host }: URL, said: string, code: string) {
    super(`the proxy ${protocol}//${host} ${said}`);
    this.name = 'ProxyProblem';
    this.code = code;
  }
}

/** What is secret about the proxies: the passwords, as they stand in the environment, decoded, and as they are sent. */
export function proxySecrets(proxies: Proxies | undefined): string[] {
  return [proxies?.secure, proxies?.plain].flatMap((proxy) => {
    if (!proxy?.password) return [];
    const [user, password] = [decoded(proxy.username), decoded(proxy.password)];
    return [proxy.password, password, Buffer.from(`${user}:${password}`).toString('base64')];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const valueIn = (env: Env, name: string): string => (env[name.toLowerCase()] || env[name] || '').trim();

function proxyIn(env: Env, name: string): URL | undefined {
  const value = valueIn(env, name);
  if (value === '') return undefined;
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const scheme = url?.protocol ?? '';
  if (url && url.hostname !== '' && /^https?:$/.test(scheme)) return url;
  throw refused({
    what: `${name} is no address of a proxy that can be used`,
    ...(scheme ? { found: `its scheme is ${scheme}//` } : {}),
    fix: `set ${name} to http://host:port or https://host:port, or unset it`,
  });
}

/**
 * NO_PROXY as curl and Go read it: names, each with the names below it (`example.com`, `.example.com`,
 * `*.example.com`), addresses and ranges of addresses (`10.0.0.0/8`), each with or without a port, and `*` for all.
 * This very machine (`localhost`, 127.0.0.0/8, ::1) is always asked directly, as Go does: no proxy reaches it, and the local
 * cloud runs there.
 */
function readNoProxy(text: string): Proxies['isDirect'] {
  const entries = text
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(readEntry);
  return (hostname, port) => {
    const host = bare(hostname.toLowerCase()).replace(/\.$/, '');
    if (isThisMachine(host)) return true;
    return entries.some((entry) => (entry.port === undefined || entry.port === port) && entry.matches(host));
  };
}

interface Entry {
  readonly port: number | undefined;
  matches(host: string): boolean;
}

function readEntry(text: string): Entry {
  const [, address = '', bits] = /^\[?([0-9a-f.:]+)\]?\/(\d{1,3})$/.exec(text) ?? [];
  if (bits !== undefined && isIP(address))
    return { port: undefined, matches: inRange(address, Number(bits)) };
  if (isIP(text)) return { port: undefined, matches: (host) => sameAddress(host, text) };
  const [, name = text, port] = /^(.*?)(?::(\d{1,5}))?$/.exec(text) ?? [];
  const wanted = bare(name)
    .replace(/^\*?\./, '')
    .replace(/\.$/, '');
  const matches = (host: string) =>
    wanted === '*' ||
    host === wanted ||
    sameAddress(host, wanted) ||
    (!isIP(host) && host.endsWith(`.${wanted}`));
  return { port: port === undefined ? undefined : Number(port), matches };
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

const isThisMachine = (host: string): boolean =>
  isIP(host) ? loopback.check(host, family(host)) : host === 'localhost' || host.endsWith('.localhost');

const bare = (host: string) => host.replace(/^\[(.*)\]$/, '$1');
const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

/** The same address may be written in many ways in IPv6. */
function sameAddress(one: string, other: string): boolean {
  if (one === other) return true;
  if (!isIP(one) || isIP(one) !== isIP(other)) return false;
  const list = new BlockList();
  list.addAddress(other, family(other));
  return list.check(one, family(one));
}

function inRange(address: string, bits: number): (host: string) => boolean {
  if (bits > (isIP(address) === 6 ? 128 : 32)) return () => false;
  const list = new BlockList();
  list.addSubnet(address, bits, family(address));
  return (host) => isIP(host) !== 0 && list.check(host, family(host));
}
