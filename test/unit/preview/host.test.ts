import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runFunction } from '../../../local-cloud/services/cloudfront/functions/run.ts';
import { root } from '../../support/dist.ts';

const source = readFileSync(join(root, 'infra/terraform/preview-host.js'), 'utf8');

it.each([
  ['pr-7.preview.example.com', '/about.html', '/previews/pr-7/about.html'],
  ['pr-7.preview.example.com', '/', '/previews/pr-7/index.html'],
  ['pr-123.preview.example.com', '/docs/', '/previews/pr-123/docs/index.html'],
  ['www.preview.example.com', '/about.html', 404],
  ['pr-x.preview.example.com', '/about.html', 404],
  // A path is a path of that preview: nothing leads out of its folder.
  ['pr-7.preview.example.com', '/../pr-8/about.html', '/previews/pr-7/../pr-8/about.html'],
])('%s%s is %s', (host, uri, wanted) => {
  const { output = '' } = runFunction(source, { request: { uri, headers: { host: { value: host } } } });
  const answer = JSON.parse(output) as { uri?: string; statusCode?: number };
  expect(answer.uri ?? answer.statusCode).toBe(wanted);
});
