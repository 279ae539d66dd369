import { describe, expect, it } from 'vitest';
import { runFunction } from '../../../local-cloud/services/cloudfront/functions/run.ts';
import { cleanUrls, type UrlSettings } from '../../support/edge-functions.ts';

function fileOf(settings: UrlSettings, uri: string): string | undefined {
  const { output = '' } = runFunction(cleanUrls(settings), { request: { uri, headers: {} } });
  return (JSON.parse(output) as { uri?: string }).uri;
}

describe('the file of an address', () => {
  it.each([
    ['/', '/index.html', '/index.html', '/index.html'],
    ['/about', '/about/index.html', '/about.html', '/about'],
    ['/about/', '/about/index.html', '/about.html', '/about/index.html'],
    ['/docs/v1.2/guide', '/docs/v1.2/guide/index.html', '/docs/v1.2/guide.html', '/docs/v1.2/guide'],
    ['/about.html', '/about.html', '/about.html', '/about.html'],
    ['/about/index.html', '/about/index.html', '/about/index.html', '/about/index.html'],
    ['/assets/app.1a2b3c4d.js', ...Array(3).fill('/assets/app.1a2b3c4d.js')],
    ['/_next/data/x/about.json', ...Array(3).fill('/_next/data/x/about.json')],
    ['/LICENSE', '/LICENSE', '/LICENSE', '/LICENSE'],
    ['/.well-known/security', ...Array(3).fill('/.well-known/security')],
    ['/apple-app-site-association', ...Array(3).fill('/apple-app-site-association')],
    ['/caf%C3%A9/', '/caf%C3%A9/index.html', '/caf%C3%A9.html', '/caf%C3%A9/index.html'],
  ])('%s', (uri, folder, file, none) => {
    const found = (['folder', 'file', 'none'] as const).map((cleanUrls) => fileOf({ cleanUrls }, uri));
    expect(found).toEqual([folder, file, none]);
  });
});

describe('of a single-page app that has pages beside it', () => {
  const settings = { singlePageApp: true, pages: ['/about', '/blog'] };
  it.each([
    ['/settings', '/index.html'],
    ['/about', '/about/index.html'],
    ['/about/', '/about/index.html'],
    ['/blog/2026/one', '/blog/2026/one/index.html'],
    ['/blogs', '/index.html'],
    ['/about.html', '/about.html'],
  ])('%s', (uri, wanted) => expect(fileOf(settings, uri)).toBe(wanted));
});
