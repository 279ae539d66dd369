/**
 * A service's state in pieces, so that a change costs what has changed: each piece has a name and is plain data.
 */
export interface Pieces {
  /** All of them, read while requests go on: a piece that changes meanwhile may be given as it was or as it is. */
  entries(): Iterable<readonly [name: string, value: unknown]>;
  /** Those that may have changed since the last call; `undefined`: it is gone. */
  changed(): Iterable<readonly [name: string, value: unknown]>;
  /** Takes up what was kept. @throws Error where something is missing */
  load(pieces: ReadonlyMap<string, unknown>): Promise<void> | void;
  /** Told when all that `changed` gave is kept. */
  kept?(): void;
}

/** Containers down to this depth are taken apart; what is below them is one piece. */
const DEPTH = 3;

type Path = readonly (string | number)[];

/** The pieces of a value: containers by their kind, and what they hold below them. */
export function takeApart(value: unknown): Map<string, string> {
  const pieces = new Map<string, string>();
  const visit = (path: Path, one: unknown) => {
    if (one === undefined) return;
    const container = typeof one === 'object' && one !== null && path.length < DEPTH;
    if (!container) {
      const text = JSON.stringify(one) as string | undefined;
      if (text !== undefined) pieces.set(JSON.stringify(path), text);
      return;
    }
    pieces.set(JSON.stringify(path), Array.isArray(one) ? '[]' : '{}');
    if (Array.isArray(one)) one.forEach((item, i) => void visit([...path, i], item ?? null));
    else for (const [name, item] of Object.entries(one)) visit([...path, name], item);
  };
  visit([], value);
  return pieces;
}

/** The value that pieces were taken from; `undefined` of none. */
export function putTogether(pieces: ReadonlyMap<string, unknown>): unknown {
  const paths = [...pieces.keys()].map((name) => JSON.parse(name) as Path);
  paths.sort((a, b) => a.length - b.length);
  const root: { value?: unknown } = {};
  for (const path of paths) {
    const value = pieces.get(JSON.stringify(path));
    let holder = root as Record<string | number, unknown>;
    let last: string | number = 'value';
    for (const part of path) {
      holder = holder[last] as Record<string | number, unknown>;
      last = part;
    }
    // Not by assignment, which a member named `__proto__` would turn into something else.
    Object.defineProperty(holder, last, { value, writable: true, enumerable: true, configurable: true });
  }
  return root.value;
}

/** What a service has that saves and loads its state as one value. */
export interface Whole {
  save(): unknown;
  load(state: unknown): Promise<void> | void;
}

/** The pieces of a state that is saved as a whole: what has changed is found by comparison. */
export function wholePieces(whole: Whole): Pieces {
  let before = new Map<string, string>();
  return {
    *entries() {
      for (const [name, text] of takeApart(whole.save())) yield [name, JSON.parse(text)];
    },
    *changed() {
      const now = takeApart(whole.save());
      const last = before;
      before = now;
      for (const [name, text] of now) if (last.get(name) !== text) yield [name, JSON.parse(text)];
      for (const name of last.keys()) if (!now.has(name)) yield [name, undefined];
    },
    async load(pieces) {
      if (pieces.size === 0) return;
      const state = putTogether(pieces);
      before = takeApart(state);
      await whole.load(state);
    },
  };
}
