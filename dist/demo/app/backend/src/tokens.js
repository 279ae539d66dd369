import { createHmac, timingSafeEqual } from 'node:crypto';

const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

/** A JSON Web Token, HS256, that lives for an hour. */
export function issueToken(secret, claims, now = Date.now()) {
  const body = `${HEADER}.${encode({ ...claims, exp: Math.floor(now / 1000) + 3600 })}`;
  return `${body}.${sign(secret, body)}`;
}

/** The claims of a token of ours that has not expired; else `undefined`. */
export function readToken(secret, token, now = Date.now()) {
  const [header, claims, signature = ''] = token.split('.');
  const expected = Buffer.from(sign(secret, `${header}.${claims}`));
  const given = Buffer.from(signature);
  if (header !== HEADER || given.length !== expected.length || !timingSafeEqual(given, expected))
    return undefined;
  const decoded = JSON.parse(Buffer.from(claims, 'base64url').toString());
  return decoded.exp * 1000 > now ? decoded : undefined;
}

function sign(secret, text) {
  return createHmac('sha256', secret).update(text).digest('base64url');
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
