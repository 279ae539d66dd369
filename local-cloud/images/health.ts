import { get } from 'node:http';
import { connect } from 'node:net';
import { Boot } from './boot.ts';
import type { Exit, Instance } from './instance.ts';

/** A health check as it is configured; times in milliseconds of AWS's clock, to be divided by the cloud's speed. */
export interface HealthCheck {
  readonly protocol: 'TCP' | 'HTTP';
  readonly path: string;
  readonly interval: number;
  readonly timeout: number;
  readonly healthyThreshold: number;
  readonly unhealthyThreshold: number;
  /** Answers that are healthy; App Runner and target groups take 200 to 299 unless told otherwise. */
  readonly success?: (status: number) => boolean;
}

export interface Verdict {
  readonly ok: boolean;
  /** `HTTP 503`, `connection refused`, `no answer in 2 s`. */
  readonly why: string;
}

/** Asks once. A redirect is no success: load balancers do not follow it. */
export function probeOnce(port: number, check: HealthCheck, timeout: number): Promise<Verdict> {
  return check.protocol === 'TCP' ? tcp(port, timeout) : http(port, check, timeout);
}

function tcp(port: number, timeout: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const done = (verdict: Verdict) => {
      socket.destroy();
      resolve(verdict);
    };
    socket.setTimeout(timeout, () => done({ ok: false, why: noAnswer(timeout) }));
    socket.once('connect', () => done({ ok: true, why: 'connected' }));
    socket.once('error', (error: NodeJS.ErrnoException) => done({ ok: false, why: said(error) }));
  });
}

function http(port: number, check: HealthCheck, timeout: number): Promise<Verdict> {
  return new Promise((resolve) => {
    const request = get(
      {
        host: '127.0.0.1',
        port,
        path: check.path,
        agent: false,
        headers: { 'user-agent': 'HealthChecker/2.0' },
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        const ok = check.success ? check.success(status) : status >= 200 && status < 300;
        answer.resume();
        answer.on('error', () => {});
        done({ ok, why: `HTTP ${status}` });
      },
    );
    const timer = setTimeout(() => done({ ok: false, why: noAnswer(timeout) }), timeout);
    const done = (verdict: Verdict) => {
      clearTimeout(timer);
      if (!verdict.ok) request.destroy();
      resolve(verdict);
    };
    request.once('error', (error: NodeJS.ErrnoException) => done({ ok: false, why: said(error) }));
  });
}

const REFUSED = 'connection refused';
const noAnswer = (timeout: number) => `no answer in ${timeout / 1000} s`;
const said = (error: NodeJS.ErrnoException) =>
  error.code === 'ECONNREFUSED' ? REFUSED : (error.code ?? error.message);

/** Milliseconds: a check's real timeout is no shorter, since it measures a real process on a busy machine. */
export const SHORTEST_TIMEOUT = 2_000;

export interface Watch {
  readonly speed: number;
  /** A fault that was asked for: this check fails whatever the process says. */
  readonly forced?: (() => boolean) | undefined;
  readonly cancelled?: (() => boolean) | undefined;
}

/** Why an instance did not become healthy. */
export type Startup =
  | { readonly healthy: true }
  | { readonly healthy: false; readonly cause: 'exited' | 'unhealthy' | 'cancelled'; readonly why: string };

/** Checks until the instance was healthy, or unhealthy, so often in a row as its thresholds say. */
export async function becomesHealthy(instance: Instance, check: HealthCheck, watch: Watch): Promise<Startup> {
  const boot = new Boot(() => instance.work());
  const pause = Math.max(20, check.interval / watch.speed);
  let [good, bad] = [0, 0];
  for (;;) {
    if (watch.cancelled?.()) return { healthy: false, cause: 'cancelled', why: 'stopped' };
    const verdict = await ask(instance, check, watch);
    if (instance.exit) return exitedBecause(instance.exit);
    const booting = verdict.why === REFUSED && boot.goesOn();
    if (verdict.ok) [good, bad] = [good + 1, 0];
    else if (!booting) [good, bad] = [0, bad + 1];
    if (good >= check.healthyThreshold) return { healthy: true };
    if (bad >= check.unhealthyThreshold) return { healthy: false, cause: 'unhealthy', why: verdict.why };
    // A process that is not listening yet is asked again soon: the first check of a real one comes after it is up.
    await sleep(booting ? Math.min(pause, 50) : pause);
  }
}

/** One check of a running instance, which a fault may fail. */
export async function ask(instance: Instance, check: HealthCheck, watch: Watch): Promise<Verdict> {
  if (instance.exit) return { ok: false, why: 'exited' };
  if (watch.forced?.()) return { ok: false, why: 'HTTP 500' };
  return probeOnce(instance.port, check, Math.max(SHORTEST_TIMEOUT, check.timeout / watch.speed));
}

function exitedBecause(exit: Exit): Startup {
  return { healthy: false, cause: 'exited', why: exit.startError ?? `exit code ${exit.code}` };
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
