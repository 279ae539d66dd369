import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Commit } from './model.ts';

/** A change to one file of the app: the text `find` stands there exactly once. */
interface Edit {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** A commit of the team's week: what it changes, on top of all good commits before it. */
export interface PlannedCommit {
  readonly message: string;
  readonly author: string;
  readonly edits: readonly Edit[];
  /** Reverted by the team afterwards: later commits do not contain it. */
  readonly reverted?: true;
}

const ANSWERS = 'backend/data/answers.json';

/** One more answer, at the end of the app's answers. */
function addAnswer(id: string, question: string, answer: string): Edit {
  const text = JSON.stringify({ id, question, answer }, null, 2).replaceAll('\n', '\n  ');
  return { file: ANSWERS, find: '  }\n]', replace: `  },\n  ${text}\n]` };
}

/** The week's history, oldest first. */
export const HISTORY: readonly PlannedCommit[] = [
  { message: 'First version', author: 'ada', edits: [] },
  {
    message: 'A new colour, and an answer about feature flags',
    author: 'grace',
    edits: [
      { file: 'frontend/src/assets/site.css', find: '--accent: #0b6e4f;', replace: '--accent: #7a3cc2;' },
      addAnswer(
        'flags',
        'Flag or branch?',
        'A flag: it can be turned off in a second, a branch only reverted.',
      ),
    ],
  },
  {
    message: 'Embeddings from the new provider',
    author: 'linus',
    // Works on the author's laptop, where the variable is set.
    edits: [
      {
        file: 'backend/src/config.js',
        find: "jwtSecret: required('JWT_SECRET'),",
        replace: "jwtSecret: required('JWT_SECRET'),\n    embedUrl: required('EMBED_URL'),",
      },
    ],
    reverted: true,
  },
  {
    message: 'Faster search',
    author: 'linus',
    // Healthy, and wrong: every score is NaN, so nothing is ever found.
    edits: [
      {
        file: 'backend/src/search.js',
        find: 'value * b[i]',
        replace: 'value * b[i + 1]',
      },
    ],
    reverted: true,
  },
  {
    message: 'The API has an address of its own',
    author: 'margaret',
    // The variable is not set in CI: every page names an API called "undefined".
    edits: [
      {
        file: 'frontend/src/layout.html',
        find: 'content="{{apiUrl}}"',
        replace: 'content="undefined"',
      },
    ],
    reverted: true,
  },
  {
    message: 'An answer about pair programming',
    author: 'grace',
    edits: [addAnswer('pairs', 'Review or pair?', 'Pair where it is hard, review where it is long.')],
  },
];

/** The commits' ids follow from their content and their place, as git's do. */
export function commitsOf(history: readonly PlannedCommit[]): Commit[] {
  let parent = '';
  return history.map(({ message, author, edits, reverted }) => {
    const sha = createHash('sha1')
      .update(JSON.stringify([parent, message, author, edits]))
      .digest('hex');
    parent = sha;
    return { sha, message, author, bad: reverted === true };
  });
}

/** The app as it stands at commit number `index`, in a folder of its own, as `actions/checkout` leaves it. */
export function checkOut(
  app: string,
  history: readonly PlannedCommit[],
  index: number,
  folder: string,
): void {
  mkdirSync(folder, { recursive: true });
  cpSync(app, folder, { recursive: true });
  history.slice(0, index + 1).forEach((commit, i) => {
    if (commit.reverted && i !== index) return;
    for (const edit of commit.edits) apply(folder, edit);
  });
}

function apply(folder: string, { file, find, replace }: Edit): void {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  if (text.split(find).length !== 2) throw new Error(`${file} does not hold this exactly once: ${find}`);
  writeFileSync(
    path,
    text.replace(find, () => replace),
  );
}

/** The example's production settings, with the address that this team's site has. */
export function writeSettings(folder: string, siteUrl: string): void {
  const example = readFileSync(join(folder, '.env.production.example'), 'utf8');
  const settings = example.replace(/^ALLOW_ORIGINS=.*$/m, `ALLOW_ORIGINS=${siteUrl}`);
  writeFileSync(join(folder, '.env.production'), settings);
}

/** Runs the checkout's own build of the site. @returns the folder to deploy */
export async function buildSite(folder: string, env: { API_URL: string; COMMIT: string }): Promise<string> {
  const child = spawn(process.execPath, ['build.js'], {
    cwd: join(folder, 'frontend'),
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const said: string[] = [];
  child.stderr.on('data', (chunk) => said.push(String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`the build of the site ended with ${code}: ${said.join('')}`);
  return join(folder, 'frontend/out');
}
