/** Names of parameters whose value lets somebody in, by any part of them: `id_token`, `X-Amz-Signature`, `SAMLResponse`. */
const GUARDED =
  /([?&#;][^=&#;\s"']*?(?:token|code|secret|passw|pwd|sig|key|session|sid|auth|jwt|ticket|saml|credential|assertion|nonce|state)[^=&#;\s"']*=)[^&#;\s"']+/gi;
const LOGIN = /(\/\/)[^/?#\s"'@]+@/g;

/**
 * An address as it may stand in a log or a report. Where a service redirects to, it often hands over a code or a token
 * that nobody has named as a secret: values of parameters that are called so are left out, and so is a login.
 */
export const shownAddress = (address: string): string =>
  address.replace(LOGIN, '$1***@').replace(GUARDED, '$1***');
