// The arrows of the house: cli → actions → parts and other capabilities → release → aws, github → runtime. Nothing points
// upwards or sideways, and no file comes back to itself.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../support/dist.ts';

const PARTS = ['parts/service', 'parts/site'];
const CAPABILITIES = [...PARTS, 'image', 'smoke', 'preflight'];

/** Height of each room: a file may import from its own room and from lower ones. */
const HEIGHT: Record<string, number> = {
  cli: 5,
  actions: 4,
  ...Object.fromEntries(CAPABILITIES.map((room) => [room, 3])),
  release: 2,
  aws: 1,
  github: 1,
  runtime: 0,
};

interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly imports: readonly string[];
}

function sources(dir: string): SourceFile[] {
  return readdirSync(join(root, dir), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => {
      const full = join(entry.parentPath, entry.name);
      const text = readFileSync(full, 'utf8');
      const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
        (match) => match[1] ?? '',
      );
      const imports = specifiers.map((specifier) => relative(root, resolve(dirname(full), specifier)));
      return { path: relative(root, full), text, imports };
    });
}

/** What a part implements, and what a record says of it. */
const PART_MAY_IMPORT = new Set(['src/release/part.ts', 'src/release/record.ts']);

/** The site's own recipe still asks lock and fence; it goes when the engine's recipe takes its place. */
const OLD_ARROWS =
  /^src\/parts\/site\/(deploy|deploy-types|live\/\S+|store\/recorder)\.ts → src\/release\/(ledger|fence|refuse-early)\.ts$/;

/** By types alone: the one names what the other makes. */
const KNOWN_CIRCLES = new Set([
  'src/runtime/network.ts → src/runtime/proxy-agent.ts → src/runtime/network.ts',
]);

const src = sources('src');
const roomOf = (path: string) => /^src\/(parts\/[^/]+|[^/]+)/.exec(path)?.[1] ?? '';

describe('src', () => {
  test('every room has its place in the house', () => {
    expect([...new Set(src.map((file) => roomOf(file.path)))].filter((room) => !(room in HEIGHT))).toEqual(
      [],
    );
  });

  test('arrows point down only', () => {
    const upwards = src.flatMap((file) =>
      file.imports
        .filter((target) => target.startsWith('src/'))
        .filter((target) => {
          const [from, to] = [roomOf(file.path), roomOf(target)];
          return from !== to && (HEIGHT[to] ?? 9) >= (HEIGHT[from] ?? 0);
        })
        .map((target) => `${file.path} → ${target}`),
    );
    expect(upwards).toEqual([]);
  });

  test('only actions, the command line and the edges know the process they run in', () => {
    const below = src.filter((file) => [...CAPABILITIES, 'release', 'runtime'].includes(roomOf(file.path)));
    const knowing = below.filter((file) =>
      /process\.(env|exit|argv|stdout|stderr)|console\.|@actions\/core/.test(stripComments(file.text)),
    );
    expect(knowing.map((file) => file.path)).toEqual([]);
  });

  test("lines go out by the job's log and by the terminal, and nowhere else", () => {
    const printing = src.filter((file) =>
      /process\.std(out|err)|console\.|\bcore\.(info|notice|warning|error|debug|group|startGroup|setSecret)\b|workflow-command\.ts'|workflowCommand\(/.test(
        stripComments(file.text),
      ),
    );
    expect(printing.map((file) => file.path).sort()).toEqual([
      'src/actions/boundary.ts',
      'src/cli/index.ts',
      'src/github/actions-log.ts',
      'src/github/workflow-command.ts',
    ]);
  });

  test('a part knows no other part', () => {
    const across = src.flatMap((file) =>
      file.imports
        .filter((target) => PARTS.includes(roomOf(target)) && PARTS.includes(roomOf(file.path)))
        .filter((target) => roomOf(target) !== roomOf(file.path))
        .map((target) => `${file.path} → ${target}`),
    );
    expect(across).toEqual([]);
  });

  test('no file imports itself by way of others', () => {
    const files = new Map(src.map((file) => [file.path, file.imports]));
    expect(circles(files).filter((circle) => !KNOWN_CIRCLES.has(circle))).toEqual([]);
  });

  test('a part knows of the engine only the interface that it implements', () => {
    const known = src
      .filter((file) => PARTS.includes(roomOf(file.path)))
      .flatMap((file) =>
        file.imports
          .filter((target) => ['release', 'github'].includes(roomOf(target)))
          .filter((target) => !PART_MAY_IMPORT.has(target))
          .map((target) => `${file.path} → ${target}`),
      );
    expect(known.filter((arrow) => !OLD_ARROWS.test(arrow))).toEqual([]);
  });

  test('pure decisions import no SDK', () => {
    const pure = src.filter((file) =>
      /\/(plan|diff|verdict|choose|fence|invalidation|cache-rules|phases)\.ts$/.test(file.path),
    );
    expect(pure.length).toBeGreaterThan(0);
    expect(
      pure.filter((file) => /from '@(aws-sdk|smithy|actions)\//.test(file.text)).map((f) => f.path),
    ).toEqual([]);
  });
});

test('the judge and the judged share no code', () => {
  const crossing = [...src, ...sources('local-cloud')].flatMap((file) => {
    const other = file.path.startsWith('src/') ? 'local-cloud/' : 'src/';
    return file.imports
      .filter((target) => target.startsWith(other))
      .map((target) => `${file.path} → ${target}`);
  });
  expect(crossing).toEqual([]);
});

test('no file of the local cloud imports itself by way of others', () => {
  const files = new Map(sources('local-cloud').map((file) => [file.path, file.imports]));
  expect(circles(files)).toEqual([]);
});

/** Files that come back to themselves by their imports, as the way round. */
function circles(files: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]) => {
    const at = way.indexOf(path);
    if (at >= 0) found.push([...way.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    for (const target of files.get(path) ?? []) visit(target, [...way, path]);
    done.add(path);
  };
  for (const path of files.keys()) visit(path, []);
  return found;
}

test('a circle of imports is found', () => {
  const way = (...paths: string[]) =>
    new Map(paths.map((path, i) => [path, [paths[i + 1] ?? paths[0] ?? '']]));
  expect(circles(way('a', 'b', 'c'))).toEqual(['a → b → c → a']);
  expect(
    circles(
      new Map([
        ['a', ['b']],
        ['b', []],
      ]),
    ),
  ).toEqual([]);
});

function stripComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/^\s*\/\/.*$/gm, '');
}
