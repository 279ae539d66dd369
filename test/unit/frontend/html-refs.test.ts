import { describe, expect, it } from 'vitest';
import { missingReferences } from '../../../src/frontend/guards.ts';
import { localReferences } from '../../../src/frontend/html-refs.ts';

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
      'a data attribute is no source',
      '<img data-src="/lazy.png" src=/real.png>',
      'index.html',
      '',
      ['real.png'],
    ],
  ])('%s', (_name, html, page, base, expected) =>
    expect(localReferences(html, page, base)).toEqual(expected),
  );
});

it('what one reading of the mount finds whole is whole', () => {
  const html = '<script src="/app/a.js"></script>';
  const present = (path: string) => path === 'a.js';
  expect(missingReferences(html, 'index.html', ['', 'app'], present)).toEqual([]);
  expect(missingReferences(html, 'index.html', [''], present)).toEqual([
    { page: 'index.html', path: 'app/a.js' },
  ]);
});
