// Which files a browser keeps for a year, seen through the CDN.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startCloud, type TestCloud } from '../support/cloud.ts';
import { makeFolder, makeSite, removeFolders } from '../support/site.ts';

let cloud: TestCloud;
beforeAll(async () => {
  cloud = await startCloud({ speed: 1000 });
});
afterAll(async () => {
  await cloud?.stop();
  removeFolders();
});

const IMMUTABLE = 'public, max-age=31536000, immutable';
const REVALIDATE = 'public, max-age=0, must-revalidate';
const page = '<!doctype html><html><head><script src="/main-5INURTSO.js"></script></head></html>';
const folder = (script: string) => makeFolder({ 'index.html': page, 'main-5INURTSO.js': script });

it('remembers a name that changed its content: it is asked about each time from then on', async () => {
  const site = await makeSite(cloud, 'names-mutable');
  const cached = async () => (await site.get('/main-5INURTSO.js')).headers.get('cache-control');
  const deploy = async (script: string) => {
    const run = await site.deploy(folder(script));
    expect(run.outputs['outcome'], run.log).toBe('deployed');
    return run;
  };
  await deploy('one');
  expect(await cached()).toBe(IMMUTABLE);
  const second = await deploy('two');
  expect(second.log).toContain('main-5INURTSO.js was served as immutable, and its content is another now');
  expect(await cached()).toBe(REVALIDATE);
  const third = await deploy('three');
  expect(third.log).not.toContain('was served as immutable');
  expect(await cached()).toBe(REVALIDATE);
});

it('believes the list that a build tool wrote, published or not', async () => {
  const site = await makeSite(cloud, 'names-marked');
  const list = { 'src/main.ts': { file: 'js/main-settings.js', name: 'main', src: 'src/main.ts' } };
  const run = await site.deploy(
    makeFolder({
      'index.html': '<!doctype html><html><script src="/js/main-settings.js"></script></html>',
      'js/main-settings.js': '1',
      'js/app-settings.js': '2',
      '.vite/manifest.json': JSON.stringify(list),
    }),
  );
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  expect((await site.get('/js/main-settings.js')).headers.get('cache-control')).toBe(IMMUTABLE);
  expect((await site.get('/js/app-settings.js')).headers.get('cache-control')).toBe(REVALIDATE);
});

it('believes SHA-1, Angular’s list, and an integrity that the content has', async () => {
  const site = await makeSite(cloud, 'names-evidence');
  const hash = (algorithm: string, as: 'hex' | 'base64') => createHash(algorithm).update('1').digest(as);
  const sha1 = `photo-${hash('sha1', 'hex').slice(0, 10)}.jpg`;
  const integrity = (of: string) => `integrity="sha384-${createHash('sha384').update(of).digest('base64')}"`;
  const run = await site.deploy(
    makeFolder({
      'index.html': `<!doctype html><html><script src="/js/app-DiwrgTda.js" ${integrity('1')}></script><script src="/js/app-DiwrgTdb.js" ${integrity('other')}></script><script src="/js/app-plain.js" ${integrity('1')}></script></html>`,
      ...{ 'js/app-DiwrgTda.js': '1', 'js/app-DiwrgTdb.js': '1', 'js/app-plain.js': '1', [sha1]: '1' },
      'main-SETTINGS.js': '1',
      'ngsw.json': JSON.stringify({
        index: '/index.html',
        hashTable: { '/main-SETTINGS.js': hash('sha1', 'hex') },
      }),
    }),
  );
  expect(run.outputs['outcome'], run.log).toBe('deployed');
  const cached = async (path: string) => (await site.get(path)).headers.get('cache-control');
  expect(await cached(`/${sha1}`)).toBe(IMMUTABLE);
  expect(await cached('/main-SETTINGS.js')).toBe(IMMUTABLE);
  expect(await cached('/js/app-DiwrgTda.js')).toBe(IMMUTABLE);
  // The page demands another content: a browser would not run it.
  expect(await cached('/js/app-DiwrgTdb.js')).toBe(REVALIDATE);
  expect(await cached('/js/app-plain.js')).toBe(REVALIDATE);
});
