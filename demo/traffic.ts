import type { Sample } from './model.ts';

/** The team's users: they keep asking, all week, and remember every answer. */
export interface Traffic {
  readonly samples: readonly Sample[];
  /** Waits for the answers to all that was asked until now. */
  settle(): Promise<void>;
  /** Ends the asking, and waits for the answers that are still due. */
  stop(): Promise<void>;
}

/** Requests to the API each second. */
export const API_RATE = 20;
/** Visits of the site each second: the entry page, and every file that it loads. */
const VISIT_RATE = 2;
/** A user who has waited so long (milliseconds) has left. */
const PATIENCE = 5000;

const QUESTIONS = [
  'should we deploy on friday',
  'roll back or fix',
  'where do secrets live',
  'what is green',
];

/**
 * Asks the API 20 times a second, whatever becomes of the answers before, and visits the site twice a second the way a
 * browser does: a page counts as whole only if every asset that it names is there.
 */
export function startTraffic(urls: { api: string; site: string }, now: () => number): Traffic {
  const samples: Sample[] = [];
  const open = new Set<Promise<void>>();
  const follow = (work: Promise<void>) => {
    open.add(work);
    void work.finally(() => open.delete(work));
  };
  const settle = async () => void (await Promise.all(open));
  let asked = 0;
  const ask = async () => {
    const question = QUESTIONS[asked++ % QUESTIONS.length] ?? '';
    await load('api', urls.api, `/api/search?q=${encodeURIComponent(question)}`);
  };
  const visit = async () => {
    const page = await load('site', urls.site, '/');
    const named = [...page.matchAll(/(?:href|src)="(\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    // The page that says which release this is goes along, so that the chart knows what visitors saw.
    await Promise.all([...new Set(named), '/version.json'].map((path) => load('site', urls.site, path)));
  };
  const load = async (kind: Sample['kind'], base: string, path: string): Promise<string> => {
    const at = now();
    const began = performance.now();
    let [status, commit, text, ok] = [0, '', '', false];
    try {
      const answer = await fetch(`${base}${path}`, { signal: AbortSignal.timeout(PATIENCE) });
      status = answer.status;
      text = await answer.text();
      commit = answer.headers.get('x-commit') ?? /"commit":"([0-9a-f]+)"/.exec(text)?.[1] ?? '';
      ok = answer.ok && isRight(path, text);
    } catch {
      // A refused or dropped connection and a timeout are all the same to a user: status stays 0.
    }
    samples.push({ at, ms: performance.now() - began, kind, path, status, ok, commit, bytes: text.length });
    return text;
  };
  const timers = [steadily(API_RATE, () => follow(ask())), steadily(VISIT_RATE, () => follow(visit()))];
  return {
    samples,
    settle,
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await settle();
    },
  };
}

/** Calls `work` so often a second on average, also where a busy machine lets a timer come late. */
function steadily(rate: number, work: () => void): NodeJS.Timeout {
  const began = performance.now();
  let done = 0;
  return setInterval(
    () => {
      for (const due = ((performance.now() - began) / 1000) * rate; done < due; done++) work();
    },
    1000 / rate / 2,
  );
}

/** A search that finds nothing for a question with an answer is no answer, whatever its status says. */
function isRight(path: string, text: string): boolean {
  return !path.startsWith('/api/search') || /"results":\[\{/.test(text);
}

export interface TrafficSummary {
  readonly requests: number;
  readonly failed: number;
  /** Requests to the API each second. */
  readonly rate: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p95: number;
  /** Commits that answered, in the order in which they first did. */
  readonly commits: readonly string[];
}

/** What users had between two moments. */
export function summarizeTraffic(samples: readonly Sample[], from: number, to: number): TrafficSummary {
  const during = samples.filter((sample) => sample.at >= from && sample.at < to);
  const times = during.map((sample) => sample.ms).sort((a, b) => a - b);
  const quantile = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    requests: during.length,
    rate: during.filter((sample) => sample.kind === 'api').length / ((to - from) / 1000),
    failed: during.filter((sample) => !sample.ok).length,
    p50: quantile(0.5),
    p95: quantile(0.95),
    commits: [...new Set(during.map((sample) => sample.commit).filter(Boolean))],
  };
}
