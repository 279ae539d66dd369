import { describe, expect, it } from 'vitest';
import { runFunction } from '../../../local-cloud/services/cloudfront/functions/run.ts';
import { previewHost, singlePageApp } from '../../support/edge-functions.ts';

/** The path that a function asks for, or the status that it answers with. */
function answer(code: string, host: string, uri: string): string | number | undefined {
  const { output = '' } = runFunction(code, { request: { uri, headers: { host: { value: host } } } });
  const { uri: asked, statusCode } = JSON.parse(output) as { uri?: string; statusCode?: number };
  return asked ?? statusCode;
}

it.each([
  ['pr-7.preview.example.com', '/about.html', '/previews/pr-7/about.html'],
  ['pr-7.preview.example.com', '/', '/previews/pr-7/index.html'],
  ['pr-123.preview.example.com', '/docs/', '/previews/pr-123/docs/index.html'],
  ['www.preview.example.com', '/about.html', 404],
  ['pr-x.preview.example.com', '/about.html', 404],
  // A path is a path of that preview: nothing leads out of its folder.
  ['pr-7.preview.example.com', '/../pr-8/about.html', '/previews/pr-7/../pr-8/about.html'],
])('%s%s is %s', (host, uri, wanted) => {
  expect(answer(previewHost({ singlePageApp: false }), host, uri)).toBe(wanted);
});

describe('of a single-page app', () => {
  it.each([
    ['/', '/index.html'],
    ['/settings', '/index.html'],
    ['/settings/profile/', '/index.html'],
    ['/v1.2/settings', '/index.html'],
    ['/index.html', '/index.html'],
    ['/assets/app.1a2b3c4d.js', '/assets/app.1a2b3c4d.js'],
    ['/.well-known/apple-app-site-association', '/.well-known/apple-app-site-association'],
  ])('%s is %s, live and in a preview', (uri, wanted) => {
    expect(answer(singlePageApp(), 'www.example.com', uri)).toBe(wanted);
    const preview = previewHost({ singlePageApp: true });
    expect(answer(preview, 'pr-7.preview.example.com', uri)).toBe(`/previews/pr-7${wanted}`);
  });
});
