import { describe, expect, test } from 'vitest';
import { actionsLog } from '../../../src/github/actions-log.ts';
import { harmlessLine, harmlessLines, LINE_LIMIT, onOneLine } from '../../../src/runtime/foreign.ts';
import { code, fenced, link, plain } from '../../../src/runtime/markdown.ts';
import { Redactor } from '../../../src/runtime/redactor.ts';

/**
 * The runner's own rules for what is a command, after actions/runner src/Runner.Common/ActionCommand.cs: version 2 trims
 * the line and asks for `::` at its start, version 1 looks for `##[` anywhere. Lines end at CR, LF or CRLF.
 */
function obeyed(printed: string): string[] {
  return printed
    .split(/\r\n|\r|\n/)
    .filter((line) => /^[\s\u0085]*::.*::/.test(line) || line.includes('##['));
}

const HOSTILE = [
  '::add-mask::production',
  '  \t::stop-commands::x',
  '\u00a0\u3000::save-state name=undo::{}',
  '\u0085::set-env name=PATH::/tmp',
  'harmless ##[error]no',
  '####[add-mask]production',
  '\u001b[0m::warning::red',
  '#\u001b[1m#[group]x',
  '##\u0000[error]x',
  'first\r::add-mask::b',
  'first\r\n::add-mask::b',
  '\u001b]0;title\u0007::debug::x',
  '\u009b31m::debug::x',
  '\u202e::debug::x',
  'x\u2028::debug::x',
];

describe('a line of others', () => {
  test.each<[string, string]>([
    ['plain text, 100% of it', 'plain text, 100% of it'],
    ['a\tb', 'a\tb'],
    ['::add-mask::x', '· ::add-mask::x'],
    ['  ::error::x', '  · ::error::x'],
    ['not at its start ::error::x', 'not at its start ::error::x'],
    ['##[error]x', '# #[error]x'],
    ['\u001b[31mred\u001b[0m', 'red'],
    ['\u001b]8;;https://evil.example\u0007link', 'link'],
    ['a\rb', 'a␍b'],
    ['ends with CR\r', 'ends with CR'],
    ['bell \u0007 null \u0000', 'bell ␇ null ␀'],
    ['\u202egnp.exe', '\ufffdgnp.exe'],
    ['家族 👩‍👩‍👧 é', '家族 👩‍👩‍👧 é'],
  ])('%j is shown as %j', (text, shown) => expect(harmlessLine(text)).toBe(shown));

  test('a very long one is cut, and says how long it was', () => {
    const shown = harmlessLine('x'.repeat(1_000_000));
    expect(shown).toBe(`${'x'.repeat(LINE_LIMIT)}… (1000000 characters)`);
  });

  test.each([
    '\u001b['.repeat(50_000),
    `\u001b]${'x'.repeat(100_000)}`,
    '##['.repeat(33_000),
    ' '.repeat(100_000),
  ])('costs no more than its length (%#)', (text) => {
    const took = [1, 2, 3, 4, 5].map(() => {
      const started = performance.now();
      harmlessLines(text);
      return performance.now() - started;
    });
    expect(Math.min(...took)).toBeLessThan(100);
  });

  test('a line break makes no line that looks like one of ours', () => {
    expect(harmlessLines('stopped: x\nrelease 1 is live\n::error::y')).toEqual([
      'stopped: x',
      '  release 1 is live',
      '  · ::error::y',
    ]);
    expect(onOneLine('a\n  b\r\nc')).toBe('a b c');
  });

  test('of very many lines the first ones are shown', () => {
    const shown = harmlessLines('x\n'.repeat(10_000));
    expect(shown).toHaveLength(501);
    expect(shown.at(-1)).toBe('  … more lines are left out');
  });
});

