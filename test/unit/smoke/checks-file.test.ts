import { describe, expect, test } from 'vitest';
import { ActionError } from '../../../src/runtime/errors.ts';
import { type Annotation, silentLog } from '../../../src/runtime/log.ts';
import { parseChecks, selectChecks } from '../../../src/smoke/index.ts';

const env = { GITHUB_SHA: 'a'.repeat(40), TOKEN: 'supersecret-1', EMPTY: '', BROKEN: 'line one\nline two' };
const parse = (text: string) => parseChecks(text, { env, file: 'checks.yml' });
const file = (check: string) => `version: 1\nbase-url: https://api.example.com\nchecks:\n${check}`;

/** The lines `file:line:column  path what` of a refusal. */
function mistakesIn(text: string): readonly string[] {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ActionError) return error.problem.details ?? [error.message];
    throw error;
  }
  return [];
}

describe('a mistake is told with its line, its column, what was found and the nearest right word', () => {
  test.each([
    [
      'unknown key',
      '  - get: /a\n    expekt: {}',
      'checks.yml:5:5  checks[0].expekt is not a key here; did you mean `expect`?',
    ],
    [
      'another tool’s word',
      '  - url: /a',
      'checks.yml:4:5  checks[0].url is not a key here; did you mean `get`?',
    ],
    [
      'no request',
      '  - name: a',
      'checks.yml:4:5  checks[0] has no request; give it one such as `get: /health`',
    ],
    ['two requests', '  - get: /a\n    post: /b', 'checks.yml:5:5  checks[0].post stands beside `get`'],
    [
      'a path without slash',
      '  - get: health',
      'checks.yml:4:10  checks[0].get must be a path that starts with / or an address that starts with https://, found "health"; did you mean `/health`?',
    ],
    [
      'credentials in an address',
      '  - get: https://u:p@x.example/',
      'checks.yml:4:10  checks[0].get holds a user or a password',
    ],
    [
      'status',
      '  - get: /a\n    expect: { status: 20O }',
      'checks.yml:5:23  checks[0].expect.status must be a status such as 200, a class such as 2xx or a range such as 200-204, found "20O"',
    ],
    [
      'a duration without unit',
      '  - get: /a\n    timeout: 10',
      'checks.yml:5:14  checks[0].timeout must be a duration such as 500ms, 10s or 2m, found "10"; did you mean 10s?',
    ],
    [
      'a duration out of range',
      '  - get: /a\n    timeout: 20m',
      'checks.yml:5:14  checks[0].timeout must be from 1ms to 10m, found "20m"',
    ],
    [
      'gate',
      '  - get: /a\n    gate: rolback',
      'checks.yml:5:11  checks[0].gate must be one of rollback, warn, found "rolback"; did you mean `rollback`?',
    ],
    ['body with get', '  - get: /a\n    body: hi', 'checks.yml:5:5  checks[0].body cannot be sent with GET'],
    [
      'two bodies',
      '  - post: /a\n    body: hi\n    form: { a: b }',
      'checks.yml:6:5  checks[0].form stands beside `body`',
    ],
    [
      'json path',
      '  - get: /a\n    expect: { json: { status: ok } }',
      'checks.yml:5:23  checks[0].expect.json.status "status" is not a path: it must start with $, as in $.status or $.items[0].id; did you mean `$.status`?',
    ],
    [
      'a mapping where equals is meant',
      '  - get: /a\n    expect: { json: { $.user: { id: 1 } } }',
      'checks.yml:5:33  checks[0].expect.json.$.user.id is not a key here',
    ],
    [
      'pattern',
      '  - get: /a\n    expect: { body: { matches: "(" } }',
      'checks.yml:5:32  checks[0].expect.body.matches is not a regular expression: /(/su: Unterminated group',
    ],
    [
      'type of a header',
      '  - get: /a\n    expect: { headers: { etag: { type: string } } }',
      'checks.yml:5:34  checks[0].expect.headers.etag.type asks for a JSON type',
    ],
    [
      'sha256',
      '  - get: /a\n    expect: { sha256: abc }',
      'checks.yml:5:23  checks[0].expect.sha256 must be the 64 hexadecimal digits',
    ],
    [
      'latency without limit',
      '  - get: /a\n    expect: { latency: { samples: 3 } }',
      'checks.yml:5:24  checks[0].expect.latency has no limit such as p95: 800ms',
    ],
    [
      'tls',
      '  - get: /a\n    expect: { tls: { protocol: TLS1.2 } }',
      'checks.yml:5:32  checks[0].expect.tls.protocol must be one of TLSv1',
    ],
    [
      'unset variable',
      '  - get: /a\n    headers: { x: "${TOKE}" }',
      'checks.yml:5:19  checks[0].headers.x uses ${TOKE}, which is not set in the environment; did you mean `TOKEN`?',
    ],
    [
      'empty variable',
      '  - get: /a\n    headers: { x: "${EMPTY}" }',
      'checks.yml:5:19  checks[0].headers.x uses ${EMPTY}, which is set but empty: an expression such as ${{ secrets.EMPTY }} expands to nothing',
    ],
    [
      'a value with a line break in a header',
      '  - get: /a\n    headers: { x: "${BROKEN}" }',
      'checks.yml:5:19  checks[0].headers.x holds a line break',
    ],
    [
      'not a reference',
      '  - get: /a\n    headers: { x: "${no such}" }',
      'checks.yml:5:19  checks[0].headers.x ${no such} is not a reference',
    ],
    [
      'unknown capture',
      '  - get: /a\n    headers: { x: "${capture.tokn}" }\n  - get: /b\n    capture: { token: $.t }',
      'checks.yml:4:5  check "GET /a" uses ${capture.tokn}, which no check captures; did you mean `${capture.token}`?',
    ],
    [
      'unknown need',
      '  - get: /a\n    name: log in\n  - get: /b\n    needs: login',
      'checks.yml:6:5  check "GET /b" needs "login", which is not the name of a check; did you mean "log in"?',
    ],
    [
      'same name',
      '  - get: /a\n  - get: /a',
      'checks.yml:5:5  check "GET /a" has the name of the check on line 4',
    ],
    [
      'circle',
      '  - get: /a\n    needs: GET /b\n  - get: /b\n    needs: GET /a',
      'checks.yml:4:5  check "GET /a" needs itself: GET /a → GET /b → GET /a',
    ],
    [
      'own capture',
      '  - get: "/a/${capture.x}"\n    capture: { x: $.x }',
      'checks.yml:4:5  check "GET /a/${capture.x}" needs itself',
    ],
    [
      'capture of several',
      '  - get: /a\n    capture: { x: "$.a[*]" }',
      'checks.yml:5:19  checks[0].capture.x selects several values',
    ],
    ['empty list', '  []', 'checks.yml:4:3  checks is empty: a file without checks would always pass'],
    ['duplicate key', '  - get: /a\n    get: /b', 'checks.yml:5:5  is not YAML: Map keys must be unique'],
    ['not YAML', '  - get: [', 'checks.yml:4:11  is not YAML: '],
  ])('%s', (_name, check, mistake) => {
    const said = mistakesIn(file(check));
    expect(said.some((line) => line.startsWith(mistake)) || said.join('\n')).toBe(true);
  });

  test.each([
    ['nothing', '', 'a checks file is a mapping with `version: 1` and `checks`, found nothing'],
    ['a list', '- get: /a', 'found a list'],
    ['no version', 'checks: [{ get: /a }]', 'has no `version`; begin it with `version: 1`'],
    ['another version', 'version: 2\nchecks: [{ get: /a }]', 'must be 1, found "2"'],
    ['no checks', 'version: 1', 'has no `checks`'],
    [
      'base-url',
      'version: 1\nbase-url: api.example.com\nchecks: [{ get: /a }]',
      'must be an address such as https://api.example.com',
    ],
    [
      'release without a word about it',
      'version: 1\nrelease: { get: /a }\nchecks: [{ get: /a }]',
      'does not say which release must answer',
    ],
    [
      'a capture among the defaults',
      'version: 1\ndefaults: { headers: { a: "${capture.x}" } }\nchecks: [{ get: /a, capture: { x: $.x } }]',
      'belongs under `headers` of the checks',
    ],
  ])('%s', (_name, text, mistake) => expect(mistakesIn(text).join('\n')).toContain(mistake));

  test('all mistakes of a file at once, in its order, each annotated on its line', () => {
    const at: (Annotation | undefined)[] = [];
    const log = { ...silentLog, error: (_message: string, place?: Annotation) => void at.push(place) };
    const text = file('  - get: /a\n    timeout: 1\n    gate: x\n  - got: /b\n');
    expect(() => parseChecks(text, { env, file: 'checks.yml', log })).toThrow(
      /has 4 mistakes; no request was made/,
    );
    expect(at.map((place) => [place?.file, place?.startLine])).toEqual([
      ['checks.yml', 5],
      ['checks.yml', 6],
      ['checks.yml', 7],
      ['checks.yml', 7],
    ]);
  });

  test('the value of a variable is in no mistake', () => {
    const said = mistakesIn(`version: 1\nbase-url: "\${TOKEN}"\nchecks: [{ get: /a }]`).join('\n');
    expect(said).toContain('${TOKEN}');
    expect(said).not.toContain('supersecret-1');
  });
});

