import { expect, it } from 'vitest';
import { isPreview, previewEnvironment } from '../../../src/release/id.ts';

it.each([
  [previewEnvironment(7), true],
  [previewEnvironment('123'), true],
  ['preview', false],
  ['preview-pr-', false],
  ['preview-pr-7-eu', false],
  ['my-preview-pr-7', false],
  ['production', false],
])('%s is the environment of a preview: %s', (name, expected) => {
  expect(isPreview(name)).toBe(expected);
});
