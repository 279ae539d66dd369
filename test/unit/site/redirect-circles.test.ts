import { describe, expect, it } from 'vitest';
import { refuseCircle } from '../../../src/parts/site/scan/redirect-circles.ts';
import { parseRedirects } from '../../../src/parts/site/scan/redirects.ts';
import { type Front, pathAt } from '../../../src/parts/site/site.ts';

const front = (fields: Partial<Front> = {}): Front => ({
  siteUrl: 'https://www.example.com',
  aliases: ['example.com', '*.shop.example.com'],
  mount: '',
  signed: true,
  findsFiles: true,
  otherPaths: [],
  errorTtl: 10,
  errorPages: [],
  others: [],
  ...fields,
});
const other = front({ siteUrl: 'https://d1.cloudfront.net', aliases: [] });

describe('the path of a URL at one of the hosts of the site', () => {
  it.each<[string, Partial<Front>, string | undefined]>([
    ['https://www.example.com/a', {}, '/a'],
    ['http://WWW.example.com:80/a?x=1#y', { siteUrl: 'http://www.example.com' }, '/a'],
    ['//example.com/a/', {}, '/a/'],
    ['https://eu.shop.example.com', {}, '/'],
    ['https://shop.example.com/a', {}, undefined],
    ['https://www.example.org/a', {}, undefined],
    ['http://127.0.0.1:8080/a', { siteUrl: 'http://127.0.0.1:8080' }, '/a'],
    ['http://127.0.0.1:8081/a', { siteUrl: 'http://127.0.0.1:8080' }, undefined],
    ['https://d1.cloudfront.net/a', { others: [other] }, '/a'],
    ['https://example.com/docs/a', { mount: 'docs' }, '/a'],
    ['https://example.com/docs', { mount: 'docs' }, '/'],
    ['https://example.com/docsy/a', { mount: 'docs' }, undefined],
    ['https://www.example.com/docs/a', { siteUrl: 'https://www.example.com/docs', mount: 'docs' }, '/a'],
    // A function leads this host to a prefix that no visitor sees.
    ['https://pr-7.example.org/a', { siteUrl: 'https://pr-7.example.org', mount: 'previews/pr-7' }, '/a'],
    ['https://www.example.com/a', { siteUrl: undefined, aliases: [] }, undefined],
    ['https://[', {}, undefined],
  ])('%s', (url, fields, path) => expect(pathAt(front(fields))(url)).toBe(path));
});

describe('redirects', () => {
  const judge = (text: string, files: readonly string[] = []) => {
    const isFile = (path: string) => files.includes(path);
    refuseCircle(parseRedirects(text, isFile), isFile, pathAt(front({ others: [other] })));
  };

  it.each([
    ['/a https://www.example.com/a', 1],
    ['/a /b\n/b https://www.example.com/a', 1],
    ['# moved\n/a https://example.com/b\n/b https://www.example.com/a/', 2],
    ['/a //example.com/a#top', 1],
    ['/x /a\n/a https://eu.shop.example.com/b?from=a\n/b https://d1.cloudfront.net/a', 2],
  ])('that lead in a circle over hosts of the site are refused: %j', (text, line) => {
    expect(() => judge(text)).toThrow(`_redirects, line ${line}: the redirects go in a circle`);
  });

  it.each([
    ['/a https://www.example.com/b', []],
    ['/a https://other.example.org/a', []],
    ['/a https://www.example.com/b\n/b /a.html', ['a.html']],
    ['/a/ https://www.example.com/a', ['a.html']],
  ])('that end at a page or lead away are not: %j', (text, files) => {
    expect(() => judge(text, files)).not.toThrow();
  });
});
