// The scripts of the composite action `test`, run as its steps run them.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wwhd-test-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

const write = (files: Record<string, string>) => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
};
function script(name: string, env: Record<string, string>, cwd = dir) {
  const files = { GITHUB_OUTPUT: join(dir, '.output'), GITHUB_STEP_SUMMARY: join(dir, '.summary') };
  for (const path of Object.values(files)) writeFileSync(path, '');
  const run = spawnSync('bash', [join(root, 'actions/test', name)], {
    cwd,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...files, ...env },
  });
  const outputs = Object.fromEntries(
    readFileSync(files.GITHUB_OUTPUT, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return {
    status: run.status,
    log: run.stdout + run.stderr,
    outputs,
    summary: readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8'),
  };
}
const detect = (files: Record<string, string>, env: Record<string, string> = {}) => {
  write(files);
  return script('detect.sh', { FOLDER: '.', ...env });
};

describe('what a folder needs', () => {
  const rows: Array<[string, Record<string, string>, Record<string, string>, Record<string, string>]> = [
    [
      'requirements',
      { 'requirements.txt': '' },
      {},
      {
        kind: 'python',
        'python-version': '3.13',
        'python-cache': 'pip',
        'python-lock': './requirements.txt',
      },
    ],
    [
      'a Python that is named',
      { 'requirements.txt': '', '.python-version': '3.12' },
      {},
      { 'python-version-file': './.python-version' },
    ],
    [
      'a Python in pyproject',
      { 'pyproject.toml': 'requires-python = ">=3.11"' },
      {},
      { 'python-version-file': './pyproject.toml' },
    ],
    [
      'a Python that is given',
      { 'requirements.txt': '', '.python-version': '3.12' },
      { PYTHON_VERSION: '3.11' },
      { 'python-version': '3.11' },
    ],
    [
      'npm',
      { 'package.json': '{}', 'package-lock.json': '{}' },
      {},
      { kind: 'node', 'node-version': '24', 'node-cache': 'npm', 'node-lock': './package-lock.json' },
    ],
    [
      'engines',
      { 'package.json': '{"engines":{"node":">=20"}}' },
      {},
      { 'node-version-file': './package.json' },
    ],
    [
      'both',
      { 'package.json': '{}', 'pyproject.toml': '' },
      {},
      { kind: 'python node', 'node-version': '24', 'python-version': '3.13' },
    ],
    ['a command alone', {}, { COMMAND: 'make test' }, { kind: 'none' }],
  ];
  it.each(rows)('%s', (_name, files, env, outputs) => {
    const run = detect(files, env);
    expect(run.status, run.log).toBe(0);
    expect(run.outputs).toMatchObject(outputs);
  });

  it('refuses a folder that is not there, and one that it cannot tell', () => {
    expect(detect({}, { FOLDER: 'nope' })).toMatchObject({
      status: 2,
      log: expect.stringContaining('names no folder'),
    });
    expect(detect({})).toMatchObject({
      status: 2,
      log: expect.stringContaining('neither a Python nor a Node'),
    });
  });
});

describe('running', () => {
  const run = (command: string) =>
    script('run.sh', { KIND: 'none', COMMAND: command, TITLE: 'Tests', FOLDER: 'app' });

  it('passes, and says so', () => {
    const passed = run('echo one; echo two');
    expect(passed).toMatchObject({ status: 0, outputs: { outcome: 'passed' } });
    expect(passed.summary).toContain('### Tests: passed');
  });

  it('fails with the command, its code and its last lines', () => {
    const failed = run('echo "a line"; false; echo never');
    expect(failed).toMatchObject({ status: 1, outputs: { outcome: 'failed' } });
    expect(failed.summary).toContain('a line');
    expect(failed.log).not.toMatch(/^never$/m);
    expect(failed.log).toContain('::error title=Tests::');
    expect(run('exit 5 | cat').outputs['outcome']).toBe('failed');
  });

  it('runs the script `test` of a Node folder', () => {
    write({
      'package.json': '{"scripts":{"test":"node --test"}}',
      'a.test.js': "require('node:test')('x', () => {})",
    });
    const node = script('run.sh', { KIND: 'node', TITLE: 'Tests', FOLDER: '.' });
    expect(node.outputs['outcome'], node.log).toBe('passed');
  });
});

describe('secrets of a test or a build', () => {
  const run = (
    secrets: string,
    command = 'test "$NPM_TOKEN" = "a=b c" && echo "$OTHER" && test -z "${SECRETS-}"',
  ) => script('run.sh', { KIND: 'none', COMMAND: command, SECRETS: secrets, TITLE: 'T', FOLDER: '.' });

  it('are variables of the command, and masked before it runs', () => {
    const ran = run('# a comment\nNPM_TOKEN=a=b c\r\n  OTHER=50%\n');
    expect(ran.status, ran.log).toBe(0);
    expect(ran.log.indexOf('::add-mask::a=b c\n')).toBeGreaterThanOrEqual(0);
    expect(ran.log).toContain('::add-mask::50%25\n');
    expect(ran.log.indexOf('::add-mask::')).toBeLessThan(ran.log.indexOf('::group::'));
  });

  it.each(['hunter2', 'A-B=hunter2', 'PATH=hunter2', 'GITHUB_TOKEN=hunter2', 'EMPTY='])(
    'are refused where a line is %j, and masked all the same',
    (line) => {
      const ran = run(`FIRST=other\n${line}`);
      expect(ran.status).toBe(2);
      expect(ran.log).toMatch(/::error::input `secrets`.*line 2/);
      expect(ran.log).not.toContain('::group::');
      if (line.includes('hunter2')) expect(ran.log.match(/hunter2/g)).toHaveLength(1);
      expect(ran.log).toContain('::add-mask::other');
    },
  );

  it('may be none', () => {
    expect(run('', 'true').status).toBe(0);
    expect(script('install.sh', { KIND: 'none', SECRETS: '' }).status).toBe(0);
  });
});

describe('what a test prints', () => {
  /** What the runner would obey: `::` at the start of a line after white space, `##[` anywhere; lines end at CR or LF. */
  const obeyed = (log: string) =>
    log.split(/\r\n|\r|\n/).filter((line) => /^[\s\u0085]*::.*::/.test(line) || line.includes('##['));

  const HOSTILE = [
    '::add-mask::production',
    '  \\t::stop-commands::x',
    'a ##[error]no',
    '\\033[31m::save-state name=undo::{}',
    '\\302\\205::set-env name=PATH::/tmp',
    '\\302\\240::debug::nbsp',
    'first\\r::warning::b',
    '````\\n<img src=x>',
  ];

  it('is no command to the runner, and ends no block of the summary', () => {
    const command = `printf '${HOSTILE.join('\\n')}\\n'; exit 3`;
    const run = script('run.sh', {
      KIND: 'none',
      COMMAND: command,
      TITLE: 'Te,st:s',
      FOLDER: 'a\n::error::b',
    });
    expect(run.status).toBe(1);
    expect(obeyed(run.log).map((line) => line.replace(/^(::[a-z]+).*$/, '$1'))).toEqual([
      '::group',
      '::endgroup',
      '::error',
    ]);
    expect(run.log).toContain('· ::add-mask::production');
    expect(run.log).toContain('::error title=Te%2Cst%3As::');
    expect(run.log).toContain(' ended with 3 in a%0A::error::b');
    expect(run.summary.match(/````/g)).toHaveLength(2);
  });

  it('is cut where a line is very long, and comes through whole else', () => {
    const run = script('run.sh', {
      KIND: 'none',
      COMMAND: "printf 'äöü 100%% \\t|\\n'; head -c 100000 /dev/zero | tr '\\0' x",
      TITLE: 'T',
      FOLDER: '.',
    });
    expect(run.status).toBe(0);
    expect(run.log).toContain('äöü 100% \t|\n');
    expect(Math.max(...run.log.split('\n').map((line) => line.length))).toBeLessThan(4100);
  });

  it('gets no file that steers the runner', () => {
    const run = script('run.sh', {
      KIND: 'none',
      COMMAND: 'echo "env: ${GITHUB_ENV-none} output: ${GITHUB_OUTPUT-none} state: ${GITHUB_STATE-none}"',
      GITHUB_ENV: '/dev/null',
      GITHUB_STATE: '/dev/null',
      TITLE: 'T',
      FOLDER: '.',
    });
    expect(run.log).toContain('env: none output: none state: none');
    expect(run.outputs['outcome']).toBe('passed');
  });

  it('of an installation too', () => {
    write({ 'package.json': JSON.stringify({ scripts: { postinstall: "echo '::add-mask::production'" } }) });
    const run = script('install.sh', { KIND: 'node', npm_config_foreground_scripts: 'true' });
    expect(run.status, run.log).toBe(0);
    expect(run.log).toContain('· ::add-mask::production');
    expect(obeyed(run.log).map((line) => line.replace(/^(::[a-z]+).*$/, '$1'))).toEqual([
      '::group',
      '::notice',
      '::endgroup',
    ]);
  });
});
