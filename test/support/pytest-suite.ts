import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PeerEnd, peerEnds } from './peer-suite.ts';

/** Where other projects' suites are: `WWHD_PEER_SUITES`, empty where there are none. */
export const PEER_SUITES = process.env['WWHD_PEER_SUITES'] ?? '';

/** Whether a suite is there; says what is missing otherwise. */
export function hasPeer(what: string): boolean {
  const path = join(PEER_SUITES, what);
  const there = PEER_SUITES !== '' && existsSync(path);
  if (!there) console.log(`skipped: this suite runs where WWHD_PEER_SUITES has ${what}`);
  return there;
}

interface PytestRun {
  /** Folder of the suite in `WWHD_PEER_SUITES`. */
  readonly suite: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Runs a suite by pytest, in the virtual environment `venv` beside it where there is one. */
export async function runPytest({ suite, args, env, timeout }: PytestRun): Promise<Map<string, PeerEnd>> {
  const folder = mkdtempSync(join(tmpdir(), 'peer-'));
  const report = join(folder, 'report.xml');
  const venv = join(PEER_SUITES, 'venv/bin/python');
  const python = existsSync(venv) ? venv : 'python3';
  const pytest = ['-m', 'pytest', '-q', '-p', 'no:cacheprovider', `--junitxml=${report}`, ...args];
  try {
    // The local cloud is a process of its own, but what it prints is read by this one: nothing here may block.
    const child = spawn(python, pytest, {
      cwd: join(PEER_SUITES, suite),
      env: { ...process.env, AWS_EC2_METADATA_DISABLED: 'true', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout,
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => {
        said = (said + chunk.toString()).slice(-4000);
      });
    await once(child, 'close');
    if (!existsSync(report)) throw new Error(`pytest wrote no report: ${said}`);
    return peerEnds(readFileSync(report, 'utf8'));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
