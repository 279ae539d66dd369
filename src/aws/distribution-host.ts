/** Whether an alternate domain name covers a host. It may have a star for its first label. Pure. */
export function isHostOf(alias: string, host: string): boolean {
  const [name, asked] = [alias.toLowerCase(), host.toLowerCase()];
  return name.startsWith('*.') ? asked.replace(/^[^.]+/, '*') === name : asked === name;
}

/**
 * Path of the site in URLs: the prefix of its keys without what the distribution's origin puts before every path.
 * `undefined` where the origin serves another part of the bucket.
 */
export function mountOf(prefix: string, originPath: string): string | undefined {
  const origin = originPath.replaceAll(/^\/+|\/+$/g, '');
  if (origin === '') return prefix;
  if (prefix === origin) return '';
  return prefix.startsWith(`${origin}/`) ? prefix.slice(origin.length + 1) : undefined;
}
