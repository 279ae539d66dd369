import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { describe, expect, it } from 'vitest';
import { CLOUD_KEYS, startCloud } from '../support/cloud.ts';

// Suites of others judge the local cloud. They are not part of this project: WWHD_PEER_SUITES names a folder with
// `distribution-spec` (github.com/opencontainers/distribution-spec), whose `conformance` is built there by `go build`.
const folder = process.env['WWHD_PEER_SUITES'] ?? '';
const oci = join(folder, 'distribution-spec/conformance/conformance');
const there = folder !== '' && existsSync(oci);
if (!there) console.log(`skipped: the OCI suite runs where WWHD_PEER_SUITES has ${oci}`);

/** Names of the tests in the suite's report, by how they ended. */
function ended(report: string, status: string): string[] {
  const cases = report.matchAll(/<testcase name="([^"]*)"[^>]*\bstatus="(\w+)"/g);
  return [...cases].filter((one) => one[2] === status).map((one) => one[1] ?? '');
}

describe.skipIf(!there)('the OCI suite against the registry', () => {
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
      spawnSync(oci, { env, timeout: 300_000 });
      const report = readFileSync(join(results, 'junit.xml'), 'utf8');
      const [passed, failed, skipped] = ['passed', 'failure', 'skipped'].map((how) => ended(report, how));
      console.log(`OCI: ${passed?.length} passed, ${failed?.length} failed, ${skipped?.length} skipped`);
      expect(passed?.length).toBeGreaterThan(400);
      expect(failed?.filter((name) => !name.includes('sha512'))).toEqual([]);
    } finally {
      ecr.destroy();
      await cloud.stop();
      rmSync(results, { recursive: true, force: true });
    }
  }, 360_000);
});
