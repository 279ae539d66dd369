import { messageOf } from '../../runtime/errors.ts';
import { networkFetch } from '../../runtime/network-fetch.ts';
import type { VectorStore } from '../config.ts';
import { type Finding, ok, unknown, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** Milliseconds that the server has. */
const TIMEOUT = 10_000;

/** Qdrant answers, takes the key, and has the collections: https://api.qdrant.tech/api-reference/collections/get-collections */
export const vectorStore: Check = {
  id: 'vector-store',
  title: 'Qdrant',
  applies: (config) => config.vectorStore !== undefined,
  async run({ vectorStore: store }, { signal }) {
    if (!store) return [];
    const url = `${store.url.replace(/\/+$/, '')}/collections`;
    try {
      const answer = await networkFetch(url, {
        headers: store.apiKey ? { 'api-key': store.apiKey } : {},
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT)]),
      });
      return judgeStore(answer.status, await answer.text(), store);
    } catch (error) {
      signal.throwIfAborted();
      const cause = (error as { cause?: unknown }).cause;
      return [
        wrong(
          `${url} does not answer: ${messageOf(cause ?? error)}`,
          'correct `qdrant-url` (its port is 6333), and let this runner reach it',
        ),
      ];
    }
  },
};

export function judgeStore(
  status: number,
  body: string,
  { url, apiKey, collections }: VectorStore,
): Finding[] {
  if (status === 401 || status === 403) {
    return [
      wrong(
        `${url} ${apiKey ? 'does not take this key' : 'wants a key'} (HTTP ${status})`,
        'set QDRANT_API_KEY under `env:` of the step, from a secret',
      ),
    ];
  }
  const names = namesIn(body);
  if (status !== 200 || !names)
    return [unknown(`${url} answered /collections with HTTP ${status}, not with Qdrant's list`)];
  return [
    ok(`${url} answers, with ${names.length} collections`),
    ...collections.map((name) =>
      names.includes(name)
        ? ok(`the collection ${name} is there`)
        : wrong(
            `there is no collection ${name} (there are ${names.join(', ') || 'none'})`,
            `create it: PUT ${url.replace(/\/+$/, '')}/collections/${name} with the size and the distance of your embedding`,
          ),
    ),
    ...(apiKey || url.startsWith('http://localhost') || url.startsWith('http://127.')
      ? []
      : [
          wrong(
            `${url} answers without a key: everyone can read and write it`,
            'set an API key on the server and QDRANT_API_KEY here',
          ),
        ]),
  ];
}

function namesIn(body: string): string[] | undefined {
  try {
    const { result } = JSON.parse(body) as { result?: { collections?: { name?: string }[] } };
    return result?.collections?.map(({ name }) => name ?? '');
  } catch {
    return undefined;
  }
}
