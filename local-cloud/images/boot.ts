import { readdirSync, readFileSync } from 'node:fs';

/** Milliseconds that a process may take to listen, however fast the cloud's clock runs. */
const PATIENCE = 4_000;
/** The same for one that is seen to be at work: a busy machine is no reason to call an application ill. */
const LONGEST = 60_000;
/** The same where nobody can see whether it is at work: in a container engine, or not on Linux. */
const UNSEEN = 15_000;
/** Milliseconds without any work after which a process is up, and listens somewhere else. */
const IDLE = 1_500;

/** What a group of processes has done so far. */
export interface Work {
  /** Processor time that it used, in the kernel's ticks. */
  readonly ticks: number;
  /** One of them runs, wants to, or waits for the disk. */
  readonly busy: boolean;
}

/**
 * Tells an application that is still starting from one that is up and does not listen where it should: time alone
 * cannot, since a machine with other work makes a start many times longer.
 */
export class Boot {
  readonly #began: number;
  readonly #look: () => Work | undefined;
  #ticks = -1;
  #workedAt: number;

  constructor(look: () => Work | undefined, now = Date.now()) {
    this.#look = look;
    this.#began = now;
    this.#workedAt = now;
  }

  goesOn(now = Date.now()): boolean {
    const age = now - this.#began;
    if (age < PATIENCE - IDLE) return true;
    const work = this.#look();
    if (work && (work.busy || work.ticks !== this.#ticks)) {
      this.#ticks = work.ticks;
      this.#workedAt = now;
    }
    if (!work) return age < UNSEEN;
    return age < PATIENCE || (age < LONGEST && now - this.#workedAt < IDLE);
  }
}

/** All processes of a group, as Linux tells of them (proc(5), /proc/pid/stat). @returns nothing where it cannot be told */
export function workOfGroup(group: number): Work | undefined {
  if (process.platform !== 'linux') return undefined;
  try {
    const stats = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(statOf)
      .filter((stat) => stat?.group === group);
    if (stats.length === 0) return undefined;
    return {
      ticks: stats.reduce((sum, stat) => sum + (stat?.ticks ?? 0), 0),
      busy: stats.some((stat) => stat?.state === 'R' || stat?.state === 'D'),
    };
  } catch {
    return undefined;
  }
}

function statOf(pid: string) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // The name of the command, in brackets, may hold anything: the fields are counted from behind it.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { state: fields[0], group: Number(fields[2]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return undefined;
  }
}
