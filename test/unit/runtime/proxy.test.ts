import { describe, expect, test } from 'vitest';
import { proxyFor, proxySecrets, readProxies } from '../../../src/runtime/proxy.ts';

const shown = (env: Record<string, string>, url: string) =>
  proxyFor(readProxies(env), new URL(url))?.href ?? 'direct';

describe('which proxy a request goes through', () => {
  test.each<[env: Record<string, string>, url: string, through: string]>([
    [{}, 'https://a.test/', 'direct'],
    [{ HTTPS_PROXY: 'http://p:3128' }, 'https://a.test/', 'http://p:3128/'],
    [{ HTTPS_PROXY: 'http://p:3128' }, 'http://a.test/', 'direct'],
    [{ HTTP_PROXY: 'http://p:3128' }, 'http://a.test/', 'http://p:3128/'],
    [{ HTTP_PROXY: 'http://p:3128' }, 'https://a.test/', 'direct'],
    [{ https_proxy: 'http://low:1', HTTPS_PROXY: 'http://up:1' }, 'https://a.test/', 'http://low:1/'],
    [{ https_proxy: '', HTTPS_PROXY: 'http://up:1' }, 'https://a.test/', 'http://up:1/'],
    [{ HTTPS_PROXY: 'p.internal:3128' }, 'https://a.test/', 'http://p.internal:3128/'],
    [{ HTTPS_PROXY: 'https://p:443' }, 'https://a.test/', 'https://p/'],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://127.0.0.1:8080/', 'direct'],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://127.9.9.9/', 'direct'],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://[::1]:80/', 'direct'],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://api.localhost/', 'direct'],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://localhost/', 'direct'],
    [{ HTTP_PROXY: 'http://p:1' }, 'http://localhost.test/', 'http://p:1/'],
  ])('%j: %s by %s', (env, url, through) => expect(shown(env, url)).toBe(through));
});

describe('NO_PROXY', () => {
  test.each<[no: string, url: string, direct: boolean]>([
    ['*', 'https://a.test/', true],
    ['a.test', 'https://a.test/', true],
    ['a.test', 'https://A.TEST./', true],
    ['a.test', 'https://b.a.test/', true],
    ['a.test', 'https://ba.test/', false],
    ['.a.test', 'https://b.a.test/', true],
    ['.a.test', 'https://a.test/', true],
    ['*.a.test', 'https://b.a.test/', true],
    ['amazonaws.com', 'https://ecs.us-west-2.amazonaws.com/', true],
    ['x.test, a.test', 'https://a.test/', true],
    ['x.test a.test', 'https://a.test/', true],
    ['a.test:8443', 'https://a.test:8443/', true],
    ['a.test:8443', 'https://a.test/', false],
    ['a.test:443', 'https://a.test/', true],
    ['10.0.0.1', 'https://10.0.0.1:4566/', true],
    ['10.0.0.1:4566', 'https://10.0.0.1:4566/', true],
    ['10.0.0.1:4567', 'https://10.0.0.1:4566/', false],
    ['10.0.0.0/8', 'https://10.1.2.3/', true],
    ['10.0.0.0/8', 'https://11.1.2.3/', false],
    ['10.0.0.0/8', 'https://ten.test/', false],
    ['10.0.0.0/99', 'https://10.1.2.3/', false],
    ['fd00::2', 'https://[fd00::2]/', true],
    ['[fd00::2]:443', 'https://[fd00::2]/', true],
    ['fd00:0:0:0:0:0:0:2', 'https://[fd00::2]/', true],
    ['fd00::/8', 'https://[fd00::1]/', true],
    ['a.test', 'https://10.0.0.1/', false],
    ['', 'https://a.test/', false],
    ['__proto__,constructor', 'https://a.test/', false],
  ])('%s: %s is asked directly: %s', (no, url, direct) => {
    for (const name of ['NO_PROXY', 'no_proxy'])
      expect(shown({ HTTPS_PROXY: 'http://p:1', [name]: no }, url)).toBe(direct ? 'direct' : 'http://p:1/');
  });
});

test.each(['socks5://u:secret@p:1', 'http://', 'http://u:secret@:x', 'ftp://p'])(
  'a proxy that cannot be used is refused, and not shown: %s',
  (value) => {
    expect(() => readProxies({ HTTPS_PROXY: value })).toThrow(/HTTPS_PROXY is no address of a proxy/);
    expect(() => readProxies({ HTTPS_PROXY: value })).not.toThrow(/secret/);
  },
);

test('what is secret of a proxy: its password as it stands, as it is meant and as it is sent', () => {
  expect(proxySecrets(readProxies({ HTTPS_PROXY: 'http://u:p%40ss@p:1' }))).toEqual([
    'p%40ss',
    'p@ss',
    Buffer.from('u:p@ss').toString('base64'),
  ]);
});
