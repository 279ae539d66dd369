import { describe, expect, it } from 'vitest';
import { historyText, readHistory } from '../../../src/release/history.ts';
import { historyPage } from '../../../src/release/history-page.ts';
import { openLedger } from '../../../src/release/open.ts';
import type { ServicePart, SitePart } from '../../../src/release/record.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { type MemoryStore, memoryStore } from '../../support/memory-store.ts';
import { releaseRecord, runContext } from '../../support/release.ts';
import { simulatedClock } from '../../support/simulated-clock.ts';

const AT = '2026-11-23T12:00:00.000Z';
const clock = { now: () => Date.parse(AT), sleep: async () => {} };
const backend: ServicePart = {
  kind: 'service',
  target: 'apprunner',
  service: 'arn:svc',
  image: 'repo@sha256:1',
  result: 'deployed',
  startedAt: AT,
};
const frontend: SitePart = {
  kind: 'site',
  bucket: 'site',
  prefix: '',
  manifest: 'm',
  files: 1,
  bytes: 1,
  result: 'deployed',
  startedAt: AT,
};

function setup(store: MemoryStore = memoryStore('release-bucket', clock)) {
  const warnings: string[] = [];
  const log = { ...silentLog, warning: (message: string) => void warnings.push(message) };
  return { store, warnings, ledger: openLedger({ store, environment: 'production', log, clock }) };
}

async function put(store: MemoryStore, key: string, body: string | object) {
  await store.put({ key, body: typeof body === 'string' ? body : JSON.stringify(body) });
}

describe('a release record', () => {
  it('is opened by one job, joined by the other, and becomes whole', async () => {
    const { store, ledger } = setup();
    const run = { ...runContext(), committedAt: AT };
    const draft = { id: 'r1', type: 'deployment', run } as const;
    expect((await ledger.open(draft)).result).toBe('in-progress');
    await ledger.open(draft);
    await ledger.writePart('r1', 'backend', backend, { checks: 'warned' });
    await ledger.movePointer('r1', ['backend']);
    await ledger.writePart('r1', 'frontend', frontend, { checks: 'passed' });
    await ledger.movePointer('r1', ['frontend']);
    expect(store.json('production/releases/r1.json')).toMatchObject({
      result: 'deployed',
      checks: 'warned',
      composition: { backend: 'r1', frontend: 'r1' },
      finishedAt: AT,
      committedAt: AT,
    });
    expect(await ledger.current()).toMatchObject({ release: 'r1', parts: { backend: 'r1', frontend: 'r1' } });
  });

  it('of another commit is not joined', async () => {
    const { ledger } = setup();
    await ledger.open({ id: 'r1', type: 'deployment', run: runContext() });
    const other = { id: 'r1', type: 'deployment', run: runContext({ commit: '2'.repeat(40) }) } as const;
    await expect(ledger.open(other)).rejects.toThrow(/input `release-id`: release r1 .* is another one/);
  });

  it('keeps fields that it does not know', async () => {
    const { store, ledger } = setup();
    await put(store, 'production/releases/r1.json', { ...releaseRecord('r1', 1), weather: 'fine' });
    await ledger.writePart('r1', 'backend', { ...backend, result: 'failed' });
    expect(store.json('production/releases/r1.json')).toMatchObject({ weather: 'fine', result: 'failed' });
  });

  it('knows the part that a release of one part runs with', async () => {
    const { store, ledger } = setup();
    for (const [id, part] of [
      ['r1', 'backend'],
      ['r1', 'frontend'],
      ['r2', 'frontend'],
    ] as const) {
      await ledger.open({ id, type: 'deployment', run: runContext() });
      await ledger.movePointer(id, [part]);
    }
    expect(store.json('production/releases/r2.json')).toMatchObject({
      composition: { backend: 'r1', frontend: 'r2' },
      replaces: 'r1',
    });
  });
});

