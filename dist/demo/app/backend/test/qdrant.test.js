import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, test } from 'node:test';
import { SIZE } from '../src/embed.js';
import { qdrantIndex } from '../src/qdrant.js';

const ANSWERS = [{ id: 'friday', question: 'Friday?', answer: 'Yes.' }];

/** As much of Qdrant as the adapter uses: it remembers what it was sent, and its collection is there already. */
const requests = [];
const server = createServer(async (request, response) => {
  let text = '';
  for await (const chunk of request) text += chunk;
  requests.push({
    method: request.method,
    url: request.url,
    key: request.headers['api-key'],
    body: JSON.parse(text),
  });
  const exists = request.url === '/collections/answers';
  response.writeHead(exists ? 409 : 200, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ result: [{ score: 0.9, payload: ANSWERS[0] }] }));
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
after(() => server.close());

test('the answers are put into Qdrant as vectors, and searched there', async () => {
  const index = await qdrantIndex(
    { url: `http://127.0.0.1:${server.address().port}`, apiKey: 'key' },
    ANSWERS,
  );
  const found = await index.search('friday', 5);
  assert.deepEqual(found, [{ ...ANSWERS[0], score: 0.9 }]);
  assert.deepEqual(
    requests.map(({ method, url }) => `${method} ${url}`),
    [
      'PUT /collections/answers',
      'PUT /collections/answers/points?wait=true',
      'POST /collections/answers/points/search',
    ],
  );
  assert.equal(requests[1].body.points[0].vector.length, SIZE);
  assert.ok(requests.every(({ key }) => key === 'key'));
});
