import { createServer } from 'node:http';
import { afterEach, expect, it, vi } from 'vitest';
import { secretsApi } from '../../../src/aws/secrets.ts';

afterEach(() => vi.unstubAllEnvs());

/** What DescribeSecret is answered with. AWS leaves DeletedDate out, moto says null. */
const ANSWERS = [
  { says: { ARN: 'arn:a' }, deleted: false },
  { says: { ARN: 'arn:a', DeletedDate: null }, deleted: false },
  { says: { ARN: 'arn:a', DeletedDate: 1_795_000_000 }, deleted: true },
];

it.each(ANSWERS)('$says: deleted is $deleted', async ({ says, deleted }) => {
  const server = createServer((_, answer) => {
    answer.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(says));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  vi.stubEnv('AWS_ENDPOINT_URL', `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  const found = await secretsApi({ region: 'us-west-2' }).describe('prod/db');
  server.closeAllConnections();
  server.close();
  expect(found).toEqual({ arn: 'arn:a', deleted, versions: {} });
});
