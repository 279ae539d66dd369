import { expect, test } from 'vitest';
import { ownerNotes } from '../../../src/backend/targets/owner.ts';

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
