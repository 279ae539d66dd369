// All that an action asks for goes through the environment's proxy: AWS by each of its roads, GitHub, a registry, the
// probe, smoke checks and what is read back. The hosts have no address but the proxy's, so that nothing goes past it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createRunner, pushApp } from '../support/backend.ts';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { type FakeGitHub, startGitHub } from '../support/github.ts';
import { writeLayout } from '../support/image.ts';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { type ActionRun, runAction } from '../support/run-action.ts';
import { makeSite, type TestSite } from '../support/site.ts';

const noOpenssl = spawnSync('openssl', ['version']).status !== 0;
const dir = mkdtempSync(join(tmpdir(), 'wwhd-roads-'));
const file = (name: string) => join(dir, name);
/** AWS's own, as the clients find them without an endpoint that is named. */
const REGION = 'us-west-2.amazonaws.com';
const NAMES = [
  '*.amazonaws.com',
  `*.${REGION}`,
  `*.s3.${REGION}`,
  `*.ecr.${REGION}`,
  'github.test',
  'api.test',
];
/** With signs that an address has to escape. */
const USER = { name: 'deployer', password: 'p@ss/w:rd-7' };

describe.skipIf(noOpenssl)('through a proxy with a password', () => {
  let cloud: TestCloud;
  let github: FakeGitHub;
  let site: TestSite;
  let proxy: TestProxy;
  let service = '';
  let image = '';
  const fronts: Server[] = [];

  beforeAll(async () => {
    // biome-ignore format: one command
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes',
      '-days', '2', '-subj', '/CN=aws.test', '-addext', `subjectAltName=${NAMES.map((name) => `DNS:${name}`).join(',')}`,
      '-keyout', file('key.pem'), '-out', file('cert.pem')]);
    if (made.status !== 0) throw new Error(made.stderr.toString());
    cloud = await startCloud({ speed: 100 });
    github = await startGitHub();
    site = await makeSite(cloud, 'roads');
    const first = await pushApp(cloud, { version: '1' });
    image = await pushApp(cloud, { version: '2' });
    const runner = await createRunner(cloud, 'roads', first);
    service = runner.ServiceArn;
    const [aws, git, api] = [cloud.endpoint, github.url, `http://${runner.ServiceUrl}`].map((url) =>
      Number(new URL(url).port),
    );
    proxy = await startProxy(
      {
        '*.amazonaws.com': await front(aws),
        'github.test': await front(git),
        'api.test': await front(api),
        'plain.test': api ?? 0,
        'site.test': Number(new URL(site.url).port),
      },
      USER,
    );
    mkdirSync(file('site'));
    writeFileSync(file('site/index.html'), '<h1>one</h1>');
    writeLayout(file('layout'));
    writeFileSync(
      file('checks.yml'),
      'version: 1\nchecks:\n  - { get: "http://plain.test/health" }\n  - { get: "https://api.test/health" }\n',
    );
  });
  afterAll(async () => {
    for (const server of fronts) server.close();
    await Promise.all([proxy?.stop(), github?.stop(), cloud?.stop()]);
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => {
    proxy.asked.length = 0;
  });

  /** TLS in front of a port of this machine. @returns its port */
  async function front(port = 0): Promise<number> {
    const keys = { key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) };
    const server = createServer(keys, (socket) => {
      const plain = connect(port, '127.0.0.1');
      socket.pipe(plain).pipe(socket);
      socket.on('error', () => plain.destroy());
      plain.on('error', () => socket.destroy());
    });
    fronts.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  const run = (action: string, inputs: Record<string, string>, env: Record<string, string> = {}) =>
    runAction(action, inputs, {
      cwd: dir,
      timeout: 60_000,
      env: {
        ...cloud.env,
        AWS_ENDPOINT_URL: '',
        GITHUB_API_URL: 'https://github.test',
        HTTPS_PROXY: proxy.url,
        http_proxy: proxy.url,
        NODE_EXTRA_CA_CERTS: file('cert.pem'),
        ...env,
      },
    });
  const hidden = (said: ActionRun) => {
    for (const text of [USER.password, encodeURIComponent(USER.password)]) {
      expect(`${said.log}${said.summary}`).not.toContain(text);
    }
  };

  // In this order: the later ones look at what the first ones have recorded.
  test.each<[action: string, inputs: () => Record<string, string>, outcome: RegExp, hosts: string[]]>([
    [
      'deploy-frontend',
      () => ({
        source: 'site',
        bucket: site.bucket,
        'release-bucket': site.releaseBucket,
        distribution: site.distribution,
        'site-url': 'http://site.test',
        'github-token': github.token,
      }),
      /^deployed$/,
      [`roads.s3.${REGION}`, `roads-backup.s3.${REGION}`, 'cloudfront.amazonaws.com', 'site.test'],
    ],
    [
      'deploy-backend',
      () => ({
        service,
        image,
        'release-bucket': site.releaseBucket,
        'probe-url': 'https://api.test/health',
        'smoke-checks': 'checks.yml',
        'github-token': github.token,
      }),
      /^deployed$/,
      [`apprunner.${REGION}`, 'api.test', 'plain.test'],
    ],
    ['history', () => ({ 'release-bucket': site.releaseBucket }), /./, [`roads-backup.s3.${REGION}`]],
    [
      'drift',
      () => ({ 'release-bucket': site.releaseBucket, 'github-token': github.token }),
      /./,
      [`roads-backup.s3.${REGION}`],
    ],
    [
      'rollback',
      () => ({ 'release-bucket': site.releaseBucket, 'dry-run': 'true', 'github-token': github.token }),
      /./,
      [`roads-backup.s3.${REGION}`],
    ],
    [
      'preview-remove',
      () => ({ bucket: site.bucket, number: '7', 'github-token': github.token }),
      /./,
      [`roads.s3.${REGION}`],
    ],
    [
      'preflight',
      () => ({
        service,
        bucket: site.bucket,
        distribution: site.distribution,
        'release-bucket': site.releaseBucket,
      }),
      /./,
      [`sts.${REGION}`, `apprunner.${REGION}`, 'cloudfront.amazonaws.com'],
    ],
    [
      'push-image',
      () => ({ repository: 'api', 'oci-layout': 'layout' }),
      /^deployed$/,
      [`api.ecr.${REGION}`],
    ],
    ['pr-comment', () => ({ body: 'text', number: '7', 'github-token': github.token }), /./, ['github.test']],
    ['smoke-test', () => ({ checks: 'checks.yml' }), /^passed$/, ['api.test', 'plain.test']],
  ])('%s', async (action, inputs, outcome, hosts) => {
    const said = await run(action, inputs());
    expect(said.outputs['outcome'] ?? 'none', said.log).toMatch(outcome);
    expect([...new Set(proxy.asked)], said.log).toEqual(expect.arrayContaining(hosts));
    expect(said.log).not.toMatch(/HTTP 407|ERR_PROXY|bug in wwhd-deploy|was not reached|ENOTFOUND/);
    hidden(said);
  });

  test('AWS_CA_BUNDLE alone makes its certificate known to AWS’s connections', async () => {
    const env = { NODE_EXTRA_CA_CERTS: '', AWS_CA_BUNDLE: file('cert.pem') };
    const said = await run('history', { 'release-bucket': site.releaseBucket }, env);
    expect(said.exitCode, said.log).toBe(0);
    const without = await run(
      'history',
      { 'release-bucket': site.releaseBucket },
      { NODE_EXTRA_CA_CERTS: '' },
    );
    expect(without.exitCode).not.toBe(0);
    const wrong = await run(
      'history',
      { 'release-bucket': site.releaseBucket },
      { AWS_CA_BUNDLE: file('none.pem') },
    );
    expect(wrong.log).toContain('the certificates of AWS_CA_BUNDLE');
    expect(wrong.log).not.toContain('bug in wwhd-deploy');
  });

  test('a proxy that refuses, and one that is not there, are named and their passwords are not', async () => {
    const refusing = proxy.url.replace(encodeURIComponent(USER.password), 'other-password');
    const gone = `http://deployer:${encodeURIComponent(USER.password)}@127.0.0.1:9`;
    for (const [url, words] of [
      [
        refusing,
        /the proxy http:\/\/127\.0\.0\.1:\d+ answered HTTP 407 to CONNECT roads-backup\.s3\.us-west-2\.amazonaws\.com:443/,
      ],
      [gone, /the proxy http:\/\/127\.0\.0\.1:9 was not reached/],
      [
        'socks5://deployer:other-password@127.0.0.1:9',
        /HTTPS_PROXY is no address of a proxy that can be used/,
      ],
    ] as const) {
      const said = await run('history', { 'release-bucket': site.releaseBucket }, { HTTPS_PROXY: url });
      expect(said.exitCode).toBe(2);
      expect(said.log).toMatch(words);
      expect(said.log).not.toContain('other-password');
      hidden(said);
    }
  });
});
