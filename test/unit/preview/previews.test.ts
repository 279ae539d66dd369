import { describe, expect, it } from 'vitest';
import {
  isPreviewFolder,
  previewNumbers,
  previewPrefixes,
  previewsToRemove,
} from '../../../src/actions/preview-remove/previews.ts';

const place = { bucket: 'site', folder: 'previews' };

it.each([
  ['previews', true],
  ['team/previews', true],
  ['', false],
  ['/', false],
  ['previews/', false],
  ['/previews', false],
  ['..', false],
  ['a/../b', false],
  ['a//b', false],
  ['.', false],
])('folder %j can hold previews: %s', (folder, ok) => {
  expect(isPreviewFolder(folder)).toBe(ok);
});

describe('the previews that some keys belong to', () => {
  it.each([
    [
      ['previews/pr-12/index.html', 'previews/pr-12/a.css', 'previews/pr-3/index.html'],
      [3, 12],
    ],
    [['previews/index.html', 'previews/pr-x/a', 'previews/pr-1', 'previews/pr-/a'], []],
    [['other/pr-1/a', 'x/previews/pr-1/a', 'previewspr-1/a'], []],
  ])('%j: %j', (keys, numbers) => {
    expect(previewNumbers(place, keys)).toEqual(numbers);
  });
});

it('never has a prefix that another preview shares', () => {
  const one = previewPrefixes(place, 1);
  expect(one.environment).toBe('preview-pr-1');
  expect([one.live, ...one.release]).toEqual([
    'previews/pr-1/',
    'sites/site/previews/pr-1/',
    'preview-pr-1/',
  ]);
  expect(previewPrefixes(place, 12).live.startsWith(one.live)).toBe(false);
});

it('removes the closed ones, and keeps what GitHub did not tell of', () => {
  const states = new Map<number, 'open' | 'closed' | undefined>([
    [1, 'open'],
    [2, 'closed'],
    [3, undefined],
  ]);
  expect(previewsToRemove([1, 2, 3, 4], states)).toEqual([2]);
});
