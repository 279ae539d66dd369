/** One event; times in epoch milliseconds. */
export interface LogEvent {
  readonly id: string;
  readonly timestamp: number;
  readonly ingested: number;
  readonly message: string;
}

export interface LogStream {
  readonly name: string;
  readonly createdAt: number;
  /** Oldest first. */
  readonly events: LogEvent[];
}

export interface LogGroup {
  readonly name: string;
  readonly region: string;
  readonly createdAt: number;
  readonly logGroupClass: string;
  retentionInDays?: number;
  kmsKeyId?: string;
  tags: Record<string, string>;
  readonly streams: Record<string, LogStream>;
}

/** Events that a stream keeps; older ones go, so that an app that talks without end does not fill the memory. */
const KEPT = 20_000;

let counter = 0;

/** Log groups by region. */
export class LogStore {
  readonly #groups = new Map<string, LogGroup>();

  group(region: string, name: string): LogGroup | undefined {
    return this.#groups.get(`${region}/${name}`);
  }

  groups(region: string): LogGroup[] {
    return [...this.#groups.values()]
      .filter((g) => g.region === region)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  create(region: string, name: string, now: number, logGroupClass = 'STANDARD'): LogGroup {
    const group = { name, region, createdAt: now, logGroupClass, tags: {}, streams: {} };
    this.#groups.set(`${region}/${name}`, group);
    return group;
  }

  remove(group: LogGroup): void {
    this.#groups.delete(`${group.region}/${group.name}`);
  }

  /** Writes one line, making group and stream where they are missing, as AWS services do with their own. */
  write(region: string, group: string, stream: string, message: string, now: number): void {
    const into = this.group(region, group) ?? this.create(region, group, now);
    this.append(this.stream(into, stream, now), [{ timestamp: now, message }], now);
  }

  stream(group: LogGroup, name: string, now: number): LogStream {
    group.streams[name] ??= { name, createdAt: now, events: [] };
    return group.streams[name];
  }

  append(
    stream: LogStream,
    events: ReadonlyArray<{ readonly timestamp: number; readonly message: string }>,
    now: number,
  ): void {
    for (const event of events) {
      const id = String(++counter).padStart(20, '0');
      const entry = { ...event, id, ingested: now };
      const last = stream.events.at(-1);
      stream.events.push(entry);
      if (last && last.timestamp > event.timestamp) stream.events.sort((a, b) => a.timestamp - b.timestamp);
    }
    if (stream.events.length > KEPT) stream.events.splice(0, stream.events.length - KEPT);
  }

  save(): unknown {
    return [...this.#groups.values()];
  }

  load(state: unknown): void {
    for (const group of state as LogGroup[]) {
      this.#groups.set(`${group.region}/${group.name}`, group);
      for (const stream of Object.values(group.streams))
        counter = Math.max(counter, ...stream.events.map((e) => Number(e.id)));
    }
  }
}
