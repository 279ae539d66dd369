// Sites that do not let everybody in, hosts that lead to another host, and sites that nobody can look at.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { runAction } from '../support/run-action.ts';
import { makeFolder, makeSite, removeFolders, smallSite, type TestSite } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 200 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const LOGIN = 'dGVhbTpvcGVuLXNlc2FtZQ==';
/** As teams protect a staging site: nobody passes without the login. */
const login = (status: number) => `
  function handler({ request }) {
    const given = request.headers.authorization;
    if (given && given.value === 'Basic ${LOGIN}') return request;
    return { statusCode: ${status}, headers: { 'www-authenticate': { value: 'Basic realm="staging"' } } };
  }`;
/** The names that are not secret may be read; the value may not be. */
const HEADERS = { 'verify-headers': `# of the staging site\nAuthorization: Basic ${LOGIN}` };

const folder = (version: string) => {
  const { '404.html': _none, ...files } = smallSite(version);
  return makeFolder(files);
};

const goBack = (site: TestSite, inputs: Record<string, string> = {}) =>
  runAction(
    'rollback',
    { 'release-bucket': site.releaseBucket, scope: 'frontend', 'rollback-on-failure': 'true', ...inputs },
    { env: cloud.env },
  );

const withoutCommands = (log: string) => log.replaceAll(/^::add-mask::.*$/gm, '');

it.each([
  ['true', 401],
  ['pages', 403],
])(
  'a site behind a login is refused before anything changes (verify: %s, HTTP %i)',
  async (verify, status) => {
    const functions = { 'viewer-request': login(status) };
    const site = await makeSite(cloud, `login-${status}`, { functions });
    const shut = await site.deploy(folder('a'), { verify });
    expect(shut.outputs['outcome'], shut.log).toBe('refused');
    expect(shut.log).toContain('input `verify-headers`: the site does not let everybody in');
    expect(shut.log).toContain(`HTTP ${status}`);
    expect(await site.live()).toEqual(new Map());

    const wrong = await site.deploy(folder('a'), {
      verify,
      'verify-headers': 'Authorization: Basic d3Jvbmc6d3Jvbmc=',
    });
    expect(wrong.outputs['outcome']).toBe('refused');
    expect(wrong.log).toContain('these do not open it');
    expect(withoutCommands(wrong.log)).not.toContain('d3Jvbmc6d3Jvbmc=');

    const open = await site.deploy(folder('a'), { verify, ...HEADERS });
    expect(open.outputs['outcome'], open.log).toBe('deployed');
    expect(open.summary).toContain('files were read back through the CDN');
    expect(open.log).toContain(`::add-mask::${LOGIN}`);
    expect(withoutCommands(open.log) + open.summary).not.toContain(LOGIN);
  },
);

it('a rollback reads back with the same headers, and is refused without', async () => {
  const site = await makeSite(cloud, 'login-back', { functions: { 'viewer-request': login(401) } });
  for (const version of ['a', 'b']) {
    const run = await site.deploy(makeFolder(smallSite(version)), { 'release-id': version, ...HEADERS });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
  }
  const before = await site.live();
  const shut = await goBack(site, { to: 'a' });
  expect(shut.outputs['outcome'], shut.log).toBe('refused');
  expect(shut.log).toContain('verify-headers');
  expect(await site.live()).toEqual(before);
  const open = await goBack(site, { to: 'a', ...HEADERS });
  expect(open.outputs['outcome'], open.log).toBe('rolled-back');
  expect((await site.live()).get('index.html')).toContain('Home a');
  expect(withoutCommands(open.log) + open.summary).not.toContain(LOGIN);
});

it('a failed deployment is put back with the headers, too', async () => {
  const site = await makeSite(cloud, 'login-undo', { functions: { 'viewer-request': login(401) } });
  expect((await site.deploy(folder('a'), HEADERS)).outputs['outcome']).toBe('deployed');
  const checks = makeFolder({
    'checks.yml': 'version: 1\nchecks:\n  - name: never\n    get: /none\n    expect:\n      status: 299\n',
  });
  const run = await site.deploy(folder('b'), { ...HEADERS, 'smoke-checks': `${checks}/checks.yml` });
  expect(run.outputs['outcome'], run.log).toBe('rolled-back');
  expect((await site.live()).get('index.html')).toContain('Home a');
});

/** `127.0.0.1` for the distribution's own host, `localhost` for its alias. */
const toAlias = `
  function handler({ request }) {
    const host = request.headers.host.value;
    if (host.startsWith('localhost')) return request;
    return { statusCode: 301, headers: { location: { value: 'http://' + host.replace('127.0.0.1', 'localhost') + request.uri } } };
  }`;

it('a host that leads to an alias of the distribution is read back there', async () => {
  const site = await makeSite(cloud, 'to-alias', {
    functions: { 'viewer-request': toAlias },
    aliases: ['localhost'],
  });
  for (const version of ['a', 'b']) {
    const run = await site.deploy(folder(version), { 'release-id': version });
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    expect(run.outputs['site-url']).toBe(site.url.replace('127.0.0.1', 'localhost'));
    expect(run.summary).toContain('files were read back through the CDN');
  }
  const back = await goBack(site, { to: 'a' });
  expect(back.outputs['outcome'], back.log).toBe('rolled-back');
});

it('a host that leads to one that is no alias is refused with what to do', async () => {
  const site = await makeSite(cloud, 'to-foreign', { functions: { 'viewer-request': toAlias } });
  const run = await site.deploy(folder('a'));
  expect(run.outputs['outcome'], run.log).toBe('refused');
  expect(run.log).toContain('HTTP 301 to http://');
  expect(run.log).toContain('name it as `site-url`');
  expect(await site.live()).toEqual(new Map());
});

it('a release that nobody could look at is not called live', async () => {
  const site = await makeSite(cloud, 'unseen', { distribution: false });
  const run = await site.deploy(folder('a'));
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  expect(run.summary).toContain('### ⚠️ Frontend deployed, not verified');
  expect(run.summary).not.toMatch(/✅|is live/);
  expect(run.log).toMatch(/warning.*not verified: neither `distribution` nor `site-url`/);
});
