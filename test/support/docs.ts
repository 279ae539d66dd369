import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './dist.ts';

const PLACES = ['', 'docs', 'actions', 'examples', 'infra'];

/** Every page that a reader may paste from, by its path. */
export function pages(): string[] {
  const found = PLACES.flatMap((place) =>
    readdirSync(join(root, place), { recursive: place !== '', withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name))),
  );
  return found.filter((path) => !path.includes('node_modules')).sort();
}

export interface CodeBlock {
  readonly page: string;
  readonly language: string;
  readonly text: string;
  /** The test that a comment in front of the block says that it is executed by. */
  readonly executedBy: string | undefined;
}

/** The fenced blocks of a page, without the indentation of a list that they may stand in. */
export function blocksOf(page: string): CodeBlock[] {
  const text = readFileSync(join(root, page), 'utf8');
  const fence = /(?:<!-- executed by (\S+) -->\s*)?^( *)```(\w*)\n([\s\S]*?)^ *```/gm;
  return [...text.matchAll(fence)].map(([, executedBy, indent, language = '', body = '']) => ({
    page,
    language,
    executedBy,
    text: body.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  }));
}

const SHELL = new Set(['sh', 'bash', 'console', 'shell']);
export const isShell = (block: CodeBlock): boolean => SHELL.has(block.language);

/** The commands of a block: continued lines joined, comments and shell words that only join commands left out. */
export function commandsOf(block: CodeBlock): string[] {
  return (
    block.text
      .replaceAll(/\\\n\s*/g, '')
      .split('\n')
      .map((line) => line.replace(/(^|\s+)#.*$/, ''))
      // A substitution is a command of its own, and no pipe of it is one of the line's.
      .flatMap((line) => {
        const inner = [...line.matchAll(/\$\(((?:[^()]|\([^()]*\))*)\)/g)].map((m) => m[1] ?? '');
        const outer = line.replaceAll(/\$\((?:[^()]|\([^()]*\))*\)/g, 'SUBSTITUTED');
        return [
          ...outer.split(/&&|\|(?!\|)|;|&\s*$/),
          ...inner.map((one) => one.replace(/"\$\(.*$/, 'NAME')),
        ];
      })
      .map((part) => part.trim())
      .filter((part) => part !== '' && part !== 'done' && part !== 'do' && !/^for \w+ in /.test(part))
      .map((part) => part.replace(/^do /, ''))
  );
}
