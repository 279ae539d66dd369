import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
// @ts-expect-error plain JavaScript
import { newestVersion, releaseSteps } from '../../scripts/release.mjs';
import { root } from '../support/dist.ts';

describe('the newest version of a changelog', () => {
  it.each([
    ['## 1.2.3 - 2026-11-23\n\n- a\n\n## 1.2.2\n\n- b\n', '1.2.3', '- a'],
    ['# Changelog\n\n## Unreleased\n\n## [2.0.0-rc.1] - soon\n\ntext\n', '2.0.0-rc.1', 'text'],
    ['## v0.1.0\n\n### Added\n\n- x\n', '0.1.0', '### Added\n\n- x'],
  ])('%j', (text, version, notes) => {
    expect(newestVersion(text)).toEqual({ version, notes });
  });

  it.each([
    ['nothing here', /no version/],
    ['## Unreleased\n\n- a\n\n## 1.0.0\n\n- b\n', /Unreleased/],
    ['## 1.0.0\n\n## 0.9.0\n\n- b\n', /says nothing about 1.0.0/],
  ])('is refused in %j', (text, said) => {
    expect(() => newestVersion(text)).toThrow(said);
  });
});

describe('the steps of a release', () => {
  const of = (version: string, tags: Record<string, string> = {}) =>
    (releaseSteps({ version, commit: 'c1', assets: ['a.tar.gz'] }, { tags }) as string[][]).map((s) =>
      s.join(' '),
    );

  it('push the exact tag first, and move the major tag last', () => {
    const steps = of('1.2.3');
    expect(steps[1]).toBe('git push origin refs/tags/v1.2.3');
    expect(steps[2]).toMatch(/^gh release create v1\.2\.3 a\.tar\.gz --verify-tag/);
    expect(steps.at(-1)).toBe('git push --force origin refs/tags/v1');
    expect(steps.filter((s) => s.includes('release create'))).toHaveLength(1);
  });

  it('go on where an earlier run stopped after the tag', () => {
    expect(of('1.2.3', { 'v1.2.3': 'c1' })[0]).toMatch(/^gh release create/);
  });

  it('never move a released version', () => {
    expect(() => of('1.2.3', { 'v1.2.3': 'c0' })).toThrow(/never moved/);
  });

  it('leave the major tag alone for a pre-release, and have none for version 0', () => {
    expect(of('2.0.0-rc.1').join()).not.toContain('refs/tags/v2 ');
    expect(of('2.0.0-rc.1').at(-1)).toContain('--prerelease');
    expect(of('0.4.0').join()).not.toContain('--force');
  });
});

describe('a dry run of the script', () => {
  let dir: string;
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: dir,
      encoding: 'utf8',
    }).trim();
  const script = (...args: string[]) =>
    spawnSync(process.execPath, [join(root, 'scripts/release.mjs'), ...args, '--root', dir], {
      encoding: 'utf8',
    });

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'wwhd-release-'));
    const origin = join(dir, '.origin.git');
    execFileSync('git', ['init', '--quiet', '--bare', origin]);
    git('init', '--quiet', '--initial-branch=main');
    git('remote', 'add', 'origin', origin);
    writeFileSync(join(dir, '.gitignore'), '.build\n.origin.git\n');
    writeFileSync(join(dir, 'package.json'), '{"version":"1.0.0"}');
    writeFileSync(join(dir, 'CHANGELOG.md'), '# Changelog\n\n## 1.0.0 - 2026-11-23\n\n- First.\n');
    git('add', '--all');
    git('commit', '--quiet', '--message', 'first');
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('says each step, and does none', () => {
    expect(script('plan').stdout).toContain('git push origin refs/tags/v1.0.0');
    const dry = script('publish', '--dry-run');
    expect(dry.status, dry.stderr).toBe(0);
    expect(dry.stdout.match(/^would run: /gm)).toHaveLength(5);
    expect(git('tag')).toBe('');
    expect(git('ls-remote', 'origin')).toBe('');
  });

  it('packs the same bytes each time, with the checksum that belongs to them', () => {
    expect(script('pack').status).toBe(0);
    const path = join(dir, '.build/release/wwhd-deploy-1.0.0.tar.gz');
    const first = readFileSync(path);
    expect(script('pack').status).toBe(0);
    expect(readFileSync(path).equals(first)).toBe(true);
    const checked = spawnSync('sha256sum', ['--check', 'wwhd-deploy-1.0.0.tar.gz.sha256'], {
      cwd: join(dir, '.build/release'),
    });
    expect(checked.status).toBe(0);
    expect(readFileSync(join(dir, '.build/release/notes.md'), 'utf8')).toBe('- First.\n');
  });

  it('refuses changes that are not committed, and a version that package.json does not have', () => {
    writeFileSync(join(dir, 'new.txt'), '');
    expect(script('plan').stderr).toContain('commit them first');
    writeFileSync(join(dir, 'package.json'), '{"version":"1.0.1"}');
    expect(script('plan').stderr).toContain('package.json says 1.0.1');
  });

  it('publishes, and goes on where an earlier run stopped after the release', () => {
    // Knows a release once it has made it.
    const bin = join(dir, '.build/bin');
    mkdirSync(bin, { recursive: true });
    const made = join(dir, '.build/made');
    const gh = [
      '#!/bin/sh',
      `echo "$@" >>"${dir}/.build/gh.log"`,
      `if [ "$2" = view ]; then test -e "${made}"; else touch "${made}"; fi`,
      '',
    ].join('\n');
    writeFileSync(join(bin, 'gh'), gh, { mode: 0o755 });
    const publish = () =>
      spawnSync(process.execPath, [join(root, 'scripts/release.mjs'), 'publish', '--root', dir], {
        encoding: 'utf8',
        env: { ...process.env, PATH: `${bin}:${process.env['PATH']}`, GH_TOKEN: 'x' },
      });
    expect(publish().stderr).toContain('run `pack` first');
    expect(script('pack').status).toBe(0);
    const first = publish();
    expect(first.status, first.stderr).toBe(0);
    const remote = () =>
      git('ls-remote', '--tags', 'origin')
        .split('\n')
        .map((line) => line.split('\t')[1]);
    expect(remote()).toEqual(expect.arrayContaining(['refs/tags/v1', 'refs/tags/v1.0.0']));
    git('push', '--quiet', 'origin', ':refs/tags/v1');
    const again = publish();
    expect(again.status, again.stderr).toBe(0);
    expect(again.stdout).toContain('v1.0.0 is published already');
    expect(remote()).toContain('refs/tags/v1');
    expect(readFileSync(join(dir, '.build/gh.log'), 'utf8').match(/release create/g)).toHaveLength(1);
  });
});
