import { describe, expect, it } from 'vitest';
import { markedPaths } from '../../../src/parts/site/scan/build-marks.ts';
import { blazorPaths, integritiesOf, ngswPaths } from '../../../src/parts/site/scan/more-marks.ts';

describe('markedPaths', () => {
  it.each<[string, unknown, string[]]>([
    [
      'create-react-app',
      {
        files: { 'main.js': '/static/js/main.abcdefgh.js', 'index.html': '/index.html' },
        entrypoints: ['x'],
      },
      ['static/js/main.abcdefgh.js'],
    ],
    ['webpack', { 'app.css': 'css/app.zzzzzz.css', 'app.js': 'app.js' }, ['css/app.zzzzzz.css']],
    ['Django', { paths: { 'css/base.css': 'css/base.0123456789ab.css' } }, ['css/base.0123456789ab.css']],
    [
      'Vite',
      {
        'src/main.ts': {
          file: 'js/main-settings.js',
          name: 'main',
          src: 'src/main.ts',
          css: ['css/main-SETTINGS.css'],
        },
        '_shared.js': { file: 'js/shared-abcdefgh.js', name: 'shared' },
        'src/icon-settings.svg': { file: 'icon-settings.svg', src: 'src/icon-settings.svg' },
      },
      ['js/main-settings.js', 'css/main-SETTINGS.css', 'js/shared-abcdefgh.js'],
    ],
    ['names without a hash', { 'src/main.ts': { file: 'main.js', name: 'main', src: 'src/main.ts' } }, []],
    ['another host', { 'main.js': 'https://cdn.example/main.abcdefgh.js' }, []],
    ['a web app', { name: 'My app', icons: [{ src: 'icon-darkmode.svg' }], start_url: '/', id: '/' }, []],
    ['a list', ['main.js'], []],
    ['nothing', null, []],
  ])('%s', (_tool, value, expected) => expect(markedPaths(JSON.stringify(value))).toEqual(expected));

  it('takes what is no JSON for no list', () => expect(markedPaths('<html>')).toEqual([]));
});

describe('what else tells that a build made a name', () => {
  it('ngsw.json, below its index', () => {
    const hashTable = {
      '/app/main-SETTINGS.js': 'sha1',
      '/app/media/logo-HOLIDAYS.svg': 'sha1',
      '/app/main.0123456789abcdef0123.js': 'sha1',
      '/app/assets/icon-darkMode.svg': 'sha1',
      '/app/favicon.ico': 'sha1',
      '/other/main-SETTINGS.js': 'sha1',
    };
    expect(ngswPaths(JSON.stringify({ index: '/app/index.html', hashTable }))).toEqual([
      ...['main-SETTINGS.js', 'media/logo-HOLIDAYS.svg', 'main.0123456789abcdef0123.js'],
    ]);
    for (const text of ['', '[]', 'null', '{"hashTable":1}', '{"hashTable":{"/a":1}}'])
      expect(ngswPaths(text)).toEqual([]);
  });
  it('blazor.boot.json', () => {
    const fingerprinting = { 'App.aaaaaaaaaa.wasm': 'App.wasm', 'icudt.dat': 'icudt.dat' };
    expect(blazorPaths(JSON.stringify({ resources: { fingerprinting } }))).toEqual([
      '_framework/App.aaaaaaaaaa.wasm',
    ]);
    for (const text of ['', 'null', '{"resources":{}}']) expect(blazorPaths(text)).toEqual([]);
  });
  it('integrities of a page', () => {
    const html =
      '<script src="/a.js" integrity="sha384-AbC+/="></script><link rel=stylesheet href=b.css integrity=sha256-x><script src="https://cdn.example/c.js" integrity="sha512-y"></script><script src=/d.js integrity="md5-z"></script><!-- <script src=/e.js integrity=sha256-x> -->';
    expect(integritiesOf(html)).toEqual([
      { url: '/a.js', algorithm: 'sha384', digest: 'AbC+/=' },
      { url: 'b.css', algorithm: 'sha256', digest: 'x' },
    ]);
  });
});
