import { CloudFault, type Service } from '../service.ts';
import { Journal, type Record_ } from './journal.ts';
import { type Pieces, wholePieces } from './pieces.ts';

/** Shortest time between a change that no request waits for and its being kept, in milliseconds. */
const QUIET = 200;

/** Codes of a disk that takes no more. */
const FULL: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

export const isDiskFull = (error: unknown): boolean =>
  FULL.has((error as NodeJS.ErrnoException | undefined)?.code ?? '');

/** What a request is answered that could not be kept. */
export const diskFull = (): CloudFault =>
  new CloudFault(
    'ServiceUnavailable',
    'The disk of the local cloud is full: nothing that was acknowledged is lost, and writes are taken again when there is space.',
    503,
  );

/** Keeps what services hold in a folder: a request that changed something is answered when its change is kept. */
export class StateFolder {
  readonly #journal: Journal;
  readonly #pieces: ReadonlyMap<string, Pieces>;
  readonly #say: (line: string) => void;
  readonly #dirty = new Set<string>();
  /** Changes that could not be written yet, newest of each name. */
  readonly #pending = new Map<string, string | undefined>();
  #next: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cost = 0;
  #closed = false;

  constructor(dir: string, services: ReadonlyMap<string, Service>, say: (line: string) => void) {
    this.#journal = new Journal(dir);
    this.#pieces = new Map([...services].flatMap(([name, service]) => piecesOf(name, service)));
    this.#say = say;
  }

  /** @throws Error that names the file, or the service, where it cannot be read */
  async load(): Promise<void> {
    const of = new Map<string, Map<string, unknown>>();
    for (const [name, value] of this.#journal.open()) {
      const slash = name.indexOf('/');
      const service = name.slice(0, slash);
      if (!of.has(service)) of.set(service, new Map());
      of.get(service)?.set(name.slice(slash + 1), value);
    }
    for (const [service, pieces] of this.#pieces) {
      try {
        await pieces.load(of.get(service) ?? new Map());
      } catch (error) {
        throw new Error(`cannot take up the state of ${service}: ${(error as Error).message}`);
      }
    }
  }

  /** A service changed and nobody waits: it is kept a moment later. */
  changed(service: string): void {
    if (this.#closed) return;
    this.#dirty.add(service);
    this.#timer ??= setTimeout(
      () => this.commit(service).catch(() => {}),
      Math.max(QUIET, this.#cost * 10),
    ).unref();
  }

  /** Resolves when all that changed until now is kept. @throws CloudFault 503 where the disk is full */
  commit(service: string): Promise<void> {
    this.#dirty.add(service);
    // Requests of one moment are kept together.
    this.#next ??= new Promise<void>((resolve, reject) => {
      setImmediate(() => {
        this.#next = undefined;
        try {
          resolve(this.flush());
        } catch (error) {
          reject(isDiskFull(error) ? diskFull() : error);
        }
      });
    });
    return this.#next;
  }

  /** To be asked before a change: what could not be written yet must be, else nothing new is taken. */
  requireSpace(): void {
    if (this.#pending.size === 0) return;
    try {
      this.flush();
    } catch (error) {
      throw isDiskFull(error) ? diskFull() : error;
    }
  }

  /** Keeps what changed, now. @throws Error of the disk; it is tried again with the next change */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const start = performance.now();
    for (const service of this.#dirty) {
      for (const [name, value] of this.#pieces.get(service)?.changed() ?? [])
        this.#pending.set(`${service}/${name}`, value === undefined ? undefined : JSON.stringify(value));
    }
    this.#dirty.clear();
    if (this.#pending.size > 0) {
      this.#journal.append([...this.#pending]);
      this.#pending.clear();
    }
    for (const pieces of this.#pieces.values()) pieces.kept?.();
    this.#cost = performance.now() - start;
    if (this.#journal.checkpointDue) {
      this.#journal.checkpoint(this.#all()).catch((error: unknown) => {
        this.#say(`the state could not be written anew: ${(error as Error).message}; its log goes on`);
      });
    }
  }

  *#all(): Generator<Record_> {
    for (const [service, pieces] of this.#pieces) {
      for (const [name, value] of pieces.entries()) yield [`${service}/${name}`, JSON.stringify(value)];
    }
  }

  async close(): Promise<void> {
    for (const service of this.#pieces.keys()) this.#dirty.add(service);
    try {
      this.flush();
    } finally {
      clearTimeout(this.#timer);
      this.#closed = true;
      await this.#journal.close();
    }
  }
}

function piecesOf(name: string, service: Service): Array<[string, Pieces]> {
  if (service.pieces) return [[name, service.pieces]];
  const { save, load } = service;
  if (!save || !load) return [];
  return [
    [name, wholePieces({ save: () => save.call(service), load: (state) => load.call(service, state) })],
  ];
}
