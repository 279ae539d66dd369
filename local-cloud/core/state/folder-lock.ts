import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * One process at a time works on a folder: `lock` names it by its pid and, where the system tells, by when it started,
 * since a pid comes back. A lock of a process that is gone is taken over.
 * @returns what gives the lock back
 * @throws Error that names the process that has it
 */
export function lockFolder(dir: string): () => void {
  const file = join(dir, 'lock');
  const own = `${process.pid} ${startOf(process.pid)}`;
  const work = join(dir, `lock.${process.pid}`);
  writeFileSync(work, own);
  try {
    for (let tries = 0; tries < 10; tries++) {
      try {
        // A link is made whole or not at all, and never over another.
        linkSync(work, file);
        return () => {
          if (read(file) === own) rmSync(file, { force: true });
        };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
      removeStale(dir, file);
    }
    throw new Error(`the folder ${dir} could not be locked: ${file} comes back again and again`);
  } finally {
    rmSync(work, { force: true });
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** @throws Error where the process of the lock is there */
function removeStale(dir: string, file: string): void {
  const holder = read(file);
  const pid = Number(holder.split(' ')[0]);
  if (holder !== '' && isAlive(pid) && holder === `${pid} ${startOf(pid)}`) {
    throw new Error(
      `the folder ${dir} is in use by process ${pid}: stop that one, or give this one another --state`,
    );
  }
  const aside = join(dir, `lock.stale.${process.pid}`);
  try {
    renameSync(file, aside);
  } catch {
    return;
  }
  // Another process may have taken the stale lock over in between: then this one is its own, and is put back.
  if (read(aside) !== holder) {
    try {
      linkSync(aside, file);
    } catch {
      // A third one was faster.
    }
  }
  rmSync(aside, { force: true });
}

function isAlive(pid: number): boolean {
  if (!(pid > 0)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process started, in ticks since the machine did (Linux, proc(5), field 22); elsewhere `-`. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '-';
  } catch {
    return '-';
  }
}
