import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Service } from './service.ts';

/** Shortest time between a change and its being saved, in milliseconds. */
const QUIET = 200;

/**
 * Keeps what services hold in `DIR/<service>.json`. A service that changed is saved a moment later, and again at most
 * once in ten times the time that saving took, so that a large state does not slow the requests down.
 */
export class StateFolder {
  readonly #dir: string;
  readonly #services: ReadonlyMap<string, Service>;
  readonly #dirty = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #cost = 0;

  constructor(dir: string, services: ReadonlyMap<string, Service>) {
    this.#dir = dir;
    this.#services = services;
    mkdirSync(dir, { recursive: true });
  }

  /** @throws Error that names the file where it cannot be read */
  async load(): Promise<void> {
    for (const service of this.#services.values()) {
      const file = this.#file(service.name);
      let text: string;
      try {
        text = readFileSync(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') continue;
        throw error;
      }
      try {
        await service.load?.(JSON.parse(text));
      } catch (error) {
        throw new Error(`cannot load ${file}: ${(error as Error).message}`);
      }
    }
  }

  changed(name: string): void {
    this.#dirty.add(name);
    this.#timer ??= setTimeout(() => this.flush(), Math.max(QUIET, this.#cost * 10)).unref();
  }

  /** Saves what changed, now. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const start = performance.now();
    for (const name of this.#dirty) this.#save(name);
    this.#dirty.clear();
    this.#cost = performance.now() - start;
  }

  #save(name: string): void {
    const service = this.#services.get(name);
    if (!service?.save) return;
    const file = this.#file(name);
    writeFileSync(`${file}.new`, JSON.stringify(service.save()));
    renameSync(`${file}.new`, file);
  }

  #file(name: string): string {
    return join(this.#dir, `${name}.json`);
  }
}
