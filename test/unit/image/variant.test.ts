import { describe, expect, it } from 'vitest';
import { rebuildTag, variantTag } from '../../../src/image/reference.ts';
import { nameOfBuild, nameOfLayout } from '../../../src/image/variant.ts';
import { describeDifferences } from '../../../src/image/work-tree.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const sha = (digest: string | undefined) => ({ tag: 'sha-1', digest });
const own = (digest: string | undefined) => ({ tag: 'sha-1-f', digest });

describe('the tag of a built image', () => {
  it.each([
    ['the first of its commit', undefined, undefined, ['sha-1', undefined, undefined, 'sha-1']],
    ['this very image, the first', A, A, ['sha-1', A, undefined, undefined]],
    ['another one was first', A, undefined, ['sha-1-f', undefined, A, undefined]],
    ['another one was first, this one is there', A, B, ['sha-1-f', B, A, undefined]],
    ['there, and the tag of the commit was removed', undefined, B, ['sha-1', B, undefined, 'sha-1']],
  ])('%s', (_name, commit, variant, expected) => {
    const { tag, present, other, alias, pushed } = nameOfBuild(sha(commit), own(variant));
    expect([tag, present, other, alias]).toEqual(expected);
    expect(pushed).toBe('sha-1-f');
  });
});

describe('the tag of a layout, whose digest is known', () => {
  it.each([
    ['the first of its commit', undefined, undefined, ['sha-1', undefined, undefined]],
    ['there already', A, undefined, ['sha-1', A, undefined]],
    ['another one was first', B, undefined, ['sha-1-f', undefined, B]],
    ['another one was first, this one is there', B, A, ['sha-1-f', A, B]],
  ])('%s', (_name, commit, variant, expected) => {
    const { tag, present, other, pushed } = nameOfLayout(A, sha(commit), own(variant));
    expect([tag, present, other]).toEqual(expected);
    expect(pushed).toBe(tag);
  });
});

it('makes tags that every registry takes', () => {
  expect(variantTag('sha-aaaaaaaaaaaa', 'f'.repeat(64))).toBe('sha-aaaaaaaaaaaa-ffffffff');
  expect(rebuildTag('sha-aaaaaaaaaaaa', Date.UTC(2026, 10, 28, 4, 5, 6, 7))).toBe(
    'sha-aaaaaaaaaaaa-20261128T040506Z',
  );
});

describe('what the work tree has that the commit has not', () => {
  const head = 'a'.repeat(40);
  it.each([
    ['nothing', head, '', []],
    ['changed files', head, ' M a.ts\nA  b.ts\n', ['2 files are changed since the commit: a.ts, b.ts']],
    ['new files', head, '?? dist/\n', ['1 file is not in the commit: dist/']],
    ['many', head, ' M a\n M b\n M c\n M d\n', ['4 files are changed since the commit: a, b, c, …']],
    [
      'another commit',
      'b'.repeat(40),
      '',
      ['the work tree is at commit bbbbbbbbbbbb, and the image is named by aaaaaaaaaaaa'],
    ],
  ])('%s', (_name, at, status, expected) => {
    expect(describeDifferences(at, head, status)).toEqual(expected);
  });
});
