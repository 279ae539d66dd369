import type { Keys } from '../../core/keys.ts';

/** Hours that an ECR authorization token is good for: GetAuthorizationToken, "valid for 12 hours". */
export const TOKEN_HOURS = 12;

/** The password of the user `AWS`: opaque to clients, it carries the region whose registry it opens. */
export function issueToken(
  keys: Keys,
  region: string,
  now: number,
): { readonly password: string; readonly expiresAt: number } {
  const expiresAt = now + TOKEN_HOURS * 3_600_000;
  return { password: keys.seal('registry', { region, expiresAt }), expiresAt };
}

export type TokenVerdict =
  | { readonly ok: true; readonly region: string }
  | { readonly ok: false; readonly why: 'missing' | 'wrong' | 'expired' };

/** Reads `Authorization: Basic …` as ECR does: user `AWS`, and as its password a token that this cloud has issued. */
export function checkToken(keys: Keys, authorization: string | undefined, now: number): TokenVerdict {
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (basic === undefined) return { ok: false, why: 'missing' };
  const [user, password] = split(Buffer.from(basic, 'base64').toString('utf8'));
  if (user !== 'AWS') return { ok: false, why: 'wrong' };
  const token = keys.open('registry', password) as { region: string; expiresAt: number } | undefined;
  if (!token) return { ok: false, why: 'wrong' };
  return token.expiresAt > now ? { ok: true, region: token.region } : { ok: false, why: 'expired' };
}

function split(credentials: string): [string, string] {
  const colon = credentials.indexOf(':');
  return colon < 0 ? [credentials, ''] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
}