describe('the log of a job', () => {
  const logged = async (say: (log: ReturnType<typeof actionsLog>) => unknown, live = false) => {
    let written = '';
    const redactor = new Redactor(['production', 'https://api.example.com']);
    const write = (text: string) => {
      written += text;
    };
    const log = actionsLog({ redactor, write, now: () => 0, live });
    await say(log);
    return written;
  };

  test.each(HOSTILE)('%j is no command, whichever way it comes', async (text) => {
    expect(
      obeyed(
        await logged((log) => {
          log.info(text);
          log.info(`  ${text}`);
          log.info(`ours: ${text}\n${text}`);
          log.progress(text);
        }),
      ),
    ).toEqual([]);
    const annotated = await logged(async (log) => {
      const at = { title: text, file: text };
      log.notice(text, at);
      log.warning(text, at);
      log.error(text, at);
      log.debug(text);
      await log.group(text, async () => {});
    });
    const commands = obeyed(annotated).map((line) => line.replace(/^::([a-z]+).*$/, '$1'));
    expect(commands).toEqual(['notice', 'warning', 'error', 'debug', 'group', 'endgroup']);
    expect(annotated).not.toContain('##[');
    expect(obeyed(await logged((log) => log.progress(text), true))).toHaveLength(1);
  });

  test('what is hidden stands in no line, in whatever form', async () => {
    const secret = 'p/ss "word"';
    const written = await logged((log) => {
      log.mask(secret);
      log.conceal(['postgres://db.internal/app', 'production', 'info', 'https://api.example.com'], []);
      log.info(`said ${secret} and ${JSON.stringify(secret).replaceAll('/', '\\/')}`);
      log.info(`basic ${Buffer.from(`user:${secret}`).toString('base64')}`);
      log.error(`found postgres://db.internal/app in production, at info, of https://api.example.com`);
    });
    const [mask, ...lines] = written.trimEnd().split('\n');
    expect(mask).toBe(`::add-mask::${secret}`);
    expect(lines).toEqual([
      'said *** and "***"',
      expect.stringMatching(/^basic \w{5,8}\*\*\*\S{0,3}$/),
      '::error::found *** in production, at info, of https://api.example.com',
    ]);
  });

  test('a part of a name that is printed on purpose is not hidden', async () => {
    const written = await logged((log) => {
      log.conceal(['api.example.com', 'db-password'], ['https://api.example.com', undefined]);
      log.info('https://api.example.com answers; db-password');
    });
    expect(written).toBe('https://api.example.com answers; ***\n');
  });
});

describe('what looks like a credential is hidden, wherever it comes from', () => {
  const token = `IQoJb3JpZ2luX2VjE${'Ab1+/'.repeat(20)}==`;
  test.each<[string, string]>([
    [`The security token ${token} is expired`, 'The security token *** is expired'],
    [`x-amz-security-token:${token.slice(5)}`, 'x-amz-security-token:***'],
    ['<Token-0>abcdef</Token-0>', '<Token-0>***</Token-0>'],
    ['X-Amz-Signature=0123abcd&x=1', 'X-Amz-Signature=***&x=1'],
    ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer ***'],
    ['token ghs_0123456789abcdefghijABCDEFGHIJ!', 'token ***!'],
    ['via http://user:pa55@proxy.example:8080/', 'via http://user:***@proxy.example:8080/'],
    ['arn:aws:iam::111122223333:role/x', 'arn:aws:iam::111122223333:role/x'],
    ['s3://bucket/key@2x.png', 's3://bucket/key@2x.png'],
  ])('%j', (text, shown) => expect(new Redactor().hide(text)).toBe(shown));
});

describe('text of others in Markdown', () => {
  test.each<[string, string]>([
    ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
    ['![x](https://evil.example/?q)', '!\\[x\\](https://evil.example/?q)'],
    ['\\[x](y)', '\\\\\\[x\\](y)'],
    ['a | b\n| c |', 'a \\| b \\| c \\|'],
    ['# heading', '\\# heading'],
    ['input `name`: no', 'input `name`: no'],
  ])('%j as text', (text, shown) => expect(plain(text)).toBe(shown));

  test.each<[string, string]>([
    ['a', '`a`'],
    ['a`b', '`` a`b ``'],
    ['a|b\nc', '`a\\|b c`'],
    ['', '` `'],
  ])('%j as code', (text, shown) => expect(code(text)).toBe(shown));

  test('no line ends its block', () => {
    expect(fenced(['a', '````', '::x::'])).toBe('`````text\na\n````\n· ::x::\n`````');
  });

  test('an address that is none makes no link', () => {
    expect(link('https://a.example/x')).toBe('[https://a.example/x](https://a.example/x)');
    expect(link('javascript:alert(1)')).toBe('`javascript:alert(1)`');
    expect(link('https://a.example/) [x](y')).toBe('`https://a.example/) [x](y`');
  });
});
