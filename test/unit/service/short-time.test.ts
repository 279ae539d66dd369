import { expect, test } from 'vitest';
import { longest, shortOfTime } from '../../../src/parts/service/deploy/short-time.ts';

const MINUTE = 60_000;
const NOW = Date.parse('2026-11-28T12:00:00Z');
const plain = {
  lockTimeout: 10 * MINUTE,
  waitTimeout: 20 * MINUTE,
  bakeTime: 0,
  strategy: 0,
  migrates: false,
};
const linear = { ...plain, strategy: 60 * MINUTE, bakeTime: 5 * MINUTE };

test.each([
  [plain, 30],
  [{ ...plain, migrates: true }, 50],
  [linear, 95],
])('%j may take %i minutes', (needed, minutes) => {
  expect(longest(needed)).toBe(minutes * MINUTE);
});

const soon = (minutes: number) => ({
  now: NOW,
  credentialsEnd: NOW + minutes * MINUTE,
  jobTimeout: undefined,
});

test.each([
  ['nothing is known', plain, { now: NOW, credentialsEnd: undefined, jobTimeout: undefined }, []],
  ['credentials that last', plain, soon(30), []],
  [
    'credentials that end before it may be over',
    plain,
    soon(29),
    [
      /end at 2026-11-28T12:29:00.000Z, in 29m00s, and this deployment may take 30m00s \(lock-timeout 10m00s, wait-timeout 20m00s\)/,
    ],
  ],
  [
    'an hour for a slow strategy',
    linear,
    soon(60),
    [/own strategy 1h00m.*`role-duration-seconds`.*to 6300 or more/],
  ],
  ['credentials that have ended', plain, soon(-1), [/in 0ms,.*to 4500 or more/]],
  [
    'a job that is shorter',
    linear,
    { now: NOW, credentialsEnd: undefined, jobTimeout: 60 * MINUTE },
    [/the job ends after 1h00m \(job-timeout.*may take 1h35m/],
  ],
  ['both', linear, { ...soon(60), jobTimeout: 60 * MINUTE }, [/credentials/, /job-timeout/]],
] as const)('%s', (_name, needed, given, said) => {
  const lines = shortOfTime(needed, given);
  expect(lines).toHaveLength(said.length);
  for (const [i, pattern] of said.entries()) expect(lines[i]).toMatch(pattern);
});
