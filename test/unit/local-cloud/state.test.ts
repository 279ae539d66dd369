import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockFolder } from '../../../local-cloud/core/state/folder-lock.ts';
import { Journal } from '../../../local-cloud/core/state/journal.ts';
import { putTogether, takeApart, wholePieces } from '../../../local-cloud/core/state/pieces.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'wwhd-journal-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the pieces of a state', () => {
  it.each([
    [{}],
    [[]],
    [null],
    [1],
    [{ a: [], b: {}, c: null, d: '' }],
    [[{ name: 'x', list: [1, { deep: [{ deeper: 1 }] }] }, { name: 'y' }]],
    [{ services: [{ arn: 'a', tags: { k: 'v' } }], 'a"b/c': { '': 1 } }],
    [JSON.parse('{"__proto__": {"x": 1}}')],
  ])('of %j come together again', (value) => {
    const pieces = new Map([...takeApart(value)].map(([name, text]) => [name, JSON.parse(text)]));
    expect(JSON.stringify(putTogether(pieces))).toBe(JSON.stringify(value));
  });

  it('that changed are found, and no others', () => {
    let state: unknown = { list: [{ n: 1 }, { n: 2 }], gone: true };
    const pieces = wholePieces({ save: () => state, load: () => {} });
    [...pieces.changed()];
    expect([...pieces.changed()]).toEqual([]);
    state = { list: [{ n: 1 }, { n: 3 }] };
    expect([...pieces.changed()]).toEqual([
      ['["list",1,"n"]', 3],
      ['["gone"]', undefined],
    ]);
  });
});

const logOf = () => join(dir, readdirSync(dir).find((name) => name.startsWith('log-')) ?? '');

describe('the journal', () => {
  it('gives back what was appended last, and not what was removed', async () => {
    const journal = new Journal(dir);
    expect(journal.open().size).toBe(0);
    journal.append([
      ['a', '1'],
      ['b', '{"x":"y"}'],
    ]);
    journal.append([
      ['a', '2'],
      ['b', undefined],
      ['c', 'null'],
    ]);
    await journal.close();
    expect([...new Journal(dir).open()]).toEqual([
      ['a', 2],
      ['c', null],
    ]);
  });

  it('drops a last line that was cut off, and appends after it', async () => {
    const journal = new Journal(dir);
    journal.open();
    journal.append([['a', '1']]);
    await journal.close();
    appendFileSync(logOf(), '[["a",2],["b",');
    const again = new Journal(dir);
    expect([...again.open()]).toEqual([['a', 1]]);
    again.append([['c', '3']]);
    await again.close();
    expect(new Journal(dir).open().size).toBe(2);
  });

  it('does not read over a line that is broken', async () => {
    writeFileSync(join(dir, 'log-0'), '[["a",1]]\nnonsense\n[["b",1]]\n');
    expect(() => new Journal(dir).open()).toThrow(/log-0, line 2/);
  });

  it('says that it does not read a state of an earlier form', () => {
    writeFileSync(join(dir, 's3.json'), '{}');
    expect(() => new Journal(dir).open()).toThrow(/s3\.json is of an earlier form/);
  });

  it('makes a checkpoint while it is appended to, and loses nothing', async () => {
    const journal = new Journal(dir, 1000);
    journal.open();
    const all = new Map<string, string>();
    const set = (name: string, json: string) => {
      all.set(name, json);
      journal.append([[name, json]]);
    };
    for (let n = 0; n < 2000; n++) set(`k${n}`, String(n));
    expect(journal.checkpointDue).toBe(true);
    const made = journal.checkpoint(all.entries());
    expect(journal.checkpointDue).toBe(false);
    for (let n = 0; n < 50; n++) {
      set(`k${n * 40}`, '"changed"');
      set(`new${n}`, 'true');
      await new Promise(setImmediate);
    }
    await made;
    set('last', '1');
    await journal.close();
    expect(readdirSync(dir).sort()).toEqual(['checkpoint-1', 'log-1']);
    const wanted = [...all].map(([name, json]) => [name, JSON.parse(json)]).sort();
    expect([...new Journal(dir).open()].sort()).toEqual(wanted);
  });

  it('needs no checkpoint that was not finished', async () => {
    const journal = new Journal(dir);
    journal.open();
    journal.append([['a', '1']]);
    const failed = journal.checkpoint(
      (function* () {
        yield ['a', '1'] as const;
        throw new Error('no space');
      })(),
    );
    journal.append([['b', '2']]);
    await expect(failed).rejects.toThrow('no space');
    await journal.close();
    expect([...new Journal(dir).open()]).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });
});

describe('the lock of a folder', () => {
  it('is held once, and free again', () => {
    const unlock = lockFolder(dir);
    expect(() => lockFolder(dir)).toThrow(`in use by process ${process.pid}`);
    unlock();
    lockFolder(dir)();
    expect(readdirSync(dir)).toEqual([]);
  });
  it.each(['999999999 1', 'nonsense', '', `${process.pid} 1`])(
    'of %j is nobody’s, and taken over',
    (stale) => {
      writeFileSync(join(dir, 'lock'), stale);
      const unlock = lockFolder(dir);
      expect(readFileSync(join(dir, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
      unlock();
    },
  );
});
