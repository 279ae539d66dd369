import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { COMMANDS, PLANNABLE } from '../../../src/cli/commands.ts';
import { repositoryOf } from '../../../src/cli/context.ts';
import { parseFlags } from '../../../src/cli/flags.ts';
import { commandHelp, generalHelp } from '../../../src/cli/help.ts';
import { recoveryAdvice } from '../../../src/cli/recovery.ts';
import { Terminal } from '../../../src/cli/terminal.ts';
import { readFileCommand, readLine } from '../../../src/cli/workflow-commands.ts';
import { nearest } from '../../../src/runtime/nearest.ts';

const rollback = COMMANDS['rollback'] as NonNullable<(typeof COMMANDS)[string]>;
const inputs = (args: string[], env = {}) => parseFlags(rollback, args, env).inputs;

describe('flags', () => {
  it.each<[string[], Record<string, string>]>([
    [['--to', 'v1'], { to: 'v1' }],
    [['--to=v1'], { to: 'v1' }],
    [['--reason=a=b c'], { reason: 'a=b c' }],
    [['v1', '--dry-run'], { to: 'v1', 'dry-run': 'true' }],
    [['--dry-run', 'false'], { 'dry-run': 'false' }],
    [['--dry-run', 'v1'], { 'dry-run': 'true', to: 'v1' }],
    [['--no-rollback-on-failure'], { 'rollback-on-failure': 'false' }],
    [['--to='], { to: '' }],
  ])('%j', (args, expected) => {
    expect(inputs(args)).toEqual(expected);
  });

  it('may come from the environment, and the command line wins', () => {
    const env = { WWHD_RELEASE_BUCKET: 'b', WWHD_TO: 'v1' };
    expect(inputs(['--to', 'v2'], env)).toEqual({ 'release-bucket': 'b', to: 'v2' });
  });

  it.each<[string[], RegExp]>([
    [['--tto', 'v1'], /there is no flag --tto[\s\S]*did you mean --to\?/],
    [['--to'], /--to needs a value/],
    [['--to', '--dry-run'], /--to needs a value/],
    [['v1', 'v2'], /unexpected argument "v2"/],
    [['--no-to'], /there is no flag --no-to/],
    [['--not-a-flag-of-ours'], /there is no flag[\s\S]*next: --help lists them/],
  ])('refuses %j', (args, words) => {
    expect(() => inputs(args)).toThrow(words);
  });
});

