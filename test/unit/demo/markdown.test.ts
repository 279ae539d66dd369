import { describe, expect, test } from 'vitest';
import { renderMarkdown } from '../../../demo/page/markdown.ts';

const EXAMPLES: readonly (readonly [what: string, markdown: string, html: string])[] = [
  ['a heading', '### deployed', '<h3>deployed</h3>'],
  ['a paragraph', 'one\ntwo', '<p>one\ntwo</p>'],
  [
    'emphasis',
    '**bold** and *lean* and ~~gone~~',
    '<p><strong>bold</strong> and <em>lean</em> and <del>gone</del></p>',
  ],
  ['stars that are no emphasis', '2 * 3 * 4', '<p>2 * 3 * 4</p>'],
  ['code keeps its inside', '`a **b** <c>`', '<p><code>a **b** &lt;c&gt;</code></p>'],
  ['a link', '[run](https://x.test/1)', '<p><a href="https://x.test/1">run</a></p>'],
  [
    'an address as its own link',
    '[https://x.test/1](https://x.test/1)',
    '<p><a href="https://x.test/1">https://x.test/1</a></p>',
  ],
  ['a link to a script is text', '[x](javascript:alert(1))', '<p>[x](javascript:alert(1))</p>'],
  ['a bare address', 'see https://x.test/a', '<p>see <a href="https://x.test/a">https://x.test/a</a></p>'],
  [
    'an address in code',
    '<code>GET https://x.test &lt;a&gt;</code>',
    '<code>GET https://x.test &lt;a&gt;</code>',
  ],
  ['an unknown tag is text', '<script>x</script>', '<p>&lt;script&gt;x&lt;/script&gt;</p>'],
  ['attributes are dropped', 'a<br onclick="x">b', '<p>a<br>b</p>'],
  ['an escaped character', 'a \\* b \\| c', '<p>a * b | c</p>'],
  ['an entity', 'a &amp; b & c', '<p>a &amp; b &amp; c</p>'],
  ['a fence', '```text\n<a>\n**b**\n```', '<pre><code>&lt;a&gt;\n**b**</code></pre>'],
  [
    'a diff',
    '```diff\n+ a\n- b\n```',
    '<pre><code><span class="added">+ a</span>\n<span class="removed">- b</span></code></pre>',
  ],
  ['a list', '- a\n- b', '<ul><li>a</li><li>b</li></ul>'],
  ['a nested list', '1. a\n   - b\n2. c', '<ol><li>a<ul><li>b</li></ul></li><li>c</li></ol>'],
  ['a task', '- [x] done', '<ul><li>☑ done</li></ul>'],
  ['a rule', '---', '<hr>'],
  ['a quote', '> a', '<blockquote><p>a</p></blockquote>'],
  [
    'an alert',
    '> [!WARNING]\n> a',
    '<div class="alert warning"><p class="alert-title">Warning</p><p>a</p></div>',
  ],
  [
    'details',
    '<details open><summary>Plan</summary>\n\n- a\n\n</details>',
    '<details open><summary>Plan</summary>\n<ul><li>a</li></ul>\n</details>',
  ],
  [
    'a table',
    '| a | b |\n| --- | ---: |\n| x \\| y | `1` |',
    '<table><thead><tr><th>a</th><th class="right">b</th></tr></thead><tbody><tr><td>x | y</td><td class="right"><code>1</code></td></tr></tbody></table>',
  ],
];

describe('a job summary as GitHub shows it', () => {
  test.each(EXAMPLES)('%s', (_what, markdown, html) => expect(renderMarkdown(markdown)).toBe(html));
});
