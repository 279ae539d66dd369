import { CloudFault } from '../../core/service.ts';

/**
 * One page of a list. A token is opaque to the client: the index where the next page starts, in base64url.
 * @throws CloudFault with `code` where the token is not one of ours
 */
export function page<T>(
  items: readonly T[],
  token: string | undefined,
  size: number,
  code = 'InvalidParameterException',
): { readonly items: T[]; readonly next: string | undefined } {
  const start = token === undefined ? 0 : indexOf(token);
  if (start === undefined) throw new CloudFault(code, 'The nextToken is not valid.');
  const end = start + size;
  return {
    items: items.slice(start, end),
    next: end < items.length ? Buffer.from(`at:${end}`).toString('base64url') : undefined,
  };
}

function indexOf(token: string): number | undefined {
  const match = /^at:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  return match?.[1] === undefined ? undefined : Number(match[1]);
}
