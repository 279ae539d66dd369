/** Hours that an ECR authorization token is good for: GetAuthorizationToken, "valid for 12 hours". */
export const TOKEN_HOURS = 12;

/** The password of the user `AWS`: opaque to clients, it carries the region whose registry it opens. */
export function issueToken(region: string, now: number): { password: string; expiresAt: number } {
  const expiresAt = now + TOKEN_HOURS * 3_600_000;
  const password = Buffer.from(JSON.stringify({ version: '2', type: 'DATA_KEY', region, expiresAt }));
  return { password: password.toString('base64'), expiresAt };
}

export type TokenVerdict =
  | { readonly ok: true; readonly region: string }
  | { readonly ok: false; readonly why: 'missing' | 'wrong' | 'expired' };

/** Reads `Authorization: Basic …` as ECR does: user `AWS`, a token of GetAuthorizationToken as the password. */
export function checkToken(authorization: string | undefined, now: number): TokenVerdict {
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (basic === undefined) return { ok: false, why: 'missing' };
  const [user, password = ''] = split(Buffer.from(basic, 'base64').toString('utf8'));
  if (user !== 'AWS') return { ok: false, why: 'wrong' };
  try {
    const token = JSON.parse(Buffer.from(password, 'base64').toString('utf8')) as Record<string, unknown>;
    if (typeof token['region'] !== 'string' || typeof token['expiresAt'] !== 'number')
      return { ok: false, why: 'wrong' };
    return token['expiresAt'] > now ? { ok: true, region: token['region'] } : { ok: false, why: 'expired' };
  } catch {
    return { ok: false, why: 'wrong' };
  }
}

function split(credentials: string): [string, string] {
  const colon = credentials.indexOf(':');
  return colon < 0 ? [credentials, ''] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
}
