import { describe, expect, it } from 'vitest';
import { missingIcons, missingReferences, refuseMissing } from '../../../src/parts/site/scan/guards.ts';
import { localReferences } from '../../../src/parts/site/scan/html-refs.ts';
import { matchesPattern } from '../../../src/parts/site/scan/other-paths.ts';

describe('localReferences', () => {
  it.each<[string, string, string, string, string[]]>([
    [
      'scripts and styles',
      '<script type=module src="/assets/a.js"></script><link rel="stylesheet" href=style.css>',
      'docs/index.html',
      '',
      ['assets/a.js', 'docs/style.css'],
    ],
    [
      'pictures',
      `<img src='../i.png' srcset="/a.png 1x, /b.png 2x"><video poster=/p.jpg><source src=v.mp4></video>`,
      'd/x.html',
      '',
      ['i.png', 'a.png', 'b.png', 'p.jpg', 'd/v.mp4'],
    ],
    [
      'queries, fragments and encodings',
      '<img src="/a%20b.png?v=1#x"><img src="/c&amp;d.png">',
      'index.html',
      '',
      ['a b.png', 'c&d.png'],
    ],
    [
      'others’ sites, data and mail',
      '<img src="https://x.example/a.png"><img src="//cdn.example/b.png"><img src="data:image/png;base64,xx"><link rel=icon href="mailto:a@b">',
      'index.html',
      '',
      [],
    ],
    [
      'links that are not loaded',
      '<a href="/page"></a><link rel="canonical" href="/c"><link rel=alternate href="/feed.xml"><iframe src="/route"></iframe>',
      'index.html',
      '',
      [],
    ],
    [
      'preloads and icons',
      '<link rel="modulepreload" href="/m.js"><link rel="shortcut icon" href="/f.ico"><link rel=preload imagesrcset="/q.webp 1x">',
      'index.html',
      '',
      ['m.js', 'f.ico', 'q.webp'],
    ],
    [
      'text that looks like a tag',
      '<!-- <img src="/x.png"> --><script>const s = "<img src=/y.png>"</script><template><img src="/z.png"></template>',
      'index.html',
      '',
      [],
    ],
    ['a base', '<base href="/app/"><script src="a.js"></script>', 'deep/page.html', '', ['app/a.js']],
    [
      'a mount',
      '<script src="/app/a.js"></script><script src="/other/b.js"></script><img src="c.png">',
      'x.html',
      'app',
      ['a.js', 'c.png'],
    ],
    ['folders', '<img src="/"><script src="/dir/"></script>', 'index.html', '', []],
    ['nonsense', '<img src="http://[bad"><img src="%E0%A4%A"><img', 'index.html', '', []],
    [
      'a tag in an attribute',
      `<iframe srcdoc="<img src='/in.png'><script src=/in.js></script>"></iframe><p data-html='<img src="/data.png">' title=it's><img src=/real.png><p title=it's>`,
      'index.html',
      '',
      ['real.png'],
    ],
    [
      'placeholders of templates',
      '<img src="{{ user.avatar }}"><img src="/img/${name}.png"><script src="{% static %}/a.js"></script><img src="%7B%7Bx%7D%7D.png"><img src="<%= logo %>"><img src=/real.png>',
      'index.html',
      '',
      ['real.png'],
    ],
    [
      'quotes in odd places, and tags without an end',
      `<img alt="a > b" src=/a.png><img alt='"' src="/b.png"/><IMG SRC = /c.png><br/><img/src=/d.png><img src=/e.png alt=">never closed`,
      'index.html',
      '',
      ['a.png', 'b.png', 'c.png', 'd.png'],
    ],
    [
      'a title, a frame and a script that is not closed',
      '<title><img src=/x.png></title><iframe><img src=/y.png></iframe><img src=/a.png><script><img src=/z.png>',
      'index.html',
      '',
      ['a.png'],
    ],
    [
      'a data attribute is no source',
      '<img data-src="/lazy.png" src=/real.png>',
      'index.html',
      '',
      ['real.png'],
    ],
  ])('%s', (_name, html, page, base, expected) =>
    expect([...localReferences(html, page, base).keys()]).toEqual(expected),
  );
});

it('what one reading of the mount finds whole is whole', () => {
  const html = '<script src="/app/a.js"></script>';
  const present = (path: string) => path === 'a.js';
  expect(missingReferences(html, 'index.html', ['', 'app'], present)).toEqual([]);
  expect(missingReferences(html, 'index.html', [''], present)).toEqual([
    { page: 'index.html', path: 'app/a.js', loaded: 'file' },
  ]);
});

it('reads a page of nothing but brackets at once', () => {
  const started = performance.now();
  for (const piece of ['<', '<a ', '<a b=', '<!--', '<script', '<p title="'])
    expect([...localReferences(piece.repeat(200_000 / piece.length), 'index.html').keys()]).toEqual([]);
  expect(performance.now() - started).toBeLessThan(5000);
});

it('an icon that is missing is told, and is a file where something else loads it', () => {
  const html =
    '<link rel="shortcut icon" href="/f.ico"><link rel=icon href=/l.svg><img src=/l.svg><link rel=manifest href=/m.json>';
  const missing = missingReferences(html, 'index.html', [''], () => false);
  expect(missingIcons(missing)).toBe('pages name icons that the folder does not have: /f.ico');
  expect(() => refuseMissing(missing)).toThrow(/2 files[\s\S]*\/l.svg[\s\S]*\/m.json/);
  expect(() => refuseMissing(missing.filter(({ path }) => path === 'f.ico'))).not.toThrow();
});

it.each([
  ['/api/users', '/api/*', true],
  ['/api/users', 'api/*', true],
  ['/api', '/api/*', false],
  ['/img/a.jpg', '*.jpg', true],
  ['/img/a.jpeg', '*.jp?g', true],
  ['/img/a.JPG', '*.jpg', false],
  ['/a/b/c', '/a*c', true],
  ['/a/b/d', '/a*c', false],
  [`/${'a'.repeat(5000)}`, `${'*a'.repeat(50)}b`, false],
])('%s, %s', (path, pattern, expected) => expect(matchesPattern(path, pattern)).toBe(expected));
