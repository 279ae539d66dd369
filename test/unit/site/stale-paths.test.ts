import { expect, it } from 'vitest';
import { afterAll, afterWrites, pathsAt, pathsOfAll } from '../../../src/parts/site/plan/stale-paths.ts';
import { type Face, findFront, withNewFaces } from '../../../src/parts/site/site.ts';
import type { SitePorts } from '../../../src/parts/site/types.ts';

const change = {
  changed: ['index.html'],
  appeared: ['new.html'],
  removed: ['old.html'],
} as unknown as Parameters<typeof afterAll>[0];
const face = (about: Partial<Face>): Face => ({ mount: '', errorTtl: 0, ...about }) as Face;

it.each<[string, Partial<Face>, string[]]>([
  ['at the root', {}, ['/', '/index.html']],
  ['below a path', { mount: 'docs' }, ['/docs', '/docs/', '/docs/index.html']],
  ['that keeps errors for long', { errorTtl: 300 }, ['/', '/index.html', '/new.html']],
  ['that nobody has told yet', { isNew: true }, ['/*']],
  ['that nobody has told yet, below a path', { isNew: true, mount: 'a b' }, ['/a%20b', '/a%20b/*']],
])('a distribution %s is told its own paths', (_what, about, paths) => {
  expect(pathsAt(face(about), afterWrites(change), 100)).toEqual(expect.arrayContaining(paths));
});

const cdn = (id: string, path: string, aliases: string[] = []) => ({
  id,
  describe: async () => ({
    id,
    enabled: true,
    domain: `${id.toLowerCase()}.cloudfront.net`,
    aliases,
    errorPages: [],
    behaviors: [],
    origins: [{ domain: 'site.s3.us-west-2.amazonaws.com', path }],
  }),
});
const ports = {
  log: { warning: () => {} },
  cdns: [cdn('E1', '', ['a.example.com']), cdn('E2', '/docs', ['*.b.example.com'])],
} as unknown as SitePorts;
const place = { bucket: 'site', prefix: 'docs', environment: 'production' };

it.each([
  [undefined, 'E1', 'https://e1.cloudfront.net/docs', 'https://e2.cloudfront.net'],
  ['https://a.example.com/docs', 'E1', 'https://a.example.com/docs', 'https://e2.cloudfront.net'],
  ['https://www.b.example.com', 'E2', 'https://www.b.example.com', 'https://e1.cloudfront.net/docs'],
  ['https://elsewhere.example.com', 'E1', 'https://elsewhere.example.com', 'https://e2.cloudfront.net'],
])('site-url %s is that of %s; the other is read back at its own', async (given, main, siteUrl, other) => {
  const front = await findFront(ports, place, given);
  expect([front.distribution, front.siteUrl, front.others.map((one) => one.siteUrl)]).toEqual([
    main,
    siteUrl,
    [other],
  ]);
});

it('the plan names the paths of all, each once, and all of one that is new', async () => {
  const front = await findFront(ports, place, undefined);
  const paths = pathsOfAll(front, afterAll(change), 100);
  expect(paths).toEqual(expect.arrayContaining(['/docs/index.html', '/index.html', '/docs/old.html']));
  expect(new Set(paths).size).toBe(paths.length);
  expect(pathsOfAll(withNewFaces(front, ['E1']), () => ['x'], 100)).toEqual(['/docs/x', '/x']);
  expect(pathsOfAll(withNewFaces(front, ['E1']), afterAll(change), 100)).toContain('/*');
});