describe('what a file means', () => {
  test('the example of the design', () => {
    const checks = parse(`
version: 1
base-url: https://api.example.com/
warmup: { path: /health, budget: 120s }
defaults: { timeout: 10s, retry: { budget: 60s, consecutive: 3 } }
checks:
  - name: API is healthy and is this commit
    gate: rollback            # or warn
    get: /health
    expect:
      status: 200
      json: { $.commit: "\${GITHUB_SHA}" }
      headers: { content-type: { contains: json } }
      latency: { p95: 800ms, samples: 10 }
      tls: { expires-in: ">14d" }
`);
    const [check] = checks.checks;
    expect(checks).toMatchObject({
      baseUrl: 'https://api.example.com',
      warmup: { budget: 120_000 },
      parallel: 10,
    });
    expect(check).toMatchObject({ gate: 'rollback', retry: { budget: 60_000, consecutive: 3 }, line: 7 });
    expect(check?.expect.map(({ key }) => key)).toEqual(['status', 'headers', 'json', 'latency', 'tls']);
    expect(checks.secrets.values()).toEqual([]);
  });

  test('values of the environment are secrets, except GitHub’s own and those made public', () => {
    const text = `version: 1\npublic: [SHOWN]\nchecks:\n  - get: https://x.example/\n    headers: { a: "\${TOKEN}", b: "\${SHOWN}", c: "\${GITHUB_SHA}", d: "\${GITHUB_TOKEN}" }\n`;
    const { secrets } = parseChecks(text, {
      file: 'f',
      env: { ...env, SHOWN: 'shown-value', GITHUB_TOKEN: 'ghs_token' },
    });
    expect(secrets.hide(`supersecret-1 shown-value ${env.GITHUB_SHA} ghs_token`)).toBe(
      `*** shown-value ${env.GITHUB_SHA} ***`,
    );
  });

  test('defaults in a reference, and a dollar that is none', () => {
    const [check] = parse(file('  - post: /q\n    body: "${NONE:-x} $${TOKEN} $5"')).checks;
    expect(check?.request.body?.text.of(new Map())).toBe('x ${TOKEN} $5');
  });

  test('a captured value keeps its type in JSON', () => {
    const [, check] = parse(
      file(
        '  - get: /a\n    capture: { id: $.id }\n  - post: /b\n    body: { id: "${capture.id}", name: "n-${capture.id}" }',
      ),
    ).checks;
    expect(check?.request.body?.text.of(new Map([['id', 7]]))).toBe('{"id":7,"name":"n-7"}');
    expect(check?.needs).toEqual(['GET /a']);
  });

  test('a redirect that is expected is not followed', () => {
    const redirects = (check: string) => parse(file(check)).checks[0]?.request.redirects;
    expect(redirects('  - get: /a\n    expect: { status: 301 }')).toBe(0);
    expect(redirects('  - get: /a\n    expect: { redirect: { ends-with: /b } }')).toBe(0);
    expect(redirects('  - get: /a\n    expect: { status: [200, 301] }')).toBe(5);
    expect(redirects('  - get: /a\n    redirects: none')).toBe(0);
  });

  test('anchors and aliases', () => {
    const [, second] = parse(
      file('  - get: /a\n    expect: &ok { status: 204 }\n  - get: /b\n    expect: *ok'),
    ).checks;
    expect(
      second?.expect[0]?.judge({ answer: { status: 204, statusText: '' }, hide: String } as never)[0]?.ok,
    ).toBe(true);
  });

  test('an anchor that contains itself is a mistake, not a hang', () => {
    expect(mistakesIn(file('  - post: /a\n    body: &a [*a]')).join()).toMatch(/nested deeper than 32/);
  });

  test('a few anchors that stand for billions of values are a mistake too', () => {
    const lines = Array.from(
      { length: 12 },
      (_, i) => `  - &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
    );
    const text = `${file('  - post: /a\n    body:\n')}      - &l0 [x, x]\n${lines.map((line) => `    ${line}`).join('\n')}\n`;
    expect(mistakesIn(text).join()).toMatch(/more than 50000 values/);
  });

  test('an unset base-url is none where the caller has one', () => {
    const text = 'version: 1\nbase-url: ${SITE_URL}\nchecks: [{ get: /a }]';
    expect(parseChecks(text, { env, file: 'f', baseUrlFollows: true })).toMatchObject({
      baseUrl: undefined,
      needsBaseUrl: true,
    });
    expect(() => parse(text)).toThrow(/SITE_URL/);
  });
});

describe('tags', () => {
  const checks = parse(
    file(
      '  - { get: /a, tags: critical, needs: GET /login }\n  - { get: /b, tags: [slow, critical] }\n  - get: /login\n  - get: /c',
    ),
  );
  const selected = (...tags: string[]) => selectChecks(checks, tags).checks.map(({ name }) => name);
  test.each([
    [[], ['GET /a', 'GET /b', 'GET /login', 'GET /c']],
    [['critical'], ['GET /a', 'GET /b', 'GET /login']],
    [
      ['critical', '!slow'],
      ['GET /a', 'GET /login'],
    ],
    [['!critical'], ['GET /login', 'GET /c']],
  ])('%j', (tags, names) => expect(selected(...tags)).toEqual(names));
  test('an unknown one is refused', () => expect(() => selected('critcal')).toThrow(/did you mean critical/));
});
