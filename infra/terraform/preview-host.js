// A CloudFront function: leads https://pr-7.preview.example.com/about.html to the folder of that preview in the bucket.
// Any other host has no preview. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
// Terraform writes the constant `singlePageApp` in front: with it, routes are answered as single-page-app.js answers them.
// biome-ignore-start lint/correctness/noUndeclaredVariables: Terraform declares it.
// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
function handler(event) {
  const request = event.request;
  const host = request.headers.host ? request.headers.host.value : '';
  const preview = /^(pr-[0-9]+)\./.exec(host);
  if (!preview) return { statusCode: 404, statusDescription: 'Not Found' };
  const isFile = /\.[^/]+$/.test(request.uri) || request.uri.startsWith('/.well-known/');
  const index = request.uri.endsWith('/') ? `${request.uri}index.html` : request.uri;
  const page = singlePageApp && !isFile ? '/index.html' : index;
  request.uri = `/previews/${preview[1]}${page}`;
  return request;
}
// biome-ignore-end lint/correctness/noUndeclaredVariables: Terraform declares it.
