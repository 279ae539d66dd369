import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { startCloud } from '../../support/cloud.ts';
import { judgePeers, type PeerReason } from '../../support/peer-suite.ts';
import { hasPeer, runPytest } from '../../support/pytest-suite.ts';

interface Claims {
  readonly files: readonly string[];
  readonly notClaimed: { readonly markers: readonly string[]; readonly names: readonly string[] };
  readonly reasons: readonly PeerReason[];
}

const claims = JSON.parse(readFileSync(new URL('ceph.json', import.meta.url), 'utf8')) as Claims;

/** Canonical user id of the local cloud's account. */
const OWNER = '75aa57f09aa0c8caeab4f8c24e99d10f8e7faeebf76c078efc7c6caea54ba06a';

/** The suite's configuration. Its other users are the same one: there is one account. */
function configuration(endpoint: string): string {
  const { hostname, port } = new URL(endpoint);
  const user = (name: string, id: string) =>
    `[${name}]\ndisplay_name = local\nuser_id = ${id}\nemail = ${name.replaceAll(' ', '')}@example.com\naccess_key = local\nsecret_key = local\n`;
  const key = (digit: string) =>
    `arn:aws:kms:us-east-1:000000000000:key/${digit.repeat(8)}-2222-3333-4444-555555555555`;
  return [
    `[DEFAULT]\nhost = ${hostname}\nport = ${port}\nis_secure = False\nssl_verify = False\n`,
    '[fixtures]\nbucket prefix = ceph-{random}-\niam name prefix = s3-tests-\niam path prefix = /s3-tests/\n',
    `${user('s3 main', OWNER)}api_name = eu-west-1\nkms_keyid = ${key('1')}\nkms_keyid2 = ${key('2')}\n`,
    user('s3 alt', '5'.repeat(64)),
    `${user('s3 tenant', '9'.repeat(64))}tenant = testx\n`,
    ...['iam', 'iam root', 'iam alt root'].map((name) => user(name, '0'.repeat(64))),
  ].join('');
}

describe.skipIf(!hasPeer('s3-tests/s3tests'))("ceph's suite against S3", () => {
  it('passes where the local cloud claims it, but for what has a reason', async () => {
    const cloud = await startCloud({ speed: 100, args: ['--region', 'us-east-1'] });
    const folder = mkdtempSync(join(tmpdir(), 'ceph-'));
    const { markers, names } = claims.notClaimed;
    const none = (all: readonly string[]) => all.map((one) => `not ${one}`).join(' and ');
    try {
      writeFileSync(join(folder, 's3tests.conf'), configuration(cloud.endpoint));
      const ends = await runPytest({
        suite: 's3-tests',
        args: ['-p', 'ceph_plugin', '-m', none(markers), '-k', none(names), ...claims.files],
        env: {
          S3TEST_CONF: join(folder, 's3tests.conf'),
          PYTHONPATH: fileURLToPath(new URL('.', import.meta.url)),
          AWS_DEFAULT_REGION: 'us-east-1',
        },
        timeout: 2_400_000,
      });
      const verdict = judgePeers(ends, claims.reasons);
      console.log(`ceph: ${verdict.passed} of ${ends.size} passed, ${verdict.excused} have a reason`);
      expect(verdict).toMatchObject({ unexplained: [], obsolete: [] });
      expect(ends.size).toBeGreaterThan(500);
    } finally {
      await cloud.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 2_500_000);
});
