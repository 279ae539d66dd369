import http from 'node:http';
import https from 'node:https';
import type { Clock } from '../../../runtime/clock.ts';
import { openAgents } from '../../../runtime/network.ts';
import { type ProbeReport, reportProbe, type Sample } from './probe-statistics.ts';

/** A request that has had no answer after this many milliseconds has failed: users do not wait longer. */
const REQUEST_TIMEOUT = 10_000;
/** So many requests may be open at once: a service that hangs is not to be buried in requests. */
const MAX_OPEN = 10;

export interface Probe {
  readonly url: string;
  /** All samples that are finished by now. */
  samples(): readonly Sample[];
  /** From here on it is "during". */
  markUpdate(): void;
  /** From here on it is "after". */
  markVerdict(): void;
  readonly marks: { readonly updatedAt: number | undefined; readonly verdictAt: number | undefined };
  /** Asks once more at this moment, beside the turns that come of themselves. */
  askNow(): void;
  /** Waits until `count` more requests are finished, at most `within` milliseconds. */
  moreSamples(count: number, within: number): Promise<void>;
  report(): ProbeReport;
  stop(): void;
}

export interface ProbeTarget {
  readonly url: string;
  /**
   * Takes any certificate: for a load balancer's own name, which no certificate is made for. Nothing is sent there that
   * anybody could want, and nothing but the status is read.
   */
  readonly anyCertificate?: boolean;
  /** Sent with each request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/**
 * Asks `url` every `interval` milliseconds until it is stopped, whatever else happens meanwhile. Every request has a
 * connection of its own, as a user who comes to the site has: a kept connection would go on talking to an old instance
 * and not see that new ones are turned away. Nothing is read of the body but its end.
 */
export function startProbe(target: ProbeTarget, interval: number, clock: Clock): Probe {
  const { url } = target;
  const samples: Sample[] = [];
  const marks: { updatedAt: number | undefined; verdictAt: number | undefined } = {
    updatedAt: undefined,
    verdictAt: undefined,
  };
  let open = 0;
  const ask = () => {
    // The open ones will tell soon enough, each by an answer or by its own time-out.
    if (open >= MAX_OPEN) return;
    open++;
    void askOnce(target, clock).then((sample) => {
      open--;
      samples.push(sample);
    });
  };
  ask();
  const timer = setInterval(ask, interval);
  return {
    url,
    samples: () => samples,
    marks,
    markUpdate: () => {
      marks.updatedAt ??= clock.now();
    },
    markVerdict: () => {
      marks.verdictAt ??= clock.now();
    },
    askNow: ask,
    async moreSamples(count, within) {
      const wanted = samples.length + count;
      const end = clock.now() + within;
      while (samples.length < wanted && clock.now() < end) await clock.sleep(Math.min(20, interval));
    },
    report: () => {
      const sorted = [...samples].sort((a, b) => a.at - b.at);
      return reportProbe(url, sorted, marks.updatedAt, marks.verdictAt);
    },
    stop: () => clearInterval(timer),
  };
}

/** One request on a connection of its own. Never rejects. */
export function askOnce(
  { url, anyCertificate = false, headers = {} }: ProbeTarget,
  clock: Clock,
): Promise<Sample> {
  const at = clock.now();
  const begun = performance.now();
  return new Promise((resolve) => {
    const end = (status: number, error?: string) =>
      resolve({ at, latency: performance.now() - begun, status, ...(error ? { error } : {}) });
    const secure = url.startsWith('https:');
    const client = secure ? https : http;
    const agents = openAgents({ keepAlive: false });
    const sent = client.get(
      url,
      {
        agent: secure ? agents.https : agents.http,
        headers: { 'user-agent': 'wwhd-deploy probe', connection: 'close', ...headers },
        ...(anyCertificate ? { rejectUnauthorized: false } : {}),
      },
      (answer) => {
        answer.resume();
        answer.on('end', () => end(answer.statusCode ?? 0));
        answer.on('error', (error) => end(0, codeOf(error)));
        answer.on('aborted', () => end(0, 'cut off in the middle'));
      },
    );
    sent.setTimeout(REQUEST_TIMEOUT, () => {
      end(0, 'timeout');
      sent.destroy();
    });
    sent.on('error', (error) => end(0, codeOf(error)));
  });
}

const codeOf = (error: Error) => (error as NodeJS.ErrnoException).code ?? error.message;
