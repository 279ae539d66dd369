import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { refuseMistakes } from '../../runtime/document/mistakes.ts';
import { messageOf, refused } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import { type ReadOptions, readReleaseFile } from './read.ts';
import type { ReleaseConfig } from './types.ts';

/** Where a release file is looked for when none is named, in this order. */
export const RELEASE_FILES = ['wwhd-deploy.yml', '.github/wwhd-deploy.yml'] as const;

/** A file that was found: its path from the workspace, and its text. */
export interface FoundFile {
  readonly file: string;
  readonly text: string;
}

/**
 * Finds the release file.
 * @param path as given; '' looks in the usual places
 * @param input the input that names it
 * @throws ActionError `refused` where there is none, or it cannot be read.
 */
export async function findReleaseFile(path: string, workspace: string, input = 'config'): Promise<FoundFile> {
  for (const candidate of path ? [path] : RELEASE_FILES) {
    const full = resolve(workspace, candidate);
    try {
      return { file: relative(resolve(workspace), full) || candidate, text: await readFile(full, 'utf8') };
    } catch (error) {
      if (!path && (error as { code?: unknown }).code === 'ENOENT') continue;
      throw refused({
        input,
        what: `the release file ${candidate} could not be read`,
        found: messageOf(error),
        fix: `give its path from ${resolve(workspace)}; in a job, check out the repository before this step`,
        cause: error,
      });
    }
  }
  throw refused({
    input,
    what: `there is no release file: neither ${RELEASE_FILES.join(' nor ')}`,
    found: `the folder ${resolve(workspace)}`,
    fix: 'write one with `wwhd-deploy init`, or name it; in a job, check out the repository before this step',
  });
}

export interface LoadOptions extends Omit<ReadOptions, 'file'> {
  /** Path of the file, '' for the usual places. */
  readonly path: string;
  /** Folder that paths start from. */
  readonly workspace: string;
  /** Each mistake is annotated on its line here. */
  readonly log: Log;
}

/**
 * Finds and reads the release file: what it says of one environment.
 * @throws ActionError `refused`, with every mistake by line and column. Nothing has been changed then.
 */
export async function loadReleaseFile(options: LoadOptions): Promise<ReleaseConfig> {
  const { file, text } = await findReleaseFile(options.path, options.workspace);
  const { release, mistakes } = readReleaseFile(text, { ...options, file });
  if (release) return release;
  const about = {
    file,
    input: 'config',
    title: 'release file',
    undone: 'nothing was changed',
    schema: SCHEMA,
  };
  throw refuseMistakes(mistakes, about, options.log);
}

/** Path of the schema in this repository. */
export const SCHEMA = 'schemas/release-file.schema.json';
