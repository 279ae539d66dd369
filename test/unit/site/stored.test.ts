// What the release bucket holds of a site is read as if anybody had written it.
import { expect, it } from 'vitest';
import { siteKeys } from '../../../src/parts/site/store/keys.ts';
import { decodeManifest } from '../../../src/parts/site/store/manifest.ts';
import { readState } from '../../../src/parts/site/store/site-state.ts';
import { ActionError } from '../../../src/runtime/errors.ts';
import { memoryStore } from '../../support/memory-store.ts';

const keys = siteKeys({ bucket: 'web', prefix: '' });
const entry = { release: 'r1', manifest: keys.manifest('r1') };

it.each<[string, unknown]>([
  ['null', null],
  ['a list', [1]],
  ['a text', 'x'],
  ['another version', { version: 2 }],
  ['live without a manifest', { version: 1, live: { release: 'r1' } }],
  ['live that is null', { version: 1, live: null }],
  ['a manifest elsewhere', { version: 1, live: { ...entry, manifest: 'production/current.json' } }],
  [
    "another site's manifest",
    { version: 1, releases: [{ ...entry, manifest: 'sites/blog/manifests/r1.json' }] },
  ],
  ['releases that are no list', { version: 1, releases: 'all' }],
  ['an activation of nothing', { version: 1, activating: [null] }],
])('a state that is %s is refused with a sentence', async (_name, value) => {
  const store = memoryStore('web-backup');
  await store.put({ key: keys.state, body: JSON.stringify(value) });
  const error = await readState(store, keys).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ActionError);
  expect((error as ActionError).outcome).toBe('refused');
  expect((error as ActionError).message).toMatch(
    /site\.json cannot be read[\s\S]*restore an earlier version/,
  );
});

it('a sound state is read', async () => {
  const store = memoryStore('web-backup');
  const state = {
    version: 1,
    environment: 'production',
    nonce: 'n',
    live: entry,
    activating: [],
    releases: [entry],
  };
  await store.put({ key: keys.state, body: JSON.stringify(state) });
  expect((await readState(store, keys))?.state.live).toEqual(entry);
});

const manifest = (path: string) =>
  Buffer.from(
    `{"version":1,"release":"r1","createdAt":"x",\n"headers":[{"contentType":"text/html"}],\n"files":[\n${JSON.stringify([path, 'a'.repeat(64), 'b', 1, 0])}\n],"kept":[\n]}\n`,
  );

it.each(['../x', 'a/../x', './x', '', 'a\0b', 'a\r\nb', 'x'.repeat(1025)])(
  'the path %j is no file of a manifest',
  (path) => {
    expect(() => decodeManifest(manifest(path))).toThrow(/is not the path of a file/);
  },
);

it.each(['index.html', 'a b/ü+%23.html', '..a/b', 'a//b'])('the path %j is', (path) => {
  expect(decodeManifest(manifest(path)).files[0]?.path).toBe(path);
});
