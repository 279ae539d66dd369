import type { CommitOrder } from '../github/commit-order.ts';
import type { Pointer } from './record.ts';

export interface FenceQuestion {
  /** What is live; `undefined` before the first release. */
  readonly current: Pick<Pointer, 'release' | 'commit' | 'runNumber' | 'runUrl'> | undefined;
  /** What wants to go live. */
  readonly wanted: { readonly commit: string; readonly runNumber: number; readonly runUrl: string };
  /** The wanted commit as seen from the live one: `older` means that the live one contains it. */
  readonly order: CommitOrder;
  /** The input `allow-older-commit`. */
  readonly allowOlder: boolean;
}

export interface FenceVerdict {
  readonly allowed: boolean;
  /** Why, as a sentence for the log; '' where there is nothing to tell. */
  readonly reason: string;
}

const allow = (reason = ''): FenceVerdict => ({ allowed: true, reason });

/**
 * Whether the wanted commit may take the place of the live one. The commit graph decides where it can; where it
 * cannot (another branch, no access, a shallow history), the later run goes before the earlier.
 */
export function fence(question: FenceQuestion): FenceVerdict {
  const { current, wanted, order, allowOlder } = question;
  if (!current) return allow();
  const older = olderBecause(question);
  if (!older) return allow(reasonToAllow(order, current.commit, wanted.commit));
  const reason = `${older}; release ${current.release} is live`;
  return allowOlder ? allow(`${reason}, and allow-older-commit is true`) : { allowed: false, reason };
}

/** Why the wanted commit counts as the older one; `undefined` where it does not. */
function olderBecause({ current, wanted, order }: FenceQuestion): string | undefined {
  if (!current || order === 'same' || order === 'newer') return undefined;
  const [live, ours] = [short(current.commit), short(wanted.commit)];
  if (order === 'older') return `commit ${ours} is older than the live commit ${live}`;
  if (wanted.commit !== '' && wanted.commit === current.commit) return undefined;
  const run = compareRuns(current, wanted);
  if (run !== 'older') return undefined;
  return `the order of commits ${ours} and ${live} is ${order}, and this run began before the one that is live`;
}

function reasonToAllow(order: CommitOrder, live: string, wanted: string): string {
  if (order !== 'diverged' || wanted === live) return '';
  return `commit ${short(wanted)} is on another branch than the live commit ${short(live)}; its run is not older, so it may go`;
}

/** Run ids grow across the workflows of a repository; run numbers within one workflow only. */
function compareRuns(
  current: Pick<Pointer, 'runNumber' | 'runUrl'>,
  wanted: FenceQuestion['wanted'],
): 'older' | 'newer' | 'unknown' {
  const [liveRun, ourRun] = [parseRun(current.runUrl ?? ''), parseRun(wanted.runUrl)];
  if (liveRun && ourRun && liveRun.repository === ourRun.repository) {
    return ourRun.id < liveRun.id ? 'older' : 'newer';
  }
  if (current.runNumber > 0 && wanted.runNumber > 0) {
    return wanted.runNumber < current.runNumber ? 'older' : 'newer';
  }
  return 'unknown';
}

function parseRun(url: string): { repository: string; id: number } | undefined {
  const match = /^(.*)\/actions\/runs\/(\d+)(?:\/|$)/.exec(url);
  return match?.[1] ? { repository: match[1], id: Number(match[2]) } : undefined;
}

const short = (commit: string) => commit.slice(0, 7) || '(unknown)';
