import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { createApp } from '../src/app.js';
import { readConfig } from '../src/config.js';
import { memoryIndex } from '../src/search.js';
import { issueToken, readToken } from '../src/tokens.js';

const answers = JSON.parse(readFileSync(new URL('../data/answers.json', import.meta.url), 'utf8'));
const config = readConfig({ JWT_SECRET: 'a test', APP_COMMIT: 'abc1234' });
const handle = createApp({ config, answers, index: memoryIndex(answers) });
const get = (path, headers = {}) => {
  const url = new URL(path, 'http://app');
  return handle({ method: 'GET', path: url.pathname, query: url.searchParams, headers });
};

test('health and version name the commit', async () => {
  assert.equal((await get('/health')).body.commit, 'abc1234');
  assert.equal((await get('/version')).body.commit, 'abc1234');
});

test('every answer has an id of its own, a question and an answer', () => {
  assert.equal(new Set(answers.map(({ id }) => id)).size, answers.length);
  for (const { id, question, answer } of answers)
    assert.ok(/^[a-z0-9-]+$/.test(id) && question && answer, id);
});

test('a search finds the nearest answer first', async () => {
  const { status, body } = await get('/api/search?q=should+we+deploy+on+friday');
  assert.equal(status, 200);
  assert.equal(body.results[0].id, 'friday');
});

test('a search without a question is refused', async () => {
  assert.equal((await get('/api/search')).status, 400);
});

test('a session opens /api/me and nothing else does', async () => {
  const { body } = await handle({ method: 'POST', path: '/api/session', headers: {}, body: { name: 'Ada' } });
  assert.deepEqual((await get('/api/me', { authorization: `Bearer ${body.token}` })).body, { name: 'Ada' });
  assert.equal((await get('/api/me', { authorization: `Bearer ${body.token}x` })).status, 401);
  assert.equal((await get('/api/me')).status, 401);
});

test('a token expires', () => {
  const token = issueToken('secret', { sub: 'Ada' }, 0);
  assert.equal(readToken('secret', token, 3_599_000).sub, 'Ada');
  assert.equal(readToken('secret', token, 3_601_000), undefined);
});

test('a configuration that is not complete is refused, with all that is wrong', () => {
  assert.throws(() => readConfig({ PORT: 'x', LOG_LEVEL: 'loud' }), /PORT.*LOG_LEVEL.*JWT_SECRET|JWT_SECRET/);
});
