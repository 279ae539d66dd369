import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Repository } from './found.ts';

/** More files than this are not looked at; who has them names the parts himself. */
const MOST_FILES = 50_000;
/** A source or a list of packages is smaller, in bytes. */
const MOST_BYTES = 256 * 1024;

/** The repository in a folder: what git would commit, or all files where there is no git. */
export async function repositoryIn(cwd: string): Promise<Repository> {
  const files = (await gitFiles(cwd)) ?? walk(cwd, '');
  return { files: files.slice(0, MOST_FILES), read: (path) => readSmall(join(cwd, path)) };
}

async function gitFiles(cwd: string): Promise<string[] | undefined> {
  try {
    const args = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
    const { stdout } = await promisify(execFile)('git', args, {
      cwd,
      maxBuffer: 64 * 1024 * 1024,
      timeout: 10_000,
    });
    return stdout.split('\0').filter(Boolean).sort();
  } catch {
    return undefined;
  }
}

const SKIPPED = new Set(['node_modules', '.git', '.venv', 'venv', '__pycache__', '.next', 'dist', 'target']);

function walk(root: string, folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true })
    .sort((a, b) => a.name.localeCompare(b.name))
    .flatMap((entry) => {
      const path = folder ? `${folder}/${entry.name}` : entry.name;
      if (entry.isDirectory()) return SKIPPED.has(entry.name) ? [] : walk(root, path);
      return entry.isFile() ? [path] : [];
    });
}

function readSmall(path: string): string | undefined {
  try {
    return statSync(path).size > MOST_BYTES ? undefined : readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** True where credentials seem to be at hand: without any the SDK would ask the network for them, and wait. */
export function hasCredentials(env: Readonly<Record<string, string | undefined>>): boolean {
  const named = [
    'AWS_ACCESS_KEY_ID',
    'AWS_PROFILE',
    'AWS_WEB_IDENTITY_TOKEN_FILE',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  ];
  const home = env['HOME'] || homedir();
  const files = [
    env['AWS_SHARED_CREDENTIALS_FILE'] || join(home, '.aws/credentials'),
    env['AWS_CONFIG_FILE'] || join(home, '.aws/config'),
  ];
  return named.some((name) => env[name]) || files.some((path) => existsSync(path));
}
