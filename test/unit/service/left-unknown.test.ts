import { expect, test } from 'vitest';
import { withUnknown } from '../../../src/actions/drift/report.ts';
import { awsProblem } from '../../../src/aws/errors.ts';
import { aborted } from '../../../src/parts/service/deploy/failure.ts';
import { lookCommand } from '../../../src/parts/service/deploy/look-at.ts';
import { failed, interrupted } from '../../../src/runtime/errors.ts';
import { releaseRecord } from '../../support/release.ts';

test.each([
  [
    'apprunner',
    'arn:aws:apprunner:us-west-2:1:service/api/abc',
    'aws apprunner describe-service --service-arn arn:aws:apprunner:us-west-2:1:service/api/abc --region us-west-2',
  ],
  [
    'ecs',
    'arn:aws:ecs:us-west-2:1:service/main/api',
    'aws ecs describe-services --cluster main --services api --region us-west-2',
  ],
  [
    'ecs-express',
    'arn:aws:ecs:eu-west-1:1:service/api',
    'aws ecs describe-services --services api --region eu-west-1',
  ],
] as const)('a person looks at %s by %s', (target, arn, command) => {
  expect(lookCommand(target, arn)).toBe(command);
});

const expired = Object.assign(new Error('expired'), { name: 'ExpiredToken' });
const denied = Object.assign(new Error('no'), { name: 'AccessDenied' });
const asked = { operation: 's3:PutObject', resource: 's3://b/lock.json' };
const lost = (cause: unknown) => failed({ what: 'the lock was lost', cause });

test.each([
  ['the lock, because another run has it', lost(undefined), 'replaced'],
  ['the lock, because our credentials ended', lost(awsProblem(expired, asked)), 'no-credentials'],
  ['the lock, because a write is denied', lost(awsProblem(denied, asked)), 'replaced'],
  ['the job', interrupted({ what: 'cancelled' }), 'interrupted'],
] as const)('what was lost is %s', (_name, reason, kind) => {
  expect(aborted(AbortSignal.abort(reason)).kind).toBe(kind);
});

test('drift names the release of which nobody knows how it ended', () => {
  const record = releaseRecord('r9', 9);
  const { backend } = record.parts;
  const newest = { ...record, parts: { backend: { ...backend, result: 'unknown' } } } as never;
  const drift = { part: 'backend', release: 'r8', state: 'drifted', lines: ['image'] } as const;
  expect(withUnknown(drift, newest).lines).toEqual([
    'image',
    expect.stringMatching(/release r9 ended is unknown/),
  ]);
  expect(withUnknown(drift, record)).toBe(drift);
  expect(withUnknown({ ...drift, state: 'as-recorded' }, newest).lines).toEqual(['image']);
});
