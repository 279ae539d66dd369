// A pair that goes back, with a fault at each of its requests, or killed at each of its changes: the end is always one
// whole release, and the same rollback again ends well. All of it with WWHD_EXHAUSTIVE=1; a landing plays the moments
// that matter most.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import {
  changesOf,
  type FaultyPair,
  failAndRepeat,
  killAndRepeat,
  makeFaultyPair,
  type Order,
  requestsOf,
} from '../support/pair-faults.ts';
import { removeFolders } from '../support/site.ts';

const EXHAUSTIVE = process.env['WWHD_EXHAUSTIVE'] === '1';
const ORDERS: readonly Order[] = ['backend-first', 'frontend-first'];
const KINDS = ['throttle', 'reset', 'reset-after', 'denied'] as const;
const TIMEOUT = EXHAUSTIVE ? 3_600_000 : 600_000;

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

/** Plays every moment, and tells of all that went wrong at the end, not of the first. */
async function sweep<T>(pair: FaultyPair, moments: readonly T[], play: (moment: T) => Promise<void>) {
  const problems: string[] = [];
  for (const moment of moments) {
    await play(moment).catch((error) => problems.push(String(error?.message ?? error)));
    if (problems.length > 0 && !EXHAUSTIVE) break;
  }
  expect(problems, pair.name).toEqual([]);
}

describe.concurrent('a rollback of the pair', { timeout: TIMEOUT }, () => {
  it.each(EXHAUSTIVE ? ORDERS : ORDERS.slice(1))(
    'killed at any of its changes, ends well when it is run again: %s',
    async (order) => {
      const pair = await makeFaultyPair(cloud, `kills-${order}`);
      const changes = await changesOf(cloud, pair, order);
      const at = (part: RegExp) => changes.findIndex((change) => part.test(change)) + 1;
      const moments = EXHAUSTIVE
        ? changes.flatMap((_, i) => [false, true].map((post) => ({ n: i + 1, post })))
        : [
            { n: at(/UpdateService/), post: true },
            { n: at(/current\.json/), post: false },
          ];
      await sweep(pair, moments, (moment) => killAndRepeat(cloud, pair, { ...moment, order }));
    },
  );

  const faults: [string, Order][] = EXHAUSTIVE
    ? KINDS.flatMap((kind) => ORDERS.map((order): [string, Order] => [kind, order]))
    : [['any', 'backend-first']];
  it.each(faults)('with a fault at any of its requests: %s, %s', async (each, order) => {
    const pair = await makeFaultyPair(cloud, `faults-${each}-${order}`);
    const requests = await requestsOf(cloud, pair, order);
    const at = (operation: string, resource = '') =>
      requests.findIndex((r) => r.operation === operation && r.resource.includes(resource));
    const moments = EXHAUSTIVE
      ? requests.map((_, n) => ({ n, kind: each }))
      : [
          { n: at('UpdateService'), kind: 'reset-after' },
          { n: at('CopyObject', 'index.html'), kind: 'denied' },
          { n: at('PutObject', 'current.json'), kind: 'denied' },
        ];
    await sweep(pair, moments, (moment) => failAndRepeat(cloud, pair, { ...moment, order }));
  });
});
