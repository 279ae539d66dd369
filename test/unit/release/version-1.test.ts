import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../src/release/open.ts';
import type { SitePart } from '../../../src/release/record.ts';
import { encodeIndex } from '../../../src/release/release-index.ts';
import { fromVersion1 } from '../../../src/release/version-1.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { releaseRecord, runContext } from '../../support/release.ts';

const AT = '2026-11-23T12:00:00.000Z';
const SERVICE = {
  target: 'ecs',
  service: 'arn:svc',
  image: 'repo@sha256:1',
  result: 'deployed',
  startedAt: AT,
};
const SITE = {
  bucket: 'site',
  prefix: '',
  manifest: 'm',
  files: 1,
  bytes: 1,
  result: 'deployed',
  startedAt: AT,
};
/** As version 1 wrote them. */
const RECORD = {
  version: 1,
  id: 'r1',
  environment: 'production',
  type: 'deployment',
  commit: '1'.repeat(40),
  ref: 'refs/heads/main',
  repository: 'org/app',
  actor: 'octocat',
  run: { url: '', number: 1 },
  startedAt: AT,
  result: 'deployed',
  backend: SERVICE,
  frontend: SITE,
  pair: { backend: 'r1', frontend: 'r1' },
  weather: 'fine',
};
const POINTER = {
  version: 1,
  environment: 'production',
  release: 'r1',
  backend: 'r1',
  frontend: 'r1',
  commit: '1',
};

describe('a document of version 1', () => {
  it.each<[string, unknown, unknown]>([
    [
      'a record',
      { version: 1, id: 'r1', backend: SERVICE, frontend: SITE, pair: { backend: 'r1' }, weather: 'fine' },
      {
        version: 2,
        id: 'r1',
        weather: 'fine',
        parts: { backend: { ...SERVICE, kind: 'service' }, frontend: { ...SITE, kind: 'site' } },
        composition: { backend: 'r1' },
      },
    ],
    ['a record of nothing yet', { version: 1, id: 'r1' }, { version: 2, id: 'r1', parts: {} }],
    [
      'a pointer',
      { version: 1, release: 'r2', backend: 'r1', frontend: 'r2' },
      { version: 2, release: 'r2', parts: { backend: 'r1', frontend: 'r2' } },
    ],
    ['a damaged one stays so', { version: 1, backend: null }, { version: 2, parts: { backend: null } }],
    ['version 2', { version: 2, parts: {} }, { version: 2, parts: {} }],
    ['version 3', { version: 3, backend: 'x' }, { version: 3, backend: 'x' }],
    ['none at all', [1], [1]],
    ['nothing', null, null],
  ])('%s', (_name, stored, expected) => {
    expect(fromVersion1(stored)).toEqual(expected);
  });
});

describe('a ledger that version 1 wrote', () => {
  const setup = async (...documents: ReadonlyArray<readonly [string, string | Buffer]>) => {
    const clock = { now: () => Date.parse(AT), sleep: async () => {} };
    const store = memoryStore('release-bucket', clock);
    for (const [key, body] of documents) await store.put({ key: `production/${key}`, body });
    return { store, ledger: openLedger({ store, environment: 'production', log: silentLog, clock }) };
  };

  it('is read as it is, and what is written in it is version 2', async () => {
    const { store, ledger } = await setup(
      ['releases/r1.json', JSON.stringify(RECORD)],
      ['current.json', JSON.stringify(POINTER)],
    );
    expect((await ledger.current())?.parts).toEqual({ backend: 'r1', frontend: 'r1' });
    expect(await ledger.record('r1')).toMatchObject({ version: 2, composition: { backend: 'r1' } });
    expect(store.json('production/releases/r1.json')).toEqual(RECORD);

    await ledger.open({ id: 'r2', type: 'deployment', run: runContext() });
    const docs = { ...SITE, kind: 'site' } as SitePart;
    await ledger.writePart('r2', 'docs', docs);
    await ledger.movePointer('r2', ['docs']);
    await ledger.update('r1', { reason: 'noted' });
    const parts = { backend: 'r1', frontend: 'r1', docs: 'r2' };
    expect(store.json('production/current.json')).toMatchObject({ version: 2, release: 'r2', parts });
    expect(store.json('production/releases/r2.json')).toMatchObject({ version: 2, composition: parts });
    const rewritten = store.json('production/releases/r1.json');
    expect(rewritten).toMatchObject({
      version: 2,
      weather: 'fine',
      parts: { backend: SERVICE, frontend: SITE },
    });
    for (const field of ['backend', 'frontend', 'pair']) expect(rewritten).not.toHaveProperty(field);
  });

  it('has an index whose records count, and whose damages are looked at again', async () => {
    const { store, ledger } = await setup(
      ['releases/r1.json', JSON.stringify(RECORD)],
      ['releases/r2.json', JSON.stringify(releaseRecord('r2', 999))],
    );
    const etag = async (id: string) => (await store.get(`production/releases/${id}.json`))?.etag;
    const entries = {
      r1: { etag: await etag('r1'), record: RECORD },
      r2: { etag: await etag('r2'), damage: 'it has version 2, which a newer wwhd-deploy wrote' },
    };
    const index = encodeIndex({ version: 1, environment: 'production', entries } as never);
    await store.put({ key: 'production/index.json.gz', body: index });
    const { records, damaged } = await ledger.list();
    expect(records.map(({ id }) => id).sort()).toEqual(['r1', 'r2']);
    expect(damaged).toEqual([]);
  });
});

describe('names that every object has', () => {
  it('are parts like any other, or refused', async () => {
    const clock = { now: () => Date.parse(AT), sleep: async () => {} };
    const store = memoryStore('release-bucket', clock);
    const ledger = openLedger({ store, environment: 'production', log: silentLog, clock });
    await ledger.open({ id: 'r1', type: 'deployment', run: runContext() });
    await ledger.writePart('r1', 'constructor', { ...SITE, kind: 'site' } as SitePart);
    await ledger.movePointer('r1', ['constructor']);
    expect(Object.entries((await ledger.current())?.parts ?? {})).toEqual([['constructor', 'r1']]);
    const body = `{"version":2,"environment":"production","release":"r1","parts":{"__proto__":"r1"}}`;
    await store.put({ key: 'production/current.json', body });
    // Found again from the newest record that knows.
    expect(Object.keys((await ledger.current())?.parts ?? {})).toEqual(['constructor']);
  });
});
