import { expect, test } from 'vitest';
import { explainAws, tagAsked } from '../../../src/aws/errors.ts';

const denied = () => Object.assign(new Error('not authorized'), { name: 'AccessDeniedException' });

test('an error of AWS that nobody caught names its call, its resource and the way on', () => {
  const error = tagAsked(denied(), { operation: 'ecs:ListTasks', resource: 'main' });
  // The first to say what was asked is the nearest to the wire.
  tagAsked(error, { operation: 'ecs:Other', resource: 'x' });
  const explained = explainAws(error);
  expect(explained?.outcome).toBe('failed');
  expect(explained?.message).toMatch(/ecs:ListTasks on main did not work[\s\S]*grant this permission/);
});

test.each([[denied()], ['text'], [undefined], [null]])('%s is not explained', (error) => {
  expect(explainAws(error)).toBeUndefined();
});