describe("Node's own --env-file", () => {
  it('leaves ours to us, and does not load the file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'wwhd-env-file-'));
    writeFileSync(join(folder, 'prod.env'), 'OF_THE_APP=1\n');
    writeFileSync(
      join(folder, 'say.mjs'),
      'console.log(JSON.stringify([process.argv.slice(2), process.env.OF_THE_APP ?? null]));',
    );
    for (const args of [['--env-file=prod.env'], ['--env-file', 'prod.env']]) {
      const said = execFileSync(process.execPath, ['say.mjs', ...args], { cwd: folder, encoding: 'utf8' });
      expect(JSON.parse(said)).toEqual([args, null]);
      const deploy = COMMANDS['deploy-backend'] as NonNullable<(typeof COMMANDS)[string]>;
      expect(parseFlags(deploy, args, {}).inputs).toMatchObject({ 'env-file': 'prod.env' });
    }
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('preflight', () => {
  const preflight = COMMANDS['preflight'] as NonNullable<(typeof COMMANDS)[string]>;

  it("takes the action's inputs as flags", () => {
    const args = ['--bucket', 'my-site', '--distribution=E1ABCDEF', '--alarms', 'HighErrorRate'];
    expect(parseFlags(preflight, args, { WWHD_REPOSITORY: 'api' }).inputs).toMatchObject({
      bucket: 'my-site',
      distribution: 'E1ABCDEF',
      alarms: 'HighErrorRate',
    });
  });

  it('changes nothing, and so has no plan', () => {
    expect(PLANNABLE).not.toContain('preflight');
  });
});

describe('help', () => {
  it('names every command, and every flag of each', () => {
    for (const [name, command] of Object.entries(COMMANDS)) {
      expect(generalHelp()).toContain(name);
      for (const input of Object.keys(command.action.inputs)) {
        expect(commandHelp(name, command)).toContain(`--${input}`);
      }
    }
  });
});

describe('what a bundle says', () => {
  it.each([
    ['plain', { kind: 'text', text: 'plain' }],
    ['::group::Plan', { kind: 'group', text: 'Plan' }],
    ['::endgroup::', { kind: 'end-group' }],
    ['::error::a%0Ab 100%25', { kind: 'error', text: 'a\nb 100%' }],
    ['::warning file=a.yml,line=3::text: more', { kind: 'warning', text: 'text: more' }],
    ['::error title=smoke check: x,file=a.yml,line=3::said already', { kind: 'debug', text: 'said already' }],
    ['::add-mask::secret', { kind: 'mask', text: 'secret' }],
    ['::progress::1 of 2', { kind: 'progress', text: '1 of 2' }],
    ['::set-env name=a::b', { kind: 'nothing' }],
    ['::not a command', { kind: 'text', text: '::not a command' }],
  ])('%s', (line, said) => {
    expect(readLine(line)).toEqual(said);
  });

  it.each([
    ['a<<X\n1\n2\nX\nb<<Y\n\nY\n', { a: '1\n2', b: '' }],
    ['a<<X\n1\nX\nb<<Y\ncut off', { a: '1' }],
    ['a<<X\n', {}],
    ['a<<X', {}],
    ['no command\na<<X\n1\nX', { a: '1' }],
  ])('is read from its files: %j', (text, values) => {
    expect(readFileCommand(text)).toEqual(values);
  });
});

describe('the terminal', () => {
  const screen = (isTTY: boolean) => {
    const written: string[] = [];
    const write = (text: string) => void written.push(text);
    return { written, screen: { write, isTTY, columns: () => 80, colours: false } };
  };

  it('shows lines as they come, and hides what is masked', () => {
    const { written, screen: plain } = screen(false);
    const terminal = new Terminal(plain, { verbose: false, now: () => 0 });
    const lines = [
      '::add-mask::hunter2',
      '::group::Plan',
      'the word is hunter2',
      '::endgroup::',
      '::debug::x',
    ];
    for (const line of lines) terminal.show(readLine(line));
    terminal.show(readLine('::error::no%0A  next: yes'));
    terminal.end('refused', false);
    expect(written.join('')).toBe('Plan\n  the word is ***\nerror: no\n    next: yes\n✗ refused in 0ms\n');
  });

  it('writes progress seldom where every line stays', () => {
    const { written, screen: plain } = screen(false);
    let now = 0;
    const terminal = new Terminal(plain, { verbose: false, now: () => now });
    for (; now < 25_000; now += 1000) terminal.show({ kind: 'progress', text: `at ${now}` });
    expect(written.join('')).toBe('  at 0\n  at 10000\n  at 20000\n');
  });
});

describe('the live line of a terminal', () => {
  it('is one line whatever it says, is redrawn in place, and leaves nothing behind', () => {
    vi.useFakeTimers();
    let shown = '';
    const screen = {
      write: (text: string) => {
        shown += text;
      },
      isTTY: true,
      columns: () => 20,
      colours: false,
    };
    const terminal = new Terminal(screen, { verbose: false, now: () => 0 });
    terminal.show({ kind: 'progress', text: 'a\nb\u001b[2Jc '.repeat(9) });
    vi.advanceTimersByTime(350);
    const frames = shown.split('\r\u001b[2K');
    expect(frames).toHaveLength(3);
    for (const frame of frames) expect(frame).toMatch(/^[⠋-⠿] 0ms {2}a bc a bc a $/);
    shown = '';
    terminal.show({ kind: 'text', text: 'a container says \u001b]0;title\u0007\u001b[31mred\rover' });
    terminal.end('deployed', true);
    vi.useRealTimers();
    expect(shown).toBe('\r\u001b[2Ka container says red␍over\n✓ deployed in 0ms\n');
  });
});

describe('the run on a laptop', () => {
  it.each([
    ['git@github.com:org/app.git', 'org/app'],
    ['https://github.com/org/app.git', 'org/app'],
    ['https://github.com/org/app', 'org/app'],
    ['ssh://git@host:2222/org/app.git', 'org/app'],
    ['org/app', 'org/app'],
    ['', ''],
  ])('has the repository of %s', (remote, expected) => {
    expect(repositoryOf(remote)).toBe(expected);
  });
});

describe('nearest', () => {
  it.each([
    ['rollbak', 'rollback'],
    ['histroy', 'history'],
    ['pre-flight', 'preflight'],
    ['xyz', undefined],
  ])('%s', (word, expected) => {
    expect(nearest(word, ['rollback', 'history', 'plan', 'preflight'])).toBe(expected);
  });
});

describe('who leaves at once', () => {
  const left = (name: string, given: Record<string, string>) =>
    recoveryAdvice({
      name,
      action: (COMMANDS[name] as NonNullable<(typeof COMMANDS)[string]>).action,
      inputs: given,
      program: 'node dist/cli/index.js',
    });

  it('is told how things stand and what recovers', () => {
    expect(
      left('deploy-frontend', {
        source: './my dist',
        bucket: 'site',
        'release-bucket': 'backup',
        environment: 'staging',
        'github-token': 'ghs_secret',
      }),
    ).toBe(
      [
        'left at once: what was under way was neither finished nor put back, and its lock stays until it expires',
        "  to put it right, run it again: node dist/cli/index.js deploy-frontend --source './my dist' --bucket site --release-bucket backup --environment staging --github-token …",
        '  or go back: node dist/cli/index.js rollback --environment staging --release-bucket backup',
      ].join('\n'),
    );
  });

  it.each([
    ['history', {}],
    ['smoke-test', {}],
    ['rollback', { 'dry-run': 'true' }],
  ])('is told nothing by %s %j, which changes nothing', (name, given) => {
    expect(left(name, given)).toBeUndefined();
  });
});
