// A CloudFront function on viewer request: finds the file of an address as people and links write it (/about/, /about), and
// leads the host of a preview to its folder. Terraform writes the constant `settings` in front.
// https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
// biome-ignore-start lint/correctness/noUndeclaredVariables: Terraform declares `settings`.
// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
function handler(event) {
  const request = event.request;
  request.uri = fileOf(request.uri);
  if (!settings.previews) return request;
  const host = request.headers.host ? request.headers.host.value : '';
  const preview = /^(pr-[0-9]+)\./.exec(host);
  if (!preview) return { statusCode: 404, statusDescription: 'Not Found' };
  request.uri = `/previews/${preview[1]}${request.uri}`;
  return request;
}

function fileOf(uri) {
  const name = uri.slice(uri.lastIndexOf('/') + 1);
  // A file has a dot in its name; some are known without: what is under /.well-known, LICENSE, CNAME.
  if (name.includes('.') || /^[A-Z]+$/.test(name) || name === 'apple-app-site-association') return uri;
  if (uri.startsWith('/.well-known/')) return uri;
  const address = uri.replace(/\/+$/, '');
  if (address === '') return '/index.html';
  const isPage = settings.pages.some((page) => address === page || address.startsWith(`${page}/`));
  // A route of the app is no file; what is named as a page is none of its routes.
  if (settings.singlePageApp && !isPage) return '/index.html';
  if (settings.cleanUrls === 'none') return uri.endsWith('/') ? `${uri}index.html` : uri;
  return address + (settings.cleanUrls === 'file' ? '.html' : '/index.html');
}
// biome-ignore-end lint/correctness/noUndeclaredVariables: Terraform declares `settings`.
