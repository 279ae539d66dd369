/** How a test of another's suite ended; a test that was skipped says nothing. */
export type PeerEnd = 'passed' | 'failed' | 'skipped';

/** Tests that do not pass here, and why that is no fault of the local cloud. */
export interface PeerReason {
  readonly why: string;
  /** AWS ends them likewise, or the local cloud does not have what they ask for and its documentation says so. */
  readonly of: 'AWS' | 'scope';
  readonly tests: readonly string[];
}

export interface PeerVerdict {
  readonly passed: number;
  /** Failed with a reason. */
  readonly excused: number;
  /** Failed without one: the local cloud is wrong, or a reason is missing. */
  readonly unexplained: readonly string[];
  /** Have a reason and pass, or are no tests of what is claimed: the list is wrong. */
  readonly obsolete: readonly string[];
}

/** Holds the results of a suite to the list of reasons. */
export function judgePeers(ends: ReadonlyMap<string, PeerEnd>, reasons: readonly PeerReason[]): PeerVerdict {
  const excused = new Set(reasons.flatMap((reason) => reason.tests));
  const failed = [...ends].filter(([, end]) => end === 'failed').map(([name]) => name);
  return {
    passed: [...ends.values()].filter((end) => end === 'passed').length,
    excused: failed.filter((name) => excused.has(name)).length,
    unexplained: failed.filter((name) => !excused.has(name)),
    obsolete: [...excused].filter((name) => ends.get(name) !== 'failed'),
  };
}

/** Tests by name of a JUnit report, as pytest and OCI's suite write it; a name that failed once has failed. */
export function peerEnds(report: string): Map<string, PeerEnd> {
  const ends = new Map<string, PeerEnd>();
  for (const [, attributes = '', empty, inner = ''] of report.matchAll(
    /<testcase\b([^>]*?)(?:(\/)>|>([\s\S]*?)<\/testcase>)/g,
  )) {
    const name = /\bname="([^"]*)"/.exec(attributes)?.[1] ?? '';
    if (ends.get(name) === 'failed') continue;
    const status = /\bstatus="(\w+)"/.exec(attributes)?.[1];
    const failed = status === 'failure' || (!empty && /<(failure|error)\b/.test(inner));
    const skipped = status === 'skipped' || (!empty && /<skipped\b/.test(inner));
    ends.set(name, failed ? 'failed' : skipped ? 'skipped' : 'passed');
  }
  return ends;
}
