import { embed, SIZE } from './embed.js';

const COLLECTION = 'answers';

/**
 * The same search in Qdrant, for more answers than a process should hold.
 * REST: https://api.qdrant.tech/api-reference
 */
export async function qdrantIndex({ url, apiKey }, answers) {
  const call = async (method, path, body) => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(apiKey ? { 'api-key': apiKey } : {}) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(5000),
    });
    // 409: the collection is there already, from an earlier start.
    if (!answer.ok && answer.status !== 409) throw new Error(`qdrant: ${method} ${path}: ${answer.status}`);
    return answer.json();
  };
  await call('PUT', `/collections/${COLLECTION}`, { vectors: { size: SIZE, distance: 'Cosine' } });
  await call('PUT', `/collections/${COLLECTION}/points?wait=true`, {
    points: answers.map((answer, i) => ({
      id: i + 1,
      vector: embed(`${answer.question} ${answer.answer}`),
      payload: answer,
    })),
  });
  return {
    kind: 'qdrant',
    async search(question, limit) {
      const { result } = await call('POST', `/collections/${COLLECTION}/points/search`, {
        vector: embed(question),
        limit,
        with_payload: true,
      });
      return result.map(({ payload, score }) => ({ ...payload, score }));
    },
  };
}
