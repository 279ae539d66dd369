// action.yml ↔ the code's inputs and outputs ↔ README ↔ dist/, held to one another.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { root } from '../support/dist.ts';
import { PUBLISHED } from './published.ts';

interface ActionFile {
  name?: string;
  description?: string;
  inputs?: Record<string, { description?: string; required?: boolean; default?: unknown }>;
  outputs?: Record<string, { description?: string }>;
  runs: { using: string; main?: string; post?: string };
}

/** The size of a bundle, in bytes: what every run of the action has to load. */
const BUNDLE_LIMIT = 1_700_000;

const names = readdirSync(join(root, 'actions')).sort();
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const actionFile = (name: string) => parse(read(`actions/${name}/action.yml`)) as ActionFile;

test('the generated interfaces and tables are what action.yml says', () => {
  execFileSync(process.execPath, ['scripts/generate.mjs', '--check'], { cwd: root, stdio: 'pipe' });
});

test('dist/ has a folder for each bundle and nothing besides; that it is what the sources build to is `npm run check`', () => {
  const javascript = names.filter((name) => actionFile(name).runs.using !== 'composite');
  expect(readdirSync(join(root, 'dist')).sort()).toEqual(
    [...javascript, 'cli', 'demo', 'local-cloud'].sort(),
  );
});

test('every published action is here', () => {
  expect(names).toEqual(expect.arrayContaining(Object.keys(PUBLISHED)));
});

describe.each(names)('%s', (name) => {
  const action = actionFile(name);
  const inputs = Object.keys(action.inputs ?? {});
  const outputs = Object.keys(action.outputs ?? {});

  test('keeps every name that was ever published', () => {
    expect(inputs).toEqual(expect.arrayContaining([...(PUBLISHED[name]?.inputs ?? [])]));
    expect(outputs).toEqual(expect.arrayContaining([...(PUBLISHED[name]?.outputs ?? [])]));
  });

  test('describes itself, each input and each output', () => {
    expect(action.name).toBeTruthy();
    expect(action.description).toBeTruthy();
    const all = [...Object.entries(action.inputs ?? {}), ...Object.entries(action.outputs ?? {})];
    expect(all.filter(([, spec]) => !spec.description).map(([key]) => key)).toEqual([]);
  });

  test('has a README that starts with how to use it', () => {
    expect(read(`actions/${name}/README.md`)).toContain(`/actions/${name}@v1`);
  });

  test.runIf(action.runs.using !== 'composite')(
    'runs on node24, from a bundle with its package.json and licences',
    () => {
      expect(action.runs.using).toBe('node24');
      const bundle = resolve(root, 'actions', name, action.runs.main ?? '');
      expect(bundle).toBe(join(root, 'dist', name, 'index.js'));
      expect(statSync(bundle).size).toBeLessThanOrEqual(BUNDLE_LIMIT);
      expect(JSON.parse(read(`dist/${name}/package.json`))).toMatchObject({ type: 'module' });
      expect(existsSync(join(root, 'dist', name, 'licenses.txt'))).toBe(true);
    },
  );

  test.runIf(action.runs.using !== 'composite')(
    'reads every input and sets every output that it declares',
    () => {
      const dir = join(root, 'src/actions', name);
      const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
      const code = files
        .filter((file) => file.endsWith('.ts') && !file.endsWith('interface.ts'))
        .map((file) => readFileSync(join(dir, file), 'utf8'))
        .concat(read('src/actions/boundary.ts'), ...sharedActionCode())
        .join('\n');
      const mentions = (key: string) =>
        code.includes(`'${key}'`) || new RegExp(`\\b${key}\\s*[:,]`).test(code);
      expect(inputs.filter((key) => !mentions(key))).toEqual([]);
      expect(outputs.filter((key) => !mentions(key))).toEqual([]);
    },
  );
});

/** Files that lie beside the actions and serve several of them. */
function sharedActionCode(): string[] {
  const entries = readdirSync(join(root, 'src/actions'), { withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => read(`src/actions/${e.name}`));
}
