import { describe, expect, test } from 'vitest';
import { Redactor } from '../../../src/runtime/redactor.ts';
import { Secrets } from '../../../src/runtime/secrets.ts';

/** A password with every sign that one encoding or another changes. */
const SECRET = `p/w+d="it's <R&D>"%é`;
const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('a secret is hidden as', () => {
  test.each([
    ['JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['JSON of PHP', JSON.stringify(SECRET).slice(1, -1).replaceAll('/', '\\/')],
    ['JSON of Go', 'p/w+d=\\"it\'s \\u003cR\\u0026D\\u003e\\"%é'],
    ['URL', encodeURIComponent(SECRET)],
    ['URL, lower case', encodeURIComponent(SECRET).replace(/%../g, (code) => code.toLowerCase())],
    ['a form', new URLSearchParams({ v: SECRET }).toString().slice(2)],
    ['HTML', 'p/w+d=&quot;it&#39;s &lt;R&amp;D&gt;&quot;%é'],
    ['HTML of Python', 'p/w+d=&quot;it&#x27;s &lt;R&amp;D&gt;&quot;%é'],
    ['HTML of Go', 'p/w&#43;d=&#34;it&#39;s &lt;R&amp;D&gt;&#34;%é'],
    ['HTML of Handlebars', 'p/w+d&#x3D;&quot;it&#x27;s &lt;R&amp;D&gt;&quot;%é'],
    [
      'HTML by numbers',
      [...SECRET].map((s) => (/[A-Za-z0-9]/.test(s) ? s : `&#${s.codePointAt(0)};`)).join(''),
    ],
    ['base64', base64(SECRET)],
    ['base64 for URLs', Buffer.from(SECRET).toString('base64url')],
  ])('%s', (_form, text) => {
    const secrets = new Secrets();
    secrets.add(SECRET);
    expect(secrets.hide(`before ${text} after`)).toMatch(/^before \*\*\*=* after$/);
  });

  test.each(['a', 'ab', 'abc', 'admin@example.com'])('the password of %s in basic authentication', (user) => {
    const secrets = new Secrets();
    secrets.add('correct-horse-battery');
    const sent = base64(`${user}:correct-horse-battery`);
    const shown = secrets.hide(sent);
    expect(shown).toContain('***');
    // What is left says nothing but the user, and a letter at most at either end.
    expect(Buffer.from(shown.split('***')[0] ?? '', 'base64').toString()).not.toContain('corr');
  });
});

describe('a plain value of a variable', () => {
  const redactor = new Redactor(['arn:aws:ecs:eu-west-1:1:service/main/api']);
  redactor.plain(['postgres://db.internal/app', 'line one of it\nline "two" of it', 'info', 'eu-west-1']);
  test.each([
    [
      'in an error of AWS',
      "Value 'postgres://db.internal/app' at 'environment' failed",
      "Value '***' at 'environment' failed",
    ],
    ['line by line', 'got: line one of it', 'got: ***'],
    ['as JSON writes it', '{"v":"line \\"two\\" of it"}', '{"v":"***"}'],
    ['stays where it is short', 'level info', 'level info'],
    ['stays where an input says it', 'in eu-west-1', 'in eu-west-1'],
  ])('%s', (_where, text, shown) => expect(redactor.hide(text)).toBe(shown));
});
