// The metric Release: a mark on the dashboard for each release and rollback, which is never in the way of one.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { call } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makePair, type TestPair } from '../support/pair.ts';
import { removeFolders } from '../support/site.ts';

let cloud: TestCloud;
let pair: TestPair;
beforeAll(async () => {
  cloud = await startCloud({ speed: 500 });
  pair = await makePair(cloud, 'marked');
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const MARKS = { operation: 'PutMetricData' };

interface Answer {
  readonly MetricDataResults: ReadonlyArray<{ readonly Id: string; readonly Values: readonly number[] }>;
}

/** Marks of one outcome until now, as a dashboard asks for them. */
async function marks(environment: string, outcome: string): Promise<number> {
  const now = Math.ceil(Date.now() / 1000);
  const Dimensions = Object.entries({ Environment: environment, Outcome: outcome }).map(([Name, Value]) => ({
    Name,
    Value,
  }));
  const Metric = { Namespace: 'WWHD/Deploy', MetricName: 'Release', Dimensions };
  const { MetricDataResults } = await call<Answer>(
    cloud,
    'monitoring',
    'GraniteServiceVersion20100801.GetMetricData',
    {
      StartTime: now - 3600,
      EndTime: now + 60,
      MetricDataQueries: [{ Id: 'r', MetricStat: { Metric, Period: 60, Stat: 'Sum' } }],
    },
    '1.0',
  );
  return (MetricDataResults[0]?.Values ?? []).reduce((sum, value) => sum + value, 0);
}

describe('the metric Release', () => {
  it('is written by each action that released, with how it ended, and by nobody who changed nothing', async () => {
    await pair.release('v1');
    expect(await marks('production', 'deployed')).toBe(2);
    await pair.release('v2', { backend: false });
    expect(await marks('production', 'deployed')).toBe(3);

    const planned = await pair.rollback({ to: 'v1', 'dry-run': 'true' });
    expect(planned.outputs['outcome'], planned.log).toBe('planned');
    const refused = await pair.rollback({ to: 'v9' });
    expect(refused.outputs['outcome']).toBe('refused');
    expect(await cloud.requests(MARKS)).toHaveLength(3);

    const back = await pair.rollback({ to: 'v1' });
    expect(back.outputs['outcome'], back.log).toBe('rolled-back');
    expect(await marks('production', 'rolled-back')).toBe(1);
    expect(await marks('staging', 'deployed')).toBe(0);
  });

  it.each([
    ['v101', 'is not allowed', { kind: 'denied' }],
    ['v102', 'fails', { kind: 'error', status: 503 }],
    ['v103', 'hangs', { kind: 'latency', ms: 60_000 }],
  ])('%s: a release is as good where it %s, and asks once', async (version, _what, fault) => {
    await cloud.clearRequests();
    await cloud.fault({ service: 'monitoring', ...MARKS, count: 1, ...fault });
    const started = Date.now();
    await pair.release(version, { backend: false });
    expect(Date.now() - started).toBeLessThan(30_000);
    expect((await cloud.faults()).at(-1)).toMatchObject({ hits: 1 });
  });
});
