import { posix } from 'node:path';
import type { Repository, SiteFound } from './found.ts';

interface Framework {
  readonly name: string;
  /** The package that it is known by. */
  readonly needs: string;
  /** The folder that it builds into, `undefined` where this one is no site: it needs a server. */
  readonly output: (look: Look) => string | undefined;
  readonly notes?: (look: Look) => string[];
}

/** What a framework is judged by. */
interface Look {
  readonly packages: ReadonlySet<string>;
  /** The text of the first file whose name matches. */
  file(pattern: RegExp): string;
}

const option = (text: string, name: string) =>
  new RegExp(`\\b${name}\\s*:\\s*['"\`]([^'"\`]+)['"\`]`).exec(text)?.[1];

/** The first that fits counts: those that build upon another stand before it. */
const FRAMEWORKS: readonly Framework[] = [
  {
    name: 'Next.js',
    needs: 'next',
    // https://nextjs.org/docs/app/guides/static-exports
    output: ({ file }) => {
      const config = file(/^next\.config\./);
      return option(config, 'output') === 'export' ? (option(config, 'distDir') ?? 'out') : undefined;
    },
  },
  {
    name: 'Astro',
    needs: 'astro',
    // https://docs.astro.build/en/reference/configuration-reference/#output
    output: ({ file }) => {
      const config = file(/^astro\.config\./);
      return option(config, 'output') === 'server'
        ? undefined
        : (option(config, 'outDir')?.replace(/^\.\//, '') ?? 'dist');
    },
  },
  { name: 'Docusaurus', needs: '@docusaurus/core', output: () => 'build' },
  {
    name: 'SvelteKit',
    needs: '@sveltejs/kit',
    // https://svelte.dev/docs/kit/adapter-static
    output: ({ packages, file }) =>
      packages.has('@sveltejs/adapter-static')
        ? (option(file(/^svelte\.config\./), 'pages') ?? 'build')
        : undefined,
  },
  { name: 'Angular', needs: '@angular/core', output: ({ file }) => angularOutput(file(/^angular\.json$/)) },
  { name: 'Gatsby', needs: 'gatsby', output: () => 'public' },
  { name: 'Eleventy', needs: '@11ty/eleventy', output: () => '_site' },
  { name: 'Create React App', needs: 'react-scripts', output: () => 'build' },
  {
    name: 'Vite',
    needs: 'vite',
    output: ({ file }) => option(file(/^vite\.config\./), 'outDir')?.replace(/^\.\//, '') ?? 'dist',
  },
  { name: 'Vue CLI', needs: '@vue/cli-service', output: () => 'dist' },
];

/** https://angular.dev/reference/configs/workspace-config: `outputPath`, and the builder's own folder `browser` in it. */
function angularOutput(text: string): string | undefined {
  try {
    const { projects = {} } = JSON.parse(text) as { projects?: Record<string, AngularProject> };
    const [name, project] = Object.entries(projects)[0] ?? [];
    const build = project?.architect?.build ?? project?.targets?.build;
    if (name === undefined || !build) return undefined;
    const path = build.options?.outputPath ?? `dist/${name}`;
    if (typeof path !== 'string') return posix.join(path.base ?? `dist/${name}`, path.browser ?? 'browser');
    return /:application$/.test(build.builder ?? '') ? posix.join(path, 'browser') : path;
  } catch {
    return undefined;
  }
}
interface AngularBuild {
  builder?: string;
  options?: { outputPath?: string | { base?: string; browser?: string } };
}
interface AngularProject {
  architect?: { build?: AngularBuild };
  targets?: { build?: AngularBuild };
}

/** The site of a folder; `undefined` where there is none. */
export function siteOf(folder: string, repository: Repository): SiteFound | undefined {
  const at = (name: string) => posix.join(folder, name);
  const look = lookAt(folder, repository);
  const manifest = repository.read(at('package.json'));
  const name = folder === '.' ? 'frontend' : posix.basename(folder);
  if (manifest === undefined) {
    // A page that is checked in. Its folder's own name says little where it is the usual one.
    if (!repository.files.includes(at('index.html'))) return undefined;
    const plain = /^(public|static|www|html|site|web)$/.test(name) ? 'frontend' : name;
    return {
      kind: 'site',
      name: plain,
      framework: 'plain',
      directory: folder,
      command: undefined,
      output: '.',
      notes: [],
    };
  }
  const framework = FRAMEWORKS.find(({ needs }) => look.packages.has(needs));
  const output = framework?.output(look);
  if (!framework || output === undefined) return undefined;
  const runner = repository.files.includes(at('pnpm-lock.yaml'))
    ? 'pnpm'
    : repository.files.includes(at('yarn.lock'))
      ? 'yarn'
      : 'npm';
  const hasBuild = scriptsOf(manifest).has('build');
  return {
    kind: 'site',
    name,
    framework: framework.name,
    directory: folder,
    command: `${runner} run build`,
    output,
    notes: hasBuild
      ? []
      : [`${at('package.json')} has no script \`build\`: say in \`build.command\` what builds the site`],
  };
}

function lookAt(folder: string, repository: Repository): Look {
  const own = repository.files.filter((path) => posix.dirname(path) === folder);
  return {
    packages: packagesOf(repository.read(posix.join(folder, 'package.json')) ?? ''),
    file: (pattern) => {
      const path = own.find((one) => pattern.test(posix.basename(one)));
      return path === undefined ? '' : (repository.read(path) ?? '');
    },
  };
}

interface Manifest {
  dependencies?: object;
  devDependencies?: object;
  scripts?: object;
}
function manifestOf(text: string): Manifest {
  try {
    return (JSON.parse(text) ?? {}) as Manifest;
  } catch {
    return {};
  }
}
function packagesOf(text: string): Set<string> {
  const { dependencies, devDependencies } = manifestOf(text);
  return new Set([...Object.keys(dependencies ?? {}), ...Object.keys(devDependencies ?? {})]);
}
const scriptsOf = (text: string) => new Set(Object.keys(manifestOf(text).scripts ?? {}));
