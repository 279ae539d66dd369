/**
 * The address of a host that AWS names without a scheme (App Runner's ServiceUrl, CloudFront's DomainName): https,
 * but http for a loopback host, which can have no public certificate. One that names its scheme is taken as it is.
 * Never ends with a slash.
 */
export function publicUrl(host: string): string {
  const bare = host.replace(/\/+$/, '');
  if (/^https?:\/\//i.test(bare)) return bare;
  return `${/^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?(\/|$)/i.test(bare) ? 'http' : 'https'}://${bare}`;
}