describe('what cannot be read', () => {
  const broken: ReadonlyArray<readonly [string, string | object, RegExp]> = [
    ['an empty one', '', /it is empty/],
    ['a truncated one', '{"version":1,"id":"bad","env', /only a part of it/],
    ['one that is something else', '[1,2]', /not a document of the ledger/],
    [
      'one of another environment',
      { ...releaseRecord('bad', 2), environment: 'staging' },
      /its environment is "staging"/,
    ],
    ['one under another id', releaseRecord('other', 2), /its id is "other"/],
    ['one without a result', { ...releaseRecord('bad', 2), result: undefined }, /its `result` is not/],
    ['one with a run that is none', { ...releaseRecord('bad', 2), run: null }, /its `run` is not/],
    [
      'one with an end that is no time',
      { ...releaseRecord('bad', 2), finishedAt: 'soon' },
      /its `finishedAt` is not/,
    ],
    [
      'one with a path for a release',
      { ...releaseRecord('bad', 2), composition: { backend: '../x' } },
      /its `composition` is not/,
    ],
    [
      'one that is nested too deep',
      `{"version":1,"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
      /nested more than/,
    ],
    ['one of a newer version', { ...releaseRecord('bad', 2), version: 3 }, /which a newer wwhd-deploy wrote/],
  ];

  it.each(broken)('%s is named, left alone, and in nobody’s way', async (_name, body, words) => {
    const { store, ledger, warnings } = setup();
    await put(store, 'production/releases/good.json', releaseRecord('good', 1));
    await put(store, 'production/releases/bad.json', body);
    const before = store.objects.get('production/releases/bad.json');
    expect((await ledger.newest(10)).map((record) => record.id)).toEqual(['good']);
    expect(await ledger.record('bad')).toBeUndefined();
    expect(warnings.join()).toMatch(words);
    expect(warnings.join()).toContain('s3://release-bucket/production/releases/bad.json is left alone');
    expect(store.objects.get('production/releases/bad.json')).toBe(before);
  });

  it('is set aside before anything is written in its place', async () => {
    const { store, ledger, warnings } = setup();
    await put(store, 'production/releases/r1.json', 'not ours');
    await ledger.open({ id: 'r1', type: 'deployment', run: runContext() });
    const [aside = ''] = [...store.objects.keys()].filter((key) => key.includes('/set-aside/'));
    expect(store.objects.get(aside)?.body.toString()).toBe('not ours');
    expect(warnings.join()).toContain(`it is kept as ${aside}`);
  });

  it('is not ours to write either where it has a part of a kind that we do not know', async () => {
    const { store, ledger } = setup();
    const job = { kind: 'job', schedule: 'rate(1 day)', result: 'deployed', startedAt: AT };
    const record = { ...releaseRecord('r1', 1), parts: { nightly: job } };
    await put(store, 'production/releases/r1.json', record);
    const before = store.objects.get('production/releases/r1.json');
    await expect(ledger.writePart('r1', 'backend', backend)).rejects.toThrow(/kind "job", which a newer/);
    expect(store.objects.get('production/releases/r1.json')).toEqual(before);
    expect([...store.objects.keys()].filter((key) => key.includes('set-aside'))).toEqual([]);
  });

  it('is never replaced nor set aside where a newer version of ours wrote it', async () => {
    const { store, ledger } = setup();
    const newer =
      /cannot be written by this version[\s\S]*a newer wwhd-deploy wrote[\s\S]*use the version that wrote it/;
    await put(store, 'production/releases/r1.json', { ...releaseRecord('r1', 1), version: 3 });
    await expect(ledger.open({ id: 'r1', type: 'deployment', run: runContext() })).rejects.toThrow(newer);
    await put(store, 'production/releases/r2.json', releaseRecord('r2', 2));
    await put(store, 'production/current.json', { version: 3, environment: 'production', parts: {} });
    await expect(ledger.current()).rejects.toThrow(newer);
    await expect(ledger.movePointer('r2', ['backend'])).rejects.toThrow(newer);
    await put(store, 'production/lock.json', { version: 2, environment: 'production', holders: {} });
    const asked = {
      release: 'r3',
      parts: ['backend'],
      run: runContext(),
      timeout: 0,
      signal: new AbortController().signal,
    };
    await expect(ledger.acquire(asked)).rejects.toThrow(newer);
    expect(store.json('production/lock.json')['version']).toBe(2);
    expect([...store.objects.keys()].filter((key) => key.includes('set-aside'))).toEqual([]);
  });

  it.each([
    ['no commit', { version: 1, environment: 'production', release: 'r1' }, 'r1'],
    // The pointer is found again from the records.
    ['a path for a release', { version: 1, environment: 'production', release: '../../sites/x' }, 'r2'],
  ])('of a pointer: %s', async (_name, pointer, release) => {
    const { store, ledger } = setup();
    await put(store, 'production/releases/r2.json', releaseRecord('r2', 2));
    await put(store, 'production/current.json', pointer);
    const found = await ledger.current();
    expect(found?.release).toBe(release);
    expect(typeof found?.commit).toBe('string');
  });

  it('is shown as text, on a page that may load and run nothing', async () => {
    const { store, ledger } = setup();
    const evil = '<img src=x onerror=alert(1)>\n::error::x';
    const record = releaseRecord('r1', 1, { actor: evil, reason: evil, ref: evil, repository: evil });
    await put(store, 'production/releases/r1.json', { ...record, result: 'constructor', commit: evil });
    await put(store, 'production/current.json', {
      version: 1,
      environment: 'production',
      release: 'r9',
      updatedAt: evil,
    });
    const history = await readHistory(ledger, clock.now());
    const page = historyPage(history);
    expect(page).not.toContain('<img');
    expect(page).not.toContain('native code');
    expect(page).toContain('Content-Security-Policy" content="default-src \'none\'');
    expect(historyText(history, 9).filter((line) => line.startsWith('::'))).toEqual([]);
  });

  it('as a pointer is found again from the records', async () => {
    const { store, ledger } = setup();
    await put(store, 'production/releases/r1.json', releaseRecord('r1', 1));
    await put(store, 'production/releases/r2.json', releaseRecord('r2', 2));
    await put(store, 'production/current.json', '{"version"');
    expect(await ledger.current()).toMatchObject({ release: 'r2', parts: { backend: 'r2', frontend: 'r2' } });
    await ledger.open({ id: 'r3', type: 'deployment', run: runContext() });
    await ledger.movePointer('r3', ['frontend']);
    expect(store.json('production/current.json')).toMatchObject({
      parts: { backend: 'r2', frontend: 'r3' },
    });
  });

  it('as an index costs requests and nothing else', async () => {
    const { store, ledger } = setup();
    await put(store, 'production/releases/r1.json', releaseRecord('r1', 1));
    await put(store, 'production/index.json.gz', 'garbage');
    expect(await ledger.newest(5)).toHaveLength(1);
    store.requests.length = 0;
    expect(await ledger.newest(5)).toHaveLength(1);
    expect(store.requests, 'what this one has read it knows').toEqual(['list production/releases/']);
  });

  it('is kept by who holds the lock, and by nobody who only reads', async () => {
    const time = simulatedClock();
    const store = memoryStore('release-bucket', time);
    const ledger = openLedger({ store, environment: 'production', log: silentLog, clock: time });
    await put(store, 'production/releases/r1.json', releaseRecord('r1', 1));
    store.requests.length = 0;
    await ledger.newest(5);
    await readHistory(ledger, time.now());
    expect(store.requests.filter((request) => request.startsWith('put'))).toEqual([]);
    const [parts, signal] = [['backend'] as const, new AbortController().signal];
    const want = { release: 'r2', parts, run: runContext(), timeout: 0, signal };
    const hold = await time.run(ledger.acquire(want));
    await time.run(ledger.list());
    await time.run(hold.release());
    const index = store.requests.indexOf('put production/index.json.gz');
    expect(index, 'written before the lock is free').toBeGreaterThan(0);
    expect(index).toBeLessThan(store.requests.lastIndexOf('put production/lock.json'));
    store.requests.length = 0;
    expect(await setup(store).ledger.newest(5)).toHaveLength(1);
    expect(store.requests).toEqual(['get production/index.json.gz', 'list production/releases/']);
  });

  it('is kept by who publishes the history page', async () => {
    const { store, ledger } = setup();
    await put(store, 'production/releases/r1.json', releaseRecord('r1', 1));
    await ledger.publishPage(historyPage(await readHistory(ledger, clock.now())));
    expect(store.requests).toContain('put production/index.json.gz');
    await ledger.list();
    expect(store.requests.filter((request) => request === 'put production/index.json.gz')).toHaveLength(1);
  });
});

describe('a thousand releases', () => {
  it('are a handful of requests', async () => {
    const { store, ledger } = setup();
    for (let i = 0; i < 1000; i++) {
      const record = releaseRecord(`r${String(i).padStart(4, '0')}`, i / 2);
      await put(store, `production/releases/${record.id}.json`, record);
    }
    await put(store, 'production/current.json', { version: 1, environment: 'production', release: 'r0999' });
    await ledger.newest(1);
    await put(
      store,
      'production/releases/r0500.json',
      releaseRecord('r0500', 250, { reason: 'changed since' }),
    );
    store.requests.length = 0;
    const history = await readHistory(ledger, clock.now());
    const text = historyText(history, 10);
    expect(store.requests.length).toBeLessThanOrEqual(6);
    expect(history.releases).toHaveLength(1000);
    expect(history.releases[499]?.record.reason).toBe('changed since');
    expect(text.join('\n')).toContain('… and 990 more');
    expect(historyPage(history)).toContain('and 500 older ones');
  });
});

describe('the history page', () => {
  it('lets nothing that a record says become part of it', async () => {
    const { store, ledger } = setup();
    const evil = '<script>alert(1)</script>"\'';
    await put(
      store,
      'production/releases/r1.json',
      releaseRecord('r1', 1, { reason: evil, actor: evil, run: { url: `javascript:${evil}`, number: 1 } }),
    );
    const page = historyPage(await readHistory(ledger, clock.now()));
    expect(page).not.toContain('<script');
    expect(page).not.toContain('href="javascript');
    expect(page).toContain('&lt;script&gt;');
  });
});
