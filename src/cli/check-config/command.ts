import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PART_KINDS } from '../../actions/part-kinds.ts';
import {
  environmentsOf,
  type FoundFile,
  findReleaseFile,
  type PartConfig,
  type ReleaseConfig,
  readReleaseFile,
} from '../../release/file/index.ts';
import { mistakeLine, sortMistakes } from '../../runtime/document/mistakes.ts';
import type { Mistake } from '../../runtime/document/source.ts';
import { refused } from '../../runtime/errors.ts';
import type { LocalCommand, LocalResult } from '../local-command.ts';
import { releaseLines } from './describe.ts';

export const checkConfig: LocalCommand = {
  action: {
    name: 'check-config',
    inputs: {
      config: {
        required: false,
        default: '',
        description: 'Path of the release file. Default is wwhd-deploy.yml, then .github/wwhd-deploy.yml.',
      },
      environment: {
        required: false,
        default: '',
        description: 'The environment that is read. Default is each that the file names, else production.',
      },
      var: {
        required: false,
        default: '',
        description: 'NAME=value, what ${NAME} in the file stands for. May be given several times.',
      },
    },
    outputs: {},
  },
  about: 'what is wrong in wwhd-deploy.yml, or what the release is; asks nobody',
  positional: ['config'],
  repeatable: ['var'],
  example: 'wwhd-deploy check-config --environment production --var SITE_BUCKET=my-site',
  run: async ({ inputs }, { cwd, env }) => {
    const found = await findReleaseFile(inputs['config'] ?? '', cwd);
    const variables = variablesOf(inputs['var'] ?? '');
    const named = inputs['environment'] ? [inputs['environment']] : environmentsOf(found.text);
    const environments = named.length > 0 ? named : ['production'];
    return checkAll(found, environments, { variables, env, exists: (path) => existsSync(join(cwd, path)) });
  },
};

/** `NAME=value` lines of `--var`. @throws ActionError `refused` for one that is not. */
export function variablesOf(text: string): Record<string, string> {
  const pairs = text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)=([\s\S]*)$/.exec(line);
      if (match) return [match[1] ?? '', match[2] ?? ''] as const;
      throw refused({
        what: '--var is not NAME=value',
        found: JSON.stringify(line),
        fix: 'write --var NAME=value',
      });
    });
  return Object.fromEntries(pairs);
}

interface Looked {
  readonly variables: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
}

/** Reads the file for each environment: its mistakes, paths that lead nowhere among them, or what the releases are. */
export function checkAll(found: FoundFile, environments: readonly string[], looked: Looked): LocalResult {
  const { file, text } = found;
  const releases: ReleaseConfig[] = [];
  const mistakes: Mistake[] = [];
  for (const environment of environments) {
    const reading = readReleaseFile(text, { file, environment, ...looked, kinds: PART_KINDS });
    if (reading.release) releases.push(reading.release);
    mistakes.push(...(reading.mistakes ?? missingPaths(reading.release, looked.exists)));
  }
  const sorted = sortMistakes(mistakes);
  const ok = sorted.length === 0;
  const lines = ok
    ? releases.flatMap(releaseLines)
    : [...sorted.map((mistake) => mistakeLine(file, mistake)), `${file} has ${count(sorted.length)}`];
  return {
    exitCode: ok ? 0 : 1,
    text: lines.join('\n'),
    document: {
      outcome: ok ? 'passed' : 'failed',
      file,
      mistakes: sorted,
      releases: ok ? releases.map(plain) : [],
    },
  };
}

const count = (mistakes: number) => (mistakes === 1 ? 'a mistake' : `${mistakes} mistakes`);

/** Paths that have to be in the repository: what a build makes is not there yet. */
function missingPaths(release: ReleaseConfig, exists: (path: string) => boolean): Mistake[] {
  const mistake = (line: number, path: string, file: string | undefined): Mistake[] =>
    file === undefined || exists(file)
      ? []
      : [{ line, column: 1, path, what: `names ${JSON.stringify(file)}, which is not there` }];
  const parts = release.parts.flatMap((part) =>
    Object.entries(pathsOf(part)).flatMap(([key, file]) =>
      mistake(part.line, `parts.${part.name}.${key}`, file),
    ),
  );
  return [...parts, ...mistake(1, 'checks', release.inputs['smoke-checks'])];
}

function pathsOf(part: PartConfig): Record<string, string | undefined> {
  const common = { checks: part.inputs['smoke-checks'], test: part.test?.['working-directory'] };
  if (part.kind === 'site') return { ...common, build: part.build?.['working-directory'] };
  const images = [...part.images].flatMap(([name, image]) => {
    if (image.kind !== 'build' || image.inputs['oci-layout']) return [];
    const key = name ? `containers.${name}` : 'image';
    return [
      [`${key}.context`, image.inputs['context']],
      [`${key}.dockerfile`, image.inputs['dockerfile']],
    ] as const;
  });
  return { ...common, 'env-file': part.inputs['env-file'], ...Object.fromEntries(images) };
}

/** For scripts: images as an object by container. */
const plain = (release: ReleaseConfig) => ({
  ...release,
  parts: release.parts.map((part) =>
    part.kind === 'service' ? { ...part, images: Object.fromEntries(part.images) } : part,
  ),
});
