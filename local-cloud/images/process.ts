import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { constants as osConstants } from 'node:os';
import { dirname, isAbsolute, join, posix } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { type Work, workOfGroup } from './boot.ts';
import {
  commandOf,
  type Exit,
  environmentOf,
  type Instance,
  type Launcher,
  type LaunchSpec,
} from './instance.ts';
import { giveBack, takePort } from './ports.ts';
import type { RootFilesystems } from './rootfs.ts';
import { resolveInside } from './unpack.ts';

const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs images as plain processes of this machine, where no container engine answers. A command that the image itself
 * has (`/usr/local/bin/node` of a real base image) runs with the image as its root, through `unshare` where Linux has
 * it; `node` of an image without one is the Node that runs this cloud. Ports are not mapped: the process is told
 * another port in PORT, so an image has to listen where PORT says.
 */
export class ProcessLauncher implements Launcher {
  readonly kind = 'process';
  readonly #roots: RootFilesystems;

  constructor(roots: RootFilesystems) {
    this.#roots = roots;
  }

  /** True where the command is `node` and the image has none: no engine could run it. */
  async borrowsNode(spec: LaunchSpec): Promise<boolean> {
    const name = commandOf(spec)[0] ?? '';
    if (posix.basename(name) !== 'node') return false;
    const root = await this.#roots.unpacked(spec.images, spec.image);
    return (await findInside(root, root, name, environmentOf(spec)['PATH'] ?? DEFAULT_PATH)) === undefined;
  }

