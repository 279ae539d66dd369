// The licences beside a bundle: every package with code in it, in whichever of its parts, once and with its text.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { root } from '../support/dist.ts';

/** Two parts have a package in common, and one has another with packages of its own: such are in parts without a name. */
const SOURCES = {
  'index.js': `import map from 'p-map';
    const parts = [() => import(/* webpackChunkName: "a" */ './a.js'), () => import('./b.js')];
    console.log(await map(parts, async (part) => (await part()).told()));`,
  'a.js': `import { parse } from 'yaml';
    import { XMLBuilder, XMLParser } from 'fast-xml-parser';
    export const told = () => [parse('1'), new XMLBuilder().build(new XMLParser().parse('<a/>'))];`,
  'b.js': `import { parse } from 'yaml';
    import picomatch from 'picomatch';
    export const told = () => [parse('2'), picomatch('*')('b')];`,
};
const DIRECT = ['p-map', 'yaml', 'fast-xml-parser', 'picomatch'];

let dir: string;
beforeAll(async () => {
  // Below the project, for the packages that are installed here.
  mkdirSync(join(root, '.build'), { recursive: true });
  dir = mkdtempSync(join(root, '.build/licenses-'));
  for (const [file, code] of Object.entries(SOURCES)) writeFileSync(join(dir, file), code);
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}');
  const bundler = fork(join(root, 'scripts/build.mjs'), ['--bundler'], { cwd: root });
  bundler.send([join(dir, 'index.js'), join(dir, 'out')]);
  const said = await Promise.race([once(bundler, 'message'), once(bundler, 'exit')]);
  bundler.disconnect();
  expect(said[0]).toBe('done');
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const folderOf = (name: string) => join(root, 'node_modules', name);
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(folderOf(name), 'package.json'), 'utf8')) as {
    license: string;
    dependencies?: Record<string, string>;
  };

/** The packages and all that they depend on. */
function closure(names: readonly string[], found = new Set<string>()): Set<string> {
  for (const name of names) {
    if (found.has(name)) continue;
    found.add(name);
    closure(Object.keys(manifestOf(name).dependencies ?? {}), found);
  }
  return found;
}

function entryOf(name: string): string {
  const file = readdirSync(folderOf(name))
    .sort()
    .find((one) => /^licen[cs]e/i.test(one));
  const text = file ? readFileSync(join(folderOf(name), file), 'utf8') : '';
  return `${name}\n${manifestOf(name).license}\n${text}`.trim();
}

it('are one list of each package in index.js and in all its parts, named and numbered, by name', () => {
  const parts = readdirSync(join(dir, 'out')).filter((file) => /^\d+\.index\.js$/.test(file));
  expect(parts.length, 'a, b, and what is split off them').toBeGreaterThan(2);
  const packages = [...closure(DIRECT)].sort();
  expect(packages).toContain('strnum');
  const list = readFileSync(join(dir, 'out/licenses.txt'), 'utf8');
  expect(list).toBe(`${packages.map(entryOf).join('\n\n')}\n`);
});
