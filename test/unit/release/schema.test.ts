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
    await ledger.open({ id: 'r1', type: 'rollback', run: runContext(), restores: 'r0', reason: 'why not' });
    await ledger.writeParts('r1', releaseRecord('r1', 1).parts, { checks: 'passed' });
    await ledger.movePointer('r1', ['backend', 'frontend']);
    expect(isRecord(store.json('production/releases/r1.json')), ajv.errorsText(isRecord.errors)).toBe(true);
    expect(isPointer(store.json('production/current.json')), ajv.errorsText(isPointer.errors)).toBe(true);
  });

  it.each([
    ['no result', { ...releaseRecord('r1', 1), result: undefined }],
    ['a result that is none', { ...releaseRecord('r1', 1), result: 'fine' }],
    ['a service without its image', { ...releaseRecord('r1', 1), parts: { api: { kind: 'service' } } }],
    ['a part of no kind', { ...releaseRecord('r1', 1), parts: { api: { result: 'deployed' } } }],
    ['a name that is none', { ...releaseRecord('r1', 1), composition: { 'A B': 'r1' } }],
    ['an id that is a path', { ...releaseRecord('r1', 1), id: '../r1' }],
  ])('refuse %s', (_name, record) => {
    expect(isRecord(JSON.parse(JSON.stringify(record)))).toBe(false);
  });
});
