import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { openLedger } from '../../../src/release/open.ts';
import { silentLog } from '../../../src/runtime/log.ts';
import { root } from '../../support/dist.ts';
import { memoryStore } from '../../support/memory-store.ts';
import { releaseRecord, runContext } from '../../support/release.ts';

const schema = (name: string) => JSON.parse(readFileSync(join(root, 'schemas', name), 'utf8'));
const ajv = new Ajv2020({ allErrors: true, strictTypes: false });
addFormats.default(ajv);
const isRecord = ajv.compile(schema('release-record.schema.json'));
const isPointer = ajv.compile(schema('current.schema.json'));

describe('the published schemas', () => {
  it('describe what is written', async () => {
    const store = memoryStore();
    const clock = { now: Date.now, sleep: async () => {} };
    const ledger = openLedger({ store, environment: 'production', log: silentLog, clock });
    const { backend, frontend } = releaseRecord('r1', 1);
    await ledger.open({ id: 'r1', type: 'rollback', run: runContext(), restores: 'r0', reason: 'why not' });
    await ledger.writeHalves('r1', {
      backend: backend as never,
      frontend: frontend as never,
      checks: 'passed',
    });
    await ledger.movePointer('r1', ['backend', 'frontend']);
    expect(isRecord(store.json('production/releases/r1.json')), ajv.errorsText(isRecord.errors)).toBe(true);
    expect(isPointer(store.json('production/current.json')), ajv.errorsText(isPointer.errors)).toBe(true);
  });

  it.each([
    ['no result', { ...releaseRecord('r1', 1), result: undefined }],
    ['a result that is none', { ...releaseRecord('r1', 1), result: 'fine' }],
    ['a half without its image', { ...releaseRecord('r1', 1), backend: { target: 'apprunner' } }],
    ['an id that is a path', { ...releaseRecord('r1', 1), id: '../r1' }],
  ])('refuse %s', (_name, record) => {
    expect(isRecord(JSON.parse(JSON.stringify(record)))).toBe(false);
  });
});
