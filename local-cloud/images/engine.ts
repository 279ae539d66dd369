import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { pack } from 'tar-stream';
import type { ImageStore } from '../services/registry/store.ts';
import { type Exit, environmentOf, type Instance, type Launcher, type LaunchSpec } from './instance.ts';
import { giveBack, takePort } from './ports.ts';
import { lines, type ProcessLauncher } from './process.ts';
import type { PulledImage } from './pull.ts';

const run = promisify(execFile);
const ENGINES = ['docker', 'podman'] as const;
/** Milliseconds that an engine gets to answer: a Docker Desktop that is starting would block for minutes. */
const ANSWER = 3_000;

/** The first container engine that answers; `docker version` fails where no daemon does. */
export async function findEngine(): Promise<string | undefined> {
  for (const engine of ENGINES) {
    try {
      await run(engine, ['version', '--format', '{{.Server.Version}}'], { timeout: ANSWER });
      return engine;
    } catch {
      // Not installed, no daemon, or no answer in time.
    }
  }
  return undefined;
}

/** What an engine prints where the image is at fault and not the engine. */
const IMAGE_AT_FAULT =
  /executable file .*not found|no such file or directory|exec format error|permission denied: unknown/i;

/**
 * Runs images in a container engine. An image that has no file for its command (`node` over an image without Node) runs
 * as a process, and so does every image from then on where the engine turns out to be unable to run any.
 */
export class EngineLauncher implements Launcher {
  readonly kind: string;
  readonly #engine: string;
  readonly #processes: ProcessLauncher;
  readonly #log: (line: string) => void;
  readonly #loaded = new Map<string, Promise<string>>();
  #broken = false;

  constructor(engine: string, processes: ProcessLauncher, log: (line: string) => void) {
    this.kind = engine;
    this.#engine = engine;
    this.#processes = processes;
    this.#log = log;
  }

  async launch(spec: LaunchSpec): Promise<Instance> {
    if (this.#broken || !spec.image.suits || (await this.#processes.borrowsNode(spec)))
      return this.#processes.launch(spec);
    try {
      return await this.#launch(spec);
    } catch (error) {
      this.#broken = true;
      this.#log(
        `${this.#engine} cannot run containers here (${(error as Error).message}); images run as processes`,
      );
      return this.#processes.launch(spec);
    }
  }

  async #launch(spec: LaunchSpec): Promise<Instance> {
    const image = await this.#load(spec.images, spec.image);
    const id = randomBytes(16).toString('hex');
    const port = spec.port === undefined ? 0 : await takePort();
    const env = environmentOf({ ...spec, image: { ...spec.image, config: {} } });
    const name = `local-cloud-${id.slice(0, 12)}`;
    const child = spawn(this.#engine, runArguments(spec, name, image, port, Object.keys(env)), {
      // Values go through the environment: an argument could be read by anyone on this machine.
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const instance = new EngineInstance(this.#engine, id, name, port, child, spec.onLine);
    instance.exited.then(() => giveBack(port));
    await instance.started();
    return instance;
  }

  #load(images: ImageStore, image: PulledImage): Promise<string> {
    const tag = `localhost/local-cloud:${image.manifestDigest.slice(-20)}`;
    let loading = this.#loaded.get(tag);
    if (!loading) {
      loading = loadImage(this.#engine, images, image, tag).then(() => tag);
      loading.catch(() => this.#loaded.delete(tag));
      this.#loaded.set(tag, loading);
    }
    return loading;
  }
}

export function runArguments(
  spec: Pick<LaunchSpec, 'port' | 'workdir' | 'entryPoint' | 'command'>,
  name: string,
  image: string,
  port: number,
  variables: readonly string[],
): string[] {
  const [entry, ...rest] = spec.entryPoint ?? [];
  return [
    ...['run', '--rm', '--name', name, '--pull', 'never'],
    ...(spec.port === undefined ? [] : ['--publish', `127.0.0.1:${port}:${spec.port}`]),
    ...variables.flatMap((variable) => ['--env', variable]),
    ...(spec.workdir ? ['--workdir', spec.workdir] : []),
    ...(entry === undefined ? [] : ['--entrypoint', entry]),
    image,
    ...rest,
    ...(spec.command ?? []),
  ];
}

/** Gives the engine the image as the archive that `docker save` writes: no registry has to trust this one. */
async function loadImage(engine: string, images: ImageStore, image: PulledImage, tag: string): Promise<void> {
  const child = spawn(engine, ['load'], { stdio: ['pipe', 'ignore', 'pipe'] });
  const said: Buffer[] = [];
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const done = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(`load ended with ${code}: ${Buffer.concat(said)}`)),
    );
  });
  const archive = pack();
  const fed = pipeline(archive, child.stdin);
  const hex = (digest: string) => digest.replace('sha256:', '');
  const layers = image.layers.map((layer) => `${hex(layer.digest)}.tar`);
  const config = `${hex(image.configDigest)}.json`;
  archive.entry(
    { name: 'manifest.json' },
    JSON.stringify([{ Config: config, RepoTags: [tag], Layers: layers }]),
  );
  archive.entry({ name: config }, await images.readBlob(image.configDigest));
  for (const [i, layer] of image.layers.entries()) {
    const path = images.blobPath(layer.digest);
    await pipeline(
      createReadStream(path),
      archive.entry({ name: layers[i] ?? '', size: (await stat(path)).size }),
    );
  }
  archive.finalize();
  await Promise.all([fed, done]);
}

