import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundlePath, root } from '../support/dist.ts';

interface Ended {
  readonly code: number | null;
  readonly said: string;
}

/**
 * The demo as a user starts it, from a folder that is not the repository.
 * @param meanwhile what is done when the week is over and the demo waits for Ctrl-C; then it gets one
 */
function runDemo(args: readonly string[], cwd: string, meanwhile = async () => {}): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(bundlePath('demo'), 'index.js'), ...args], {
      cwd,
      env: { PATH: process.env['PATH'], HOME: cwd },
    });
    let said = '';
    const hear = (chunk: Buffer) => {
      said += String(chunk);
      if (String(chunk).includes('Ctrl-C ends it.'))
        void meanwhile()
          .catch(reject)
          .finally(() => child.kill('SIGINT'));
    };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', hear);
    child.on('close', (code) => resolve({ code, said }));
  });
}

/** The commands of docs/getting-started.md that play with the cloud that the demo left running. */
function documentedCommands(out: string): string {
  const page = readFileSync(join(root, 'docs/getting-started.md'), 'utf8');
  const commands = /<!-- executed by [^>]*-->\n```sh\n([\s\S]*?)```/.exec(page)?.[1] ?? 'false';
  return commands
    .replaceAll('demo-output', out)
    .replaceAll('node dist/', `node ${dirname(bundlePath('cli'))}/`);
}

function shell(commands: string): Promise<Ended> {
  return new Promise((resolve) => {
    // The deployment of the docs is somebody's on a laptop: nothing of a job's environment.
    const { PATH, HOME } = process.env;
    const child = spawn('bash', ['-euc', commands], { cwd: root, env: { PATH, HOME } });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += String(chunk)));
    child.on('close', (code) => resolve({ code, said }));
  });
}

/** Milliseconds. It takes 35 s on two idle cores; this is for a hang beside all other tests. */
const BOUND = 240_000;

describe('npm run demo', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wwhd-demo-test-'));
  const out = join(folder, 'out');
  let ended: Ended;
  let played: Ended;
  let page = '';

  beforeAll(async () => {
    ended = await runDemo(['--out', 'out', '--keep'], folder, async () => {
      played = await shell(documentedCommands(out));
    });
    page = readFileSync(join(out, 'index.html'), 'utf8');
  }, BOUND);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('exits 0 with every check held', () => {
    expect(ended.said).toMatch(/The week is as promised: \d+ checks held in [\d.]+ s/);
    expect(ended.code).toBe(0);
  });

  test('every command of the first steps works on the cloud that it left running', () => {
    expect(played.code, played.said).toBe(0);
    expect(played.said).toContain('rolled-back');
    expect(played.said).toContain('f9f74d4');
  });

  test('no request failed during the release under load, and the count is shown', () => {
    expect(ended.said).toMatch(/\d+ requests while the release went out, 0 failed/);
    expect(page).toMatch(/\d+ requests while the release went out, 0 failed/);
  });

  test('the page tells every act, with the summaries, the chart and the ledger', () => {
    for (const title of [
      'The first release',
      'A release under load',
      'A backend that does not start',
      'A backend that is healthy, and wrong',
      'A broken page',
      'An older commit, refused',
      'Back to two releases ago',
    ])
      expect(page).toContain(`<h2>${title}</h2>`);
    for (const outcome of ['deployed', 'rolled-back', 'refused', 'passed'])
      expect(page).toContain(`>${outcome}</span>`);
    expect(page.match(/class="md"/g)?.length).toBeGreaterThan(10);
    expect(page.match(/<svg class="chart"/g)).toHaveLength(2);
    expect(page).toContain('>adoption<');
    expect(page).toContain('<span class="badge good">live</span>');
  });

  test('the page needs no script and nothing from elsewhere', () => {
    expect(page).not.toMatch(/<script|<link|<img|@import|url\(/);
    expect(page).not.toContain('known to the service alone');
  });
});

test('a wrong option is refused in one sentence', async () => {
  const { code, said } = await runDemo(['--speed', 'fast'], tmpdir());
  expect(said).toContain('--speed is a number from 1 to 1000');
  expect(code).toBe(1);
});
