import { createHmac, randomBytes } from 'node:crypto';
import type { Holder, KnownKey } from './signature/verify.ts';
import { sameText } from './signature/verify.ts';

/** The one key pair that never ends: see docs/local-cloud.md. */
export const LOCAL_KEY = { accessKey: 'local', secret: 'local' } as const;

/** What a session token says, sealed so that nobody else can write one. */
interface Session extends Holder {
  readonly accessKey: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
}

/**
 * All that this cloud issues: key pairs with session tokens, and tokens of its registry. What was issued carries what it
 * stands for under a code of a key that the cloud alone has, so that nothing of it is kept, and a cloud with `--state`
 * knows it again after a restart.
 */
export class Keys {
  readonly #root: Buffer;
  readonly #account: string;

  /** @param root 32 secret bytes */
  constructor(root: Buffer, account: string) {
    this.#root = root;
    this.#account = account;
  }

  #code(text: string): string {
    return createHmac('sha256', this.#root).update(text).digest('base64url');
  }

  /** A token of this kind that carries `claims`: readable by all, written by this cloud alone. */
  seal(kind: string, claims: object): string {
    const content = Buffer.from(JSON.stringify(claims)).toString('base64url');
    return `${content}.${this.#code(`${kind}\n${content}`)}`;
  }

  /** What a token carries; `undefined` where this cloud has not issued it as one of this kind. */
  open(kind: string, token: string): Readonly<Record<string, unknown>> | undefined {
    const [content = '', code = '', ...more] = token.split('.');
    if (more.length > 0 || !sameText(this.#code(`${kind}\n${content}`), code)) return undefined;
    return JSON.parse(Buffer.from(content, 'base64url').toString('utf8')) as Record<string, unknown>;
  }

  /** @param expires milliseconds since the epoch */
  issue(holder: (accessKey: string) => Holder, expires: number) {
    const accessKey = `ASIA${base32(randomBytes(10))}`;
    const session: Session = { ...holder(accessKey), accessKey, expires };
    return { accessKey, secret: this.#secretOf(accessKey), token: this.seal('session', session), session };
  }

  #secretOf(accessKey: string): string {
    return this.#code(`secret\n${accessKey}`).slice(0, 40);
  }

  /** The secret of an access key, which of a session is known by its token alone. */
  find(accessKey: string, token: string | undefined, now: number): KnownKey {
    if (accessKey === LOCAL_KEY.accessKey) {
      return token ? { problem: 'bad-token' } : { secret: LOCAL_KEY.secret, holder: this.#owner() };
    }
    if (!/^ASIA[A-Z2-7]{16}$/.test(accessKey) || !token) return { problem: 'unknown-key' };
    const session = this.open('session', token) as Session | undefined;
    if (session?.accessKey !== accessKey) return { problem: 'bad-token' };
    if (session.expires <= now) return { problem: 'expired-token' };
    return { secret: this.#secretOf(accessKey), holder: session };
  }

  #owner(): Holder {
    return {
      arn: `arn:aws:iam::${this.#account}:user/local-cloud`,
      userId: 'AIDALOCALCLOUD000000',
      account: this.#account,
    };
  }
}

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** 16 digits of 10 bytes, as access keys have them. */
function base32(bytes: Buffer): string {
  let bits = BigInt(`0x${bytes.toString('hex')}`);
  let text = '';
  for (let i = 0; i < 16; i++, bits >>= 5n) text += DIGITS[Number(bits & 31n)];
  return text;
}
