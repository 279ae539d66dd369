import { describe, expect, it } from 'vitest';
import { markedPaths } from '../../../src/frontend/build-marks.ts';

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
