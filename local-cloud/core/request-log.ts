/** One request, as `GET /_cloud/requests` tells it. */
export interface LogEntry {
  readonly id: string;
  /** Milliseconds since the epoch, when it arrived. */
  readonly time: number;
  readonly service: string;
  readonly region: string;
  readonly method: string;
  readonly path: string;
  operation: string;
  resource: string;
  /** What a copy reads. */
  source?: string;
  mutating: boolean;
  /** HTTP status; 599 where the connection was dropped before the operation. */
  status: number;
  /** Error code, where it failed. */
  code?: string;
  /** IAM actions that AWS would have asked for. */
  iam: readonly string[];
  bytesIn: number;
  bytesOut: number;
  /** Milliseconds until the answer was complete. */
  duration?: number;
  /** True where a `reset-after` fault lost the answer of an operation that was done. */
  answerLost?: boolean;
}

export interface LogFilter {
  readonly service?: string | null;
  readonly operation?: string | null;
  /** What the resource's name contains. */
  readonly resource?: string | null;
  /** Milliseconds since the epoch. */
  readonly since?: number;
}

/** What a process remembers: beyond this the oldest go. About 0.4 kB each. */
const KEPT = 300_000;

/** All requests, oldest first. */
export class RequestLog {
  #entries: LogEntry[] = [];

  add(entry: LogEntry): void {
    this.#entries.push(entry);
    if (this.#entries.length > KEPT * 1.1) this.#entries = this.#entries.slice(-KEPT);
  }

  /** Those that were answered, or are being answered, that match every given field. */
  list(filter: LogFilter = {}): LogEntry[] {
    return this.#entries.filter(
      (e) =>
        (!filter.service || e.service === filter.service) &&
        (!filter.operation || e.operation === filter.operation) &&
        (!filter.resource || e.resource.includes(filter.resource)) &&
        e.time >= (filter.since ?? 0),
    );
  }

  clear(): void {
    this.#entries = [];
  }
}
