import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { startProbe } from '../../../src/parts/service/probe/probe.ts';
import { probeChart, probeFailures, probeTable } from '../../../src/parts/service/probe/probe-chart.ts';
import {
  formatPercent,
  isFailure,
  judgeProbe,
  percentile,
  reportProbe,
  type Sample,
} from '../../../src/parts/service/probe/probe-statistics.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { until } from '../../support/until.ts';

const sample = (at: number, status = 200, latency = 10): Sample => ({
  at,
  status,
  latency,
  ...(status === 0 ? { error: 'ECONNREFUSED' } : {}),
});

test.each([
  [200, true, false],
  [304, true, false],
  [404, true, true],
  [404, false, false],
  [429, true, true],
  [500, false, true],
  [0, false, true],
])('status %i, usually fine %s: failure %s', (status, fine, failure) => {
  expect(isFailure(sample(0, status), fine)).toBe(failure);
});

test.each([
  [[], 50, undefined],
  [[5], 99, 5],
  [[1, 2, 3, 4], 50, 2],
  [[1, 2, 3, 4], 95, 4],
  [[4, 3, 2, 1], 25, 1],
])('percentile of %j at %i', (values, p, expected) => expect(percentile(values, p)).toBe(expected));

test.each([
  [1, '100%'],
  [0.99999, '99.99%'],
  [0.995, '99.50%'],
  [0.5, '50%'],
  [0.012, '1.2%'],
  [0, '0%'],
])('%f is %s', (share, text) => expect(formatPercent(share)).toBe(text));

describe('the report', () => {
  const samples = [sample(0), sample(10), sample(20), sample(30, 0), sample(40, 503), sample(50), sample(60)];
  const report = reportProbe('http://x', samples, 15, 45);
  test('is divided by the update and the verdict', () => {
    expect([report.before.requests, report.during.requests, report.after.requests]).toEqual([2, 3, 2]);
    expect(report.during.failed).toBe(2);
    expect(report.availability).toBeCloseTo(3 / 5);
  });
  test('fails above the rate only', () => {
    expect(judgeProbe(report, 0.39)).toMatchObject({ passes: false });
    expect(judgeProbe(report, 0.39).why).toMatch(/2 of 5 requests.*1 × ECONNREFUSED, 1 × HTTP 503/);
    expect(judgeProbe(report, 0.4)).toMatchObject({ passes: true });
  });
  test('does not count where the service was down before', () => {
    const down = reportProbe('http://x', [sample(0, 503), sample(10, 0), sample(20, 0)], 15, 45);
    expect(judgeProbe(down, 0)).toMatchObject({ passes: true, why: expect.stringContaining('not counted') });
  });
  test('a 404 that was there before is an answer; one that is new is a failure', () => {
    expect(reportProbe('u', [sample(0, 404), sample(20, 404)], 15, 45).availability).toBe(1);
    expect(reportProbe('u', [sample(0, 200), sample(20, 404)], 15, 45).availability).toBe(0);
  });
  test('with no update there is a baseline only', () => {
    expect(reportProbe('u', samples, undefined, undefined).before.requests).toBe(7);
  });
  test('is shown as a table, a chart and a list', () => {
    expect(probeTable(report)).toContain('| during | 3 | 2 |');
    expect(probeChart(samples, 15, 45)).toMatch(/^█*█.*×.*\n.*U.*V/);
    expect(probeChart([], undefined, undefined)).toBe('');
    expect(probeFailures(report)[0]).toMatch(/1970.*ECONNREFUSED/);
  });
});

test('the probe asks through everything, each time on a connection of its own', async () => {
  let connections = 0;
  let status = 200;
  const server = createServer((_request, response) => response.writeHead(status).end('hello')).listen(
    0,
    '127.0.0.1',
  );
  server.on('connection', () => connections++);
  await new Promise((resolve) => server.on('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const probe = startProbe({ url: `http://127.0.0.1:${port}/health` }, 10, systemClock);
  await probe.moreSamples(3, 60_000);
  probe.markUpdate();
  status = 500;
  // What was under way before counts for the time before; on a busy machine that may be many.
  await until(async () => probe.report().during.failed > 0, 'a failure during the update');
  probe.markVerdict();
  status = 200;
  server.close();
  server.closeAllConnections();
  await until(async () => probe.samples().some((s) => s.error === 'ECONNREFUSED'), 'a refused connection');
  probe.stop();
  const report = probe.report();
  expect(report.during.failed).toBeGreaterThan(0);
  expect(report.failures.some((f) => f.error === 'ECONNREFUSED')).toBe(true);
  // One that the closing server cut off was a connection and no answer; a shared one would make fewer of them.
  expect(connections).toBeGreaterThanOrEqual(probe.samples().filter((s) => s.status > 0).length);
});
