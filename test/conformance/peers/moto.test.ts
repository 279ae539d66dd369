import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startCloud } from '../../support/cloud.ts';
import { judgePeers, type PeerReason } from '../../support/peer-suite.ts';
import { hasPeer, runPytest } from '../../support/pytest-suite.ts';

interface Claims {
  readonly claimed: readonly string[];
  readonly notClaimed: ReadonlyArray<{ readonly what: string; readonly path: string }>;
  readonly reasons: readonly PeerReason[];
}

const claims = JSON.parse(readFileSync(new URL('moto.json', import.meta.url), 'utf8')) as Claims;

// Moto's authors have run the tests marked `aws_verified` against AWS itself.
describe.skipIf(!hasPeer('moto/tests'))('what moto has verified against AWS', () => {
  it('passes here too, but for what has a reason', async () => {
    const cloud = await startCloud({ speed: 100 });
    try {
      const ends = await runPytest({
        suite: 'moto',
        args: [
          ...['-m', 'aws_verified', ...claims.claimed],
          ...claims.notClaimed.map(({ path }) => `--deselect=${path}`),
        ],
        env: {
          MOTO_TEST_ALLOW_AWS_REQUEST: 'true',
          AWS_ENDPOINT_URL: cloud.endpoint,
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_DEFAULT_REGION: 'us-east-1',
        },
        timeout: 540_000,
      });
      const verdict = judgePeers(ends, claims.reasons);
      console.log(`moto, verified against AWS: ${verdict.passed} passed, ${verdict.excused} have a reason`);
      expect(verdict).toMatchObject({ unexplained: [], obsolete: [] });
      expect(verdict.passed).toBeGreaterThan(70);
    } finally {
      await cloud.stop();
    }
  });
});
