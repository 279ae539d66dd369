// Builds dist/: `tsc` compiles to JavaScript, `ncc` bundles each entry into dist/<name>/ with its package.json and
// the licences of what it contains. TypeScript 7 has no JavaScript API, so ncc is given JavaScript, never .ts.
//
//   node scripts/build.mjs [name ...]         build all, or the named bundles, into dist/
//   node scripts/build.mjs --tag t [name ...] build into .build/t/dist instead (to try something beside dist/)
//   node scripts/build.mjs --check            build elsewhere and fail if dist/ is not byte for byte the same
import { fork, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { licensesOf } from './licenses.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {Map<string, string>} bundle name to its source entry, relative to the root */
function entries() {
  const found = new Map();
  for (const name of readdirSync(join(root, 'src/actions')).sort()) {
    if (existsSync(join(root, 'src/actions', name, 'index.ts')))
      found.set(name, `src/actions/${name}/index.ts`);
  }
  for (const [name, entry] of [
    ['cli', 'src/cli/index.ts'],
    ['local-cloud', 'local-cloud/index.ts'],
    ['demo', 'demo/index.ts'],
  ]) {
    if (existsSync(join(root, entry))) found.set(name, entry);
  }
  return found;
}

/** @param {boolean} lenient build beside dist/ although another room does not type-check at this moment */
function compile(lib, lenient) {
  rmSync(lib, { recursive: true, force: true });
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', lib], {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0 && !lenient) throw new Error('the sources do not compile');
}

/**
 * A child that bundles one entry after the other: two cores are better than one, and ncc that is loaded and warm takes
 * little more than half of the time. `bundle` bundles an entry there; `end` ends it.
 */
function bundler() {
  const child = fork(fileURLToPath(import.meta.url), ['--bundler'], { cwd: root });
  const bundle = (input, out) =>
    new Promise((resolve, reject) => {
      const ended = () => reject(new Error(`bundling ${input} failed`));
      child.once('exit', ended);
      child.once('message', () => resolve(child.off('exit', ended)));
      child.send([input, out]);
    });
  return { bundle, end: () => child.disconnect() };
}

const NCC = { minify: true, target: 'es2022', quiet: true };

async function bundleOne(input, out) {
  const { default: ncc } = await import('@vercel/ncc');
  const { code, assets, stats } = await ncc(input, NCC);
  const files = { 'index.js': code, 'licenses.txt': licensesOf(stats.compilation) };
  for (const [name, { source }] of Object.entries(assets))
    files[name] = isPart(name) ? await minifiedPart(ncc, join(dirname(input), name), source) : source;
  rmSync(out, { recursive: true, force: true });
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(out, name)), { recursive: true });
    writeFileSync(join(out, name), content);
  }
}

/** What the code imports when it needs it is a file of its own beside index.js; ncc calls it by a number. */
const isPart = (name) => /^\d+\.index\.js$/.test(name);

/** ncc minifies what it is given, and not the parts: so a part is given to it once more. */
async function minifiedPart(ncc, path, source) {
  writeFileSync(path, source);
  return (await ncc(path, NCC)).code;
}

async function build(names, lib, dist, lenient) {
  const all = entries();
  const wanted = names.length > 0 ? names : [...all.keys()];
  for (const name of wanted)
    if (!all.has(name)) throw new Error(`no bundle "${name}"; there are: ${[...all.keys()].join(', ')}`);
  compile(lib, lenient);
  if (names.length === 0) rmSync(dist, { recursive: true, force: true });
  const queue = [...wanted];
  const worker = async () => {
    const { bundle, end } = bundler();
    for (let name = queue.shift(); name; name = queue.shift()) {
      const out = join(dist, name);
      await bundle(join(lib, all.get(name).replace(/\.ts$/, '.js')), out);
      const code = readdirSync(out).filter((file) => file.endsWith('.js'));
      const bytes = code.map((file) => statSync(join(out, file)).size).reduce((sum, size) => sum + size, 0);
      console.log(`${relative(root, out)}  ${(bytes / 1e6).toFixed(2)} MB`);
    }
    end();
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), 4) }, worker));
}

function tree(dir) {
  if (!existsSync(dir)) return new Map();
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((f) => f.isFile());
  return new Map(
    files.map((f) => [relative(dir, join(f.parentPath, f.name)), readFileSync(join(f.parentPath, f.name))]),
  );
}

function compare(expected, actual) {
  const [want, have] = [tree(expected), tree(actual)];
  const wrong = [];
  for (const [name, bytes] of want)
    if (!have.get(name)?.equals(bytes)) wrong.push(have.has(name) ? `differs: ${name}` : `missing: ${name}`);
  for (const name of have.keys()) if (!want.has(name)) wrong.push(`stale: ${name}`);
  return wrong;
}

const argv = process.argv.slice(2);
if (argv[0] === '--bundler') {
  process.on('message', ([input, out]) => bundleOne(input, out).then(() => process.send('done')));
} else {
  const { values, positionals } = parseArgs({
    args: argv,
    allowPositionals: true,
    options: { check: { type: 'boolean' }, tag: { type: 'string' } },
  });
  // ncc names modules by their path below the project: --check compiles to where the build of dist/ does.
  const lib = join(root, '.build', values.tag ?? 'main', 'lib');
  const beside = values.tag ?? (values.check ? 'check' : undefined);
  const dist = beside ? join(root, '.build', beside, 'dist') : join(root, 'dist');
  await build(positionals, lib, dist, values.tag !== undefined);
  if (values.check) {
    const wrong = compare(dist, join(root, 'dist'));
    if (wrong.length > 0) {
      console.error(
        `dist/ is not what the sources build to. Run \`npm run build\` and commit dist/.\n  ${wrong.join('\n  ')}`,
      );
      process.exitCode = 1;
    } else console.log('dist/ is what the sources build to.');
  }
}
