import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { CLOUD_KEYS, startCloud } from '../../support/cloud.ts';
import { judgePeers, type PeerReason, peerEnds } from '../../support/peer-suite.ts';
import { hasPeer, PEER_SUITES } from '../../support/pytest-suite.ts';

// `conformance` is built by `go build` in the folder of that name, from github.com/opencontainers/distribution-spec.
const SUITE = 'distribution-spec/conformance/conformance';

const { reasons } = JSON.parse(readFileSync(new URL('oci.json', import.meta.url), 'utf8')) as {
  readonly reasons: readonly PeerReason[];
};

describe.skipIf(!hasPeer(SUITE))('the OCI suite against the registry', () => {
  it('passes, but for sha512, which ECR does not have', async () => {
    const cloud = await startCloud();
    const results = mkdtempSync(join(tmpdir(), 'oci-'));
    const ecr = new ECRClient({ region: 'us-west-2', endpoint: cloud.endpoint, credentials: CLOUD_KEYS });
    try {
      for (const name of ['repo1', 'repo2'])
        await ecr.send(new CreateRepositoryCommand({ repositoryName: `conformance/${name}` }));
      const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand({}));
      const token = Buffer.from(authorizationData?.[0]?.authorizationToken ?? '', 'base64').toString();
      const env = {
        ...process.env,
        OCI_RESULTS_DIR: results,
        OCI_REGISTRY: new URL(cloud.endpoint).host,
        OCI_TLS: 'disabled',
        OCI_USERNAME: 'AWS',
        OCI_PASSWORD: token.slice(token.indexOf(':') + 1),
      };
      spawnSync(join(PEER_SUITES, SUITE), { env, timeout: 300_000 });
      const ends = peerEnds(readFileSync(join(results, 'junit.xml'), 'utf8'));
      const verdict = judgePeers(ends, reasons);
      console.log(`OCI: ${verdict.passed} of ${ends.size} passed, ${verdict.excused} have a reason`);
      expect(verdict).toMatchObject({ unexplained: [], obsolete: [] });
      expect(verdict.passed).toBeGreaterThan(200);
    } finally {
      ecr.destroy();
      await cloud.stop();
      rmSync(results, { recursive: true, force: true });
    }
  }, 360_000);
});
