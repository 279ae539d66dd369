/** What the week left behind: plain data, written while the week is played and turned into the page afterwards. */
export interface WeekReport {
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  /** Whole duration, in seconds. */
  readonly seconds: number;
  readonly node: string;
  readonly platform: string;
  /** How many times faster than AWS the local cloud waited. */
  readonly speed: number;
  readonly acts: readonly ActReport[];
  readonly commits: readonly Commit[];
  readonly traffic: readonly Sample[];
  readonly ledger: LedgerReport;
  readonly cloud: CloudReport;
  readonly bundles: readonly { readonly name: string; readonly bytes: number }[];
  /** Why the week is not as promised; left out when it is. */
  readonly problem?: string;
}

export interface Commit {
  readonly sha: string;
  readonly message: string;
  readonly author: string;
  /** The team found out that it is bad, and took it out again. */
  readonly bad: boolean;
}

export interface ActReport {
  readonly day: string;
  readonly title: string;
  /** The title in two or three words. */
  readonly short: string;
  /** One or two sentences: what the team does, and what should come of it. */
  readonly story: string;
  /** What came of it, in one sentence with its figures. */
  readonly verdict: string;
  /** Milliseconds since the week began. */
  readonly from: number;
  readonly to: number;
  readonly steps: readonly StepRun[];
  readonly checks: readonly Check[];
}

/** One step of a job: a bundle, run as GitHub's runner runs it. */
export interface StepRun {
  readonly action: string;
  readonly inputs: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly exitCode: number;
  readonly from: number;
  readonly to: number;
  /** Markdown of the job summary. */
  readonly summary: string;
  /** What the step printed, as the runner shows it. */
  readonly log: string;
}

/** Something that the demo looked up by itself, on the wire, after an act. */
export interface Check {
  readonly what: string;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
}

/** One request of the team's users. */
export interface Sample {
  /** Milliseconds since the week began. */
  readonly at: number;
  /** Milliseconds until the body was read. */
  readonly ms: number;
  readonly kind: 'api' | 'site';
  readonly path: string;
  /** HTTP status; 0 where there was no answer. */
  readonly status: number;
  /** A success with the right content. */
  readonly ok: boolean;
  /** The commit that answered, where the answer says so. */
  readonly commit: string;
  readonly bytes: number;
}

export interface LedgerReport {
  /** The release bucket's `<environment>/current.json`. */
  readonly pointer: Readonly<Record<string, unknown>>;
  /** Release records, newest first, as they stand in the release bucket. */
  readonly records: readonly Readonly<Record<string, unknown>>[];
}

/** What the local cloud's request log says of the team's actions. */
export interface CloudReport {
  readonly requests: number;
  readonly mutating: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly services: readonly {
    readonly service: string;
    readonly requests: number;
    readonly operations: readonly { readonly operation: string; readonly requests: number }[];
  }[];
  /** IAM actions that AWS would have asked for. */
  readonly iam: readonly string[];
}
