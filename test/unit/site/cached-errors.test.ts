import { expect, it } from 'vitest';
import { missingTtl, staleAfterWrites, waitedOut } from '../../../src/parts/site/live/cached-errors.ts';

const page = (code: number, ttl?: number) => ({ code, status: code, path: '', ttl });

it.each([
  ['nothing is said: the default', [], 10],
  ['of a 404', [page(404, 300)], 300],
  ['of a 403, which a private bucket answers', [page(403, 60), page(404, 5)], 60],
  ['none of the other', [page(404, 0)], 10],
  ['neither', [page(404, 0), page(403, 0)], 0],
  ['of a server error, which is none of ours', [page(503, 300)], 10],
  ['said to be kept, and not how long', [page(404), page(403, 0)], 10],
])('how long a missing name stays in the cache: %s', (_what, pages, seconds) => {
  expect(missingTtl(pages)).toBe(seconds);
});

const change = { changed: ['index.html'], appeared: ['new.html'] };
it.each([
  [0, ['index.html'], ['new.html']],
  [10, ['index.html'], ['new.html']],
  [11, ['index.html', 'new.html'], []],
])('at %d s', (ttl, invalidated, waited) => {
  expect(staleAfterWrites(change, ttl)).toEqual(invalidated);
  expect([...waitedOut(change, ttl)]).toEqual(waited);
});
