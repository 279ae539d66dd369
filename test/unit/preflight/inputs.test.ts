import { describe, expect, test } from 'vitest';
import { readInputs } from '../../../src/actions/preflight/inputs.ts';
import { action } from '../../../src/actions/preflight/interface.ts';
import { Inputs } from '../../../src/runtime/inputs.ts';
import { silentLog } from '../../../src/runtime/log.ts';

function read(given: Record<string, string>, env: Record<string, string> = {}) {
  const inputs = new Inputs(action, (name) => given[name] ?? '');
  return readInputs({ inputs, env, log: silentLog, run: { workspace: '/' } } as never);
}

describe('what the inputs name', () => {
  test('nothing', () => {
    expect(read({}).config).toMatchObject({
      environment: 'production',
      cost: true,
      failOnUnknown: false,
      alarms: [],
    });
    expect(read({}).config.backend).toBeUndefined();
  });
  test('the release bucket follows the site’s', () => {
    expect(read({ bucket: 'shop' }).config.releaseBucket).toBe('shop-backup');
    expect(read({ bucket: 'shop', 'release-bucket': 'ledger' }).config.releaseBucket).toBe('ledger');
  });
  test('the repository follows the image', () => {
    const image = '123456789012.dkr.ecr.us-west-2.amazonaws.com/team/api:1';
    expect(read({ image }).config.repository).toEqual({ name: 'team/api', account: '123456789012' });
    expect(read({ image, repository: 'other' }).config.repository).toEqual({ name: 'other' });
    expect(read({ image: 'public.ecr.aws/nginx/nginx:1' }).config.image).toBeUndefined();
  });
  test('the region is the service’s', () => {
    expect(read({ service: 'arn:aws:ecs:eu-west-1:123456789012:service/c/api' })).toMatchObject({
      region: 'eu-west-1',
      config: { backend: { target: 'ecs', name: 'api', cluster: 'c' } },
    });
  });
  test('the key of Qdrant comes from the environment', () => {
    const { vectorStore } = read(
      { 'qdrant-url': 'https://q.example:6333/', 'qdrant-collections': 'a, b\nc' },
      { QDRANT_API_KEY: 'k' },
    ).config;
    expect(vectorStore).toEqual({ url: 'https://q.example:6333', apiKey: 'k', collections: ['a', 'b', 'c'] });
  });
});

test.each([
  [{ service: 'api' }, /input `service`: is a name/],
  [{ service: 'arn:aws:s3:::x' }, /input `service`/],
  [{ service: 'api', target: 'lambda' }, /input `target`/],
  [{ repository: 'Not A Name' }, /input `repository`/],
  [{ image: 'api' }, /input `image`/],
  [{ 'site-url': 'ht tp://x', bucket: 'site' }, /input `site-url`/],
  [{ 'env-file': 'no/such/file' }, /input `env-file`: no\/such\/file could not be read/],
  [{ 'environment-variables': 'A' }, /input `environment-variables`/],
  [{ cost: 'maybe' }, /input `cost`/],
])('%j is refused', (given, said) => {
  expect(() => read(given as Record<string, string>)).toThrow(said);
});
