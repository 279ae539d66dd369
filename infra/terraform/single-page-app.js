// A CloudFront function: answers every route of a single-page app with the app itself, and leaves files alone, so that a
// missing one is a 404. https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/functions-event-structure.html
// biome-ignore lint/correctness/noUnusedVariables: CloudFront calls it by this name.
function handler(event) {
  const request = event.request;
  // A file has a dot in its last name; what is under /.well-known may have none.
  const isFile = /\.[^/]+$/.test(request.uri) || request.uri.startsWith('/.well-known/');
  if (!isFile) request.uri = '/index.html';
  return request;
}
