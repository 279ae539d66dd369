// Builds the site into out/: pages from src/pages, one page for each answer, assets under names that carry their hash.
//
//   node build.js [--out DIR] [--answers FILE]      API_URL and COMMIT come from the environment
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));

/** @param {{ out: string, answersFile: string, apiUrl: string, commit: string }} options */
export function build({ out, answersFile, apiUrl, commit }) {
  const answers = JSON.parse(readFileSync(answersFile, 'utf8'));
  rmSync(out, { recursive: true, force: true });
  const assets = writeAssets(out);
  const layout = read('src/layout.html');
  // The commit stands on one page and in version.json, not on every page: a page that did not change is not sent again.
  const write = (path, fields, body) => {
    const all = { ...fields, commit, apiUrl, count: String(answers.length) };
    put(out, path, fill(layout, { ...all, body: fill(body, all, assets) }, assets));
  };
  write(
    'index.html',
    { title: 'What would a good engineer do?', list: cards(answers) },
    read('src/pages/index.html'),
  );
  write('about.html', { title: 'About' }, read('src/pages/about.html'));
  write('404.html', { title: 'Not found' }, read('src/pages/404.html'));
  for (const answer of answers) {
    const fields = { title: html(answer.question), text: html(answer.answer) };
    write(`answers/${answer.id}.html`, fields, read('src/pages/answer.html'));
  }
  put(out, 'robots.txt', 'User-agent: *\nAllow: /\n');
  put(out, 'version.json', `${JSON.stringify({ commit, answers: answers.length })}\n`);
}

/** Each asset under `assets/<name>.<hash>.<ext>`; a style sheet or script may name others as `{{asset:…}}`. */
function writeAssets(out) {
  const assets = {};
  // Leaves first: what is named must have its hash before the file that names it.
  const order = ['.svg', '.woff2', '.js', '.css'];
  const names = readdirSync(join(here, 'src/assets')).sort(
    (a, b) => order.indexOf(extname(a)) - order.indexOf(extname(b)),
  );
  for (const name of names) {
    const text = fill(read(`src/assets/${name}`), {}, assets);
    const hash = createHash('sha256').update(text).digest('hex').slice(0, 10);
    assets[name] = `/assets/${basename(name, extname(name))}.${hash}${extname(name)}`;
    put(out, assets[name].slice(1), text);
  }
  return assets;
}

/** Replaces `{{name}}` and `{{asset:file}}`; a name that nobody gave is an error, not an empty place. */
function fill(template, fields, assets) {
  return template.replaceAll(/\{\{(asset:)?([\w.-]+)\}\}/g, (_all, asset, name) => {
    const value = asset ? assets[name] : fields[name];
    if (value === undefined) throw new Error(`the template names ${asset ?? ''}${name}, which is not there`);
    return value;
  });
}

function cards(answers) {
  return answers
    .map(({ id, question, answer }) => {
      const first = answer.split(/(?<=[.?!]) /)[0];
      return `<li><a href="/answers/${id}.html"><strong>${html(question)}</strong><span>${html(first)}</span></a></li>`;
    })
    .join('\n');
}

function html(text) {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

function read(path) {
  return readFileSync(join(here, path), 'utf8');
}

function put(out, path, text) {
  mkdirSync(dirname(join(out, path)), { recursive: true });
  writeFileSync(join(out, path), text);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { out: { type: 'string' }, answers: { type: 'string' } } });
  build({
    out: values.out ?? join(here, 'out'),
    answersFile: values.answers ?? join(here, '../backend/data/answers.json'),
    apiUrl: process.env.API_URL ?? 'http://localhost:8000',
    commit: process.env.COMMIT ?? process.env.GITHUB_SHA ?? 'development',
  });
}