/** Milliseconds that an engine gets to start a container, and between two looks whether it has. */
const START = 60_000;
const LOOK = 100;

class EngineInstance implements Instance {
  readonly id: string;
  readonly port: number;
  readonly exited: Promise<Exit>;
  exit: Exit | undefined;
  readonly #engine: string;
  readonly #name: string;
  readonly #child: ChildProcess;
  #last = '';

  constructor(
    engine: string,
    id: string,
    name: string,
    port: number,
    child: ChildProcess,
    onLine: (line: string) => void,
  ) {
    this.#engine = engine;
    this.id = id;
    this.#name = name;
    this.port = port;
    this.#child = child;
    lines(child.stdout, onLine);
    lines(child.stderr, (line) => {
      this.#last = line;
      onLine(line);
    });
    this.exited = new Promise((resolve) => {
      const end = (exit: Exit) => {
        this.exit ??= exit;
        resolve(this.exit);
      };
      child.on('error', (error) => end({ code: 125, startError: error.message }));
      child.on('close', (code) => {
        const refused = code === 125 || code === 126 || code === 127;
        end({ code: code ?? 137, ...(refused ? { startError: this.#last } : {}) });
      });
    });
  }

  /** @throws Error where the engine itself, and not the image, kept the container from starting */
  async started(): Promise<void> {
    for (const end = Date.now() + START; !this.exit && Date.now() < end; ) {
      if (await this.#isRunning()) return;
      await Promise.race([this.exited, new Promise((resolve) => setTimeout(resolve, LOOK))]);
    }
    const problem = this.exit?.startError;
    if (problem !== undefined && !IMAGE_AT_FAULT.test(problem)) throw new Error(problem);
  }

  async #isRunning(): Promise<boolean> {
    try {
      const { stdout } = await run(this.#engine, ['inspect', '--format', '{{.State.Running}}', this.#name]);
      return stdout.trim() === 'true';
    } catch {
      return false;
    }
  }

  /** The container's processes are the engine's, which may be in a virtual machine. */
  work(): undefined {
    return undefined;
  }

  /** The client hands SIGTERM on to the container; SIGKILL has to be asked of the engine. */
  async stop(grace: number): Promise<Exit> {
    if (this.exit) return this.exit;
    this.#child.kill('SIGTERM');
    const kill = setTimeout(() => {
      run(this.#engine, ['kill', this.#name]).catch(() => this.#child.kill('SIGKILL'));
    }, grace);
    const exit = await this.exited;
    clearTimeout(kill);
    return exit;
  }
}