  async launch(spec: LaunchSpec): Promise<Instance> {
    const id = randomBytes(16).toString('hex');
    const argv = commandOf(spec);
    if (!spec.image.suits) {
      spec.onLine(`exec ${argv[0] ?? '/'}: exec format error`);
      return over(id, { code: 1 });
    }
    if (argv.length === 0) return over(id, { code: 127, startError: 'no command specified' });
    const root = await this.#roots.forContainer(spec.images, spec.image, id);
    const env = environmentOf(spec);
    const workdir = spec.workdir ?? spec.image.config.config?.WorkingDir ?? '/';
    const cwd = await resolveInside(root, workdir || '/');
    mkdirSync(cwd, { recursive: true });
    const plan = await planCommand(root, workdir || '/', cwd, argv, env);
    if ('startError' in plan) {
      await this.#roots.removeContainer(id);
      return over(id, { code: 127, startError: plan.startError });
    }
    const port = spec.port === undefined ? 0 : await takePort();
    const told = await toldPort(spec, env, port);
    const child = spawn(plan.file, plan.args, {
      cwd,
      env: {
        ...env,
        PATH: plan.isolated ? (env['PATH'] ?? DEFAULT_PATH) : `${dirname(process.execPath)}:${DEFAULT_PATH}`,
        HOME: env['HOME'] ?? (plan.isolated ? '/root' : cwd),
        HOSTNAME: id.slice(0, 12),
        ...(told === undefined ? {} : { PORT: String(told) }),
      },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ProcessInstance(id, port, child, spec, () => {
      for (const one of [port, told ?? 0]) giveBack(one);
      return this.#roots.removeContainer(id);
    });
  }
}

/**
 * What PORT says. Where the image or its configuration names another port than the one that traffic goes to, it gets
 * a port that nothing asks for: as on AWS, it then listens where no one looks.
 */
async function toldPort(spec: LaunchSpec, env: Record<string, string>, port: number) {
  if (spec.port === undefined) return undefined;
  const elsewhere = env['PORT'] !== undefined && env['PORT'] !== String(spec.port);
  return elsewhere ? takePort() : port;
}

type Plan =
  | { readonly file: string; readonly args: string[]; readonly isolated: boolean }
  | { readonly startError: string };

async function planCommand(
  root: string,
  workdir: string,
  cwd: string,
  argv: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Plan> {
  const [name = '', ...args] = argv;
  const inside = await findInside(root, cwd, name, env['PATH'] ?? DEFAULT_PATH);
  const rewritten = await Promise.all(args.map((arg) => onDisk(root, arg)));
  if (inside === undefined) {
    if (posix.basename(name) === 'node') return alone(process.execPath, rewritten, false);
    return { startError: `exec: "${name}": executable file not found in $PATH` };
  }
  const unshare = host('unshare');
  if (process.platform === 'linux' && unshare && (await needsRoot(inside.path))) {
    const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
    return alone(unshare, [...user, `--root=${root}`, `--wd=${workdir}`, inside.name, ...args], true);
  }
  return alone(inside.path, rewritten, false);
}

/** Through `setpriv` where Linux has it: what was started goes when the cloud is killed. */
function alone(file: string, args: string[], isolated: boolean): Plan {
  const setpriv = process.platform === 'linux' ? host('setpriv') : undefined;
  if (!setpriv) return { file, args, isolated };
  return { file: setpriv, args: ['--pdeathsig', 'KILL', '--', file, ...args], isolated };
}

function host(tool: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin'].map((dir) => join(dir, tool)).find((path) => existsSync(path));
}

/** A command of the image: its name there, and where that is on disk. */
async function findInside(root: string, cwd: string, name: string, path: string) {
  const places = name.includes('/')
    ? [isAbsolute(name) ? name : posix.join('/', posix.relative(root, cwd), name)]
    : path.split(':').map((dir) => posix.join(dir, name));
  for (const place of places) {
    const disk = await resolveInside(root, place);
    if (await isExecutable(disk)) return { name: place, path: disk };
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    accessSync(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** An absolute path of the image, in an argument, as the path on disk; anything else as it is. */
async function onDisk(root: string, arg: string): Promise<string> {
  if (!arg.startsWith('/')) return arg;
  const path = await resolveInside(root, arg);
  return existsSync(path) ? path : arg;
}

/** A script, or a binary of the image: its interpreter and libraries are in the image, not on this machine. */
async function needsRoot(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(4), length: 4, position: 0 });
    return buffer.subarray(0, 2).toString() === '#!' || buffer.toString('latin1') === '\x7fELF';
  } finally {
    await file.close();
  }
}

/** One that never ran. */
export function over(id: string, exit: Exit): Instance {
  return { id, port: 0, exit, exited: Promise.resolve(exit), work: () => undefined, stop: async () => exit };
}

class ProcessInstance implements Instance {
  readonly id: string;
  readonly port: number;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  readonly #child: ChildProcess;

  constructor(id: string, port: number, child: ChildProcess, spec: LaunchSpec, cleanUp: () => Promise<void>) {
    this.id = id;
    this.port = port;
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) lines(stream, spec.onLine);
    this.exited = new Promise((resolve) => {
      const done = (exit: Exit) => {
        if (this.exit) return;
        this.exit = exit;
        cleanUp().catch(() => {});
        resolve(exit);
      };
      child.on('error', (error) => done({ code: 127, startError: error.message }));
      child.on('close', (code, signal) => done({ code: code ?? 128 + signalNumber(signal) }));
    });
  }

  work(): Work | undefined {
    return this.#child.pid === undefined ? undefined : workOfGroup(this.#child.pid);
  }

  async stop(grace: number): Promise<Exit> {
    if (this.exit) return this.exit;
    this.#signal('SIGTERM');
    const kill = setTimeout(() => this.#signal('SIGKILL'), grace);
    const exit = await this.exited;
    clearTimeout(kill);
    return exit;
  }

  /** To the whole group: `npm start` is a shell, a Node and an app. */
  #signal(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      this.#child.kill(signal);
    }
  }
}

export function lines(stream: Readable | null, onLine: (line: string) => void): void {
  if (!stream) return;
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

function signalNumber(signal: NodeJS.Signals | null): number {
  return signal ? (osConstants.signals[signal] ?? 0) : 0;
}
