// A release of this repository, in three steps that release.yml calls. Each says what it does; with `--dry-run` it does
// no more than that.
//   node scripts/release.mjs plan      what is released, and whether it can be; writes version, tag, major as outputs
//   node scripts/release.mjs pack      the archive of exactly what the tag holds, and its checksum
//   node scripts/release.mjs publish   the tag, the release, then the moving major tag
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * The newest version of a changelog, and its notes: `## 1.2.3 - 2026-11-23` or `## [1.2.3] …`. A heading `Unreleased`
 * above it must have nothing below it: what is not in the changelog is not released.
 * @param {string} changelog
 */
export function newestVersion(changelog) {
  const sections = changelog.split(/^## /m).slice(1);
  for (const section of sections) {
    const [heading = '', ...rest] = section.split('\n');
    const notes = rest.join('\n').trim();
    const version = /^\[?v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.]+)?)\]?/.exec(heading)?.[1];
    if (version) {
      if (!notes) throw new Error(`CHANGELOG.md says nothing about ${version}`);
      return { version, notes };
    }
    if (/unreleased/i.test(heading) && notes)
      throw new Error('CHANGELOG.md has changes under "Unreleased": give them a version first');
  }
  throw new Error('CHANGELOG.md has no version: write a heading such as "## 1.0.0 - 2026-11-23"');
}

/**
 * The steps of a release as commands, in the order in which they are safe: the exact tag first and never again, the
 * release on it, and the moving tag last, for users follow that one.
 * @param {{ version: string, commit: string, assets: string[] }} release
 * @param {{ tags: Record<string, string> }} known tags that exist, with their commits
 */
export function releaseSteps({ version, commit, assets }, { tags }) {
  const tag = `v${version}`;
  const [major] = version.split('.');
  const prerelease = version.includes('-');
  if (tags[tag] && tags[tag] !== commit)
    throw new Error(`the tag ${tag} is there already, on ${tags[tag]}: a released version is never moved`);
  const steps = [];
  if (!tags[tag]) {
    steps.push(['git', 'tag', '--annotate', '--message', `wwhd-deploy ${version}`, tag, commit]);
    steps.push(['git', 'push', 'origin', `refs/tags/${tag}`]);
  }
  const flags = ['--verify-tag', '--title', tag, '--notes-file', '.build/release/notes.md'];
  steps.push(['gh', 'release', 'create', tag, ...assets, ...flags, ...(prerelease ? ['--prerelease'] : [])]);
  // The moving tag has no release of its own: an immutable release would nail it down.
  if (!prerelease && major !== '0') {
    steps.push(['git', 'tag', '--force', `v${major}`, commit]);
    steps.push(['git', 'push', '--force', 'origin', `refs/tags/v${major}`]);
  }
  return steps;
}

function run([command, ...args], cwd, options = {}) {
  const done = spawnSync(command, args, { cwd, encoding: 'utf8', ...options });
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${done.status}: ${done.stderr ?? done.error}`);
  return done.stdout.trim();
}

/** Tags of the origin, or of this clone where it has no origin, to the commits that they stand on. */
function knownTags(cwd) {
  const remote = spawnSync('git', ['ls-remote', '--tags', 'origin'], { cwd, encoding: 'utf8' });
  const text = remote.status === 0 ? remote.stdout : run(['git', 'show-ref', '--tags', '--dereference'], cwd);
  const tags = {};
  for (const line of text.split('\n')) {
    const match = /^([0-9a-f]{40,64})\s+refs\/tags\/(.+?)(\^\{\})?$/.exec(line);
    // An annotated tag is listed twice; the second line, with ^{}, has the commit.
    if (match) tags[match[2]] = match[1];
  }
  return tags;
}

function describe(cwd) {
  const { version, notes } = newestVersion(readFileSync(join(cwd, 'CHANGELOG.md'), 'utf8'));
  const { version: declared } = JSON.parse(readFileSync(join(cwd, 'package.json'), 'utf8'));
  if (declared !== version)
    throw new Error(`package.json says ${declared}, and the newest version of CHANGELOG.md is ${version}`);
  if (run(['git', 'status', '--porcelain'], cwd))
    throw new Error('the working tree has changes: commit them first');
  return { version, notes, commit: run(['git', 'rev-parse', 'HEAD'], cwd) };
}

function plan(cwd) {
  const { version, commit } = describe(cwd);
  const steps = releaseSteps({ version, commit, assets: assetsOf(version) }, { tags: knownTags(cwd) });
  for (const step of steps) console.log(step.join(' '));
  const output = process.env['GITHUB_OUTPUT'];
  if (output)
    appendFileSync(output, `version=${version}\ntag=v${version}\nmajor=v${version.split('.')[0]}\n`);
}

const assetsOf = (version) => [
  `.build/release/wwhd-deploy-${version}.tar.gz`,
  `.build/release/wwhd-deploy-${version}.tar.gz.sha256`,
];

/** `git archive` of one commit is the same bytes each time, so the checksum can be checked by anyone. */
function pack(cwd) {
  const { version, notes, commit } = describe(cwd);
  const [archive, checksum] = assetsOf(version).map((path) => join(cwd, path));
  mkdirSync(join(cwd, '.build/release'), { recursive: true });
  run(
    ['git', 'archive', '--format=tar.gz', `--prefix=wwhd-deploy-${version}/`, `--output=${archive}`, commit],
    cwd,
  );
  const digest = createHash('sha256').update(readFileSync(archive)).digest('hex');
  writeFileSync(checksum, `${digest}  wwhd-deploy-${version}.tar.gz\n`);
  writeFileSync(join(cwd, '.build/release/notes.md'), `${notes}\n`);
  console.log(`${archive} ${digest}`);
}

const isPublished = (tag, cwd) => spawnSync('gh', ['release', 'view', tag], { cwd }).status === 0;

function publish(cwd, dryRun) {
  const { version, commit } = describe(cwd);
  const assets = assetsOf(version);
  if (!dryRun && !assets.every((path) => existsSync(join(cwd, path)))) throw new Error('run `pack` first');
  // The token goes to git by a helper and never into an argument or the configuration of the clone.
  const helper = [
    '-c',
    'credential.helper=!f() { echo username=x-access-token; echo "password=$GH_TOKEN"; }; f',
  ];
  const identity = [
    '-c',
    'user.name=github-actions[bot]',
    '-c',
    'user.email=41898282+github-actions[bot]@users.noreply.github.com',
  ];
  for (const step of releaseSteps({ version, commit, assets }, { tags: knownTags(cwd) })) {
    const [command, ...args] = step;
    // An earlier run may have come as far as the release: it is immutable, and what is left is the moving tag.
    if (!dryRun && command === 'gh' && isPublished(args[2], cwd)) {
      console.log(`${args[2]} is published already`);
      continue;
    }
    console.log(`${dryRun ? 'would run' : 'run'}: ${step.join(' ')}`);
    if (!dryRun)
      run(command === 'git' ? ['git', ...identity, ...helper, ...args] : step, cwd, {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { 'dry-run': { type: 'boolean' }, root: { type: 'string' } },
  });
  const root = resolve(values.root ?? join(fileURLToPath(import.meta.url), '../..'));
  const commands = { plan, pack, publish };
  const command = commands[positionals[0]];
  try {
    if (!command)
      throw new Error('usage: node scripts/release.mjs plan|pack|publish [--dry-run] [--root DIR]');
    command(root, values['dry-run'] === true);
  } catch (error) {
    console.error(`::error::${error.message}`);
    process.exitCode = 1;
  }
}
