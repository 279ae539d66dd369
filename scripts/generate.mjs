// actions/<name>/action.yml is the source of truth of an action's inputs and outputs. From it this writes
//   src/actions/<name>/interface.ts   the same names, typed: a misspelt input does not compile
//   actions/<name>/README.md          the tables between the `<!-- inputs -->` and `<!-- outputs -->` markers
// From it and the tables of the release file it writes what scripts/generate-release-file.mjs says.
// From local-cloud/scope.json and the tables of shapes it writes what scripts/generate-cloud.mjs says.
// `--check` writes nothing and fails where something would change.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { inputTypes, scopeTable } from './generate-cloud.mjs';
import { releaseFile } from './generate-release-file.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const check = process.argv.includes('--check');
const stale = [];

function put(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  if (check) stale.push(relative(root, path));
  else writeFileSync(path, text);
}

const oneLine = (text) =>
  String(text ?? '')
    .trim()
    .replaceAll(/\s+/g, ' ');
const quote = (text) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'").replaceAll('\n', '\\n')}'`;
const key = (name) => (/^[a-z]+$/.test(name) ? name : quote(name));
const cell = (text) => oneLine(text).replaceAll('|', '\\|');
const code = (text) => (oneLine(text) === '' ? '' : `\`${cell(text)}\``);

function interfaceSource(name, action) {
  const inputs = Object.entries(action.inputs ?? {}).map(([input, spec]) => {
    const fields = [
      `required: ${spec.required === true}`,
      `default: ${quote(String(spec.default ?? ''))}`,
      `description: ${quote(oneLine(spec.description))}`,
    ];
    return `    ${key(input)}: {\n      ${fields.join(',\n      ')},\n    },\n`;
  });
  const outputs = Object.entries(action.outputs ?? {}).map(
    ([output, spec]) => `    ${key(output)}: { description: ${quote(oneLine(spec.description))} },\n`,
  );
  return `// Generated from actions/${name}/action.yml by \`npm run generate\`. Do not edit.
// biome-ignore-all format: generated
export const action = {
  name: ${quote(name)},
  inputs: {
${inputs.join('')}  },
  outputs: {
${outputs.join('')}  },
} as const;
`;
}

function inputTable(action) {
  const rows = Object.entries(action.inputs ?? {}).map(
    ([input, spec]) =>
      `| \`${input}\` | ${spec.required ? '**required**' : code(spec.default)} | ${cell(spec.description)} |`,
  );
  return ['| input | default | meaning |', '| --- | --- | --- |', ...rows].join('\n');
}

function outputTable(action) {
  const rows = Object.entries(action.outputs ?? {}).map(
    ([output, spec]) => `| \`${output}\` | ${cell(spec.description)} |`,
  );
  return ['| output | meaning |', '| --- | --- |', ...rows].join('\n');
}

function fill(text, marker, table, path) {
  const pattern = new RegExp(`(<!-- ${marker} -->\\n)[\\s\\S]*?(<!-- /${marker} -->)`);
  if (!pattern.test(text))
    throw new Error(`${relative(root, path)}: no <!-- ${marker} --> … <!-- /${marker} --> markers`);
  return text.replace(pattern, (_all, open, close) => `${open}${table}\n${close}`);
}

for (const name of readdirSync(join(root, 'actions')).sort()) {
  const file = join(root, 'actions', name, 'action.yml');
  if (!existsSync(file)) continue;
  const action = parse(readFileSync(file, 'utf8'));
  if (existsSync(join(root, 'src/actions', name))) {
    put(join(root, 'src/actions', name, 'interface.ts'), interfaceSource(name, action));
  }
  const readme = join(root, 'actions', name, 'README.md');
  if (existsSync(readme)) {
    const filled = fill(readFileSync(readme, 'utf8'), 'inputs', inputTable(action), readme);
    put(readme, fill(filled, 'outputs', outputTable(action), readme));
  }
}

const docs = join(root, 'docs/local-cloud.md');
put(docs, fill(readFileSync(docs, 'utf8'), 'scope', scopeTable(root), docs));
for (const [path, text] of inputTypes(root)) put(path, text);

const { schema, tables } = await releaseFile(root);
put(join(root, 'schemas/release-file.schema.json'), schema);
const fileDocs = join(root, 'docs/release-file.md');
const filled = [...tables].reduce(
  (text, [marker, table]) => fill(text, marker, table, fileDocs),
  readFileSync(fileDocs, 'utf8'),
);
put(fileDocs, filled);

if (stale.length > 0) {
  console.error(`Not up to date: run \`npm run generate\`.\n  ${stale.join('\n  ')}`);
  process.exitCode = 1;
}
