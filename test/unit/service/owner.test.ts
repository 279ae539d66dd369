import { expect, test } from 'vitest';
import { parseServiceRef } from '../../../src/parts/service/plan/service-ref.ts';
import { openTarget } from '../../../src/parts/service/targets/open.ts';
import { ownerNotes } from '../../../src/parts/service/targets/owner.ts';
import { silentLog } from '../../../src/runtime/log.ts';

test('a service that a stack made is told, with the way on', () => {
  const tags = [
    { key: 'team', value: 'shop' },
    { key: 'aws:cloudformation:stack-name', value: 'ShopStack' },
  ];
  expect(ownerNotes(tags).join()).toMatch(
    /stack ShopStack[\s\S]*brings back the image[\s\S]*from a parameter/,
  );
  expect(ownerNotes([{ key: 'team', value: 'aws:cloudformation:stack-name' }])).toEqual([]);
  expect(ownerNotes(undefined)).toEqual([]);
});

test.each([
  ['of a stack', async () => [{ Key: 'aws:cloudformation:stack-name', Value: 'ShopStack' }], 1],
  ['of nobody else', async () => [{ Key: 'team', Value: 'shop' }], 0],
  ['whose tags may not be read', () => Promise.reject(new Error('AccessDenied')), 0],
] as const)('App Runner tells it by its tags: a service %s', async (_name, tags, count) => {
  const arn = 'arn:aws:apprunner:us-west-2:123456789012:service/shop/8fe1e10304f84fd2b0df550fe98a71fa';
  const ref = parseServiceRef({ service: arn, target: 'auto', cluster: '' });
  const aws = { appRunner: () => ({ tags }), logs: () => ({}) };
  const target = await openTarget({ ref, container: '', image: '', scales: false }, {
    aws,
    log: silentLog,
    clock: { now: Date.now },
  } as never);
  expect(await target.owners?.()).toHaveLength(count);
});
