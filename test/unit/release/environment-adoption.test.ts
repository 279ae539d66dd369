import { describe, expect, it } from 'vitest';
import { judgeAdoption, type LedgerFound } from '../../../src/release/environment-adoption.ts';
import type { Pointer } from '../../../src/release/record.ts';
import { releaseRecord } from '../../support/release.ts';

const pointer = (environment: string, release: string, fields: Partial<Pointer> = {}): Pointer => ({
  version: 2,
  environment,
  release,
  parts: { frontend: release },
  commit: '',
  runNumber: 1,
  updatedAt: `${release} was live`,
  ...fields,
});
const stamp = (release: string, environment = 'live') => ({
  environment,
  release,
  updatedAt: `${release} was live`,
});
const nothing: LedgerFound = { pointer: undefined, records: [] };
const r1 = releaseRecord('r1', 1);
const r2 = releaseRecord('r2', 2);
const old: LedgerFound = { pointer: pointer('live', 'r1'), records: [r1] };
const judge = (own: LedgerFound, before = old, from = 'live') =>
  judgeAdoption({ from, to: 'production', old: before, own, releaseBucket: 'backup' });
const copied = pointer('production', 'r1', { adoptedFrom: stamp('r1') });

describe('the ledger of a renamed environment is carried over', () => {
  it.each<[string, LedgerFound, LedgerFound, Pointer | undefined]>([
    ['to a name that has none', old, nothing, copied],
    ['where only failures are recorded', { ...old, pointer: undefined }, nothing, undefined],
    ['after some records were copied', old, { pointer: undefined, records: [r1] }, copied],
    ['after the pointer was copied', old, { pointer: copied, records: [r1] }, copied],
    [
      'after the pointer was copied, and the old name was deployed to',
      { pointer: pointer('live', 'r2'), records: [r2, r1] },
      { pointer: copied, records: [r1] },
      pointer('production', 'r2', { adoptedFrom: stamp('r2') }),
    ],
    [
      'after the pointer was copied, and the new name was deployed to',
      old,
      { pointer: { ...copied, ...pointer('production', 'r2') }, records: [r2, r1] },
      { ...copied, ...pointer('production', 'r2') },
    ],
    [
      'back to the name of before',
      { pointer: pointer('live', 'r2', { adoptedFrom: stamp('r1', 'production') }), records: [r2, r1] },
      { pointer: pointer('production', 'r1', { movedTo: 'live' }), records: [r1] },
      pointer('production', 'r2', { adoptedFrom: stamp('r2') }),
    ],
    [
      'there, back, and there again',
      { pointer: pointer('live', 'r1', { adoptedFrom: stamp('r1', 'production') }), records: [r1] },
      { pointer: { ...copied, movedTo: 'live' }, records: [r1] },
      copied,
    ],
    [
      'to a name whose own ledger was removed since',
      { ...old, pointer: pointer('live', 'r1', { movedTo: 'production' }) },
      nothing,
      copied,
    ],
  ])('%s', (_name, before, own, wanted) => {
    expect(judge(own, before)).toEqual({ kind: 'carry', pointer: wanted });
  });

  it('once', () => {
    const moved = { ...old, pointer: pointer('live', 'r1', { movedTo: 'production' }) };
    const own = { pointer: { ...copied, ...pointer('production', 'r2') }, records: [r2, r1] };
    expect(judge(own, moved)).toEqual({ kind: 'done' });
  });
});

describe('it is refused', () => {
  it.each<[string, string, LedgerFound, LedgerFound, string?]>([
    ['is the name that the environment has now', 'before', old, nothing, 'production'],
    ['there is no ledger of live in s3://backup', 'release bucket', nothing, nothing],
    [
      'production has a ledger of its own already',
      'aws s3 mv s3://backup/production/ s3://backup/production-before/ --recursive',
      old,
      { pointer: pointer('production', 'r2'), records: [r2] },
    ],
    ['production has a ledger of its own already', 'aside', old, { pointer: undefined, records: [r2] }],
    [
      'production has a ledger of its own already',
      'aside',
      old,
      { pointer: copied, records: [{ ...r1, commit: 'another' }] },
    ],
    [
      'production has a ledger of its own already',
      'aside',
      old,
      { pointer: pointer('production', 'r1', { adoptedFrom: stamp('r1', 'other') }), records: [r1] },
    ],
    [
      'the ledger of live was carried over to prod already',
      'adopt prod',
      { ...old, pointer: pointer('live', 'r1', { movedTo: 'prod' }) },
      nothing,
    ],
    [
      'the ledger of production was carried over to prod already',
      'a name that has no ledger',
      old,
      { pointer: pointer('production', 'r1', { movedTo: 'prod' }), records: [r1] },
    ],
    [
      'both names have been deployed to since',
      'aside',
      { pointer: pointer('live', 'r2'), records: [r2, r1] },
      { pointer: { ...copied, ...pointer('production', 'r3') }, records: [r1] },
    ],
  ])('%s: %s', (what, fix, before, own, from) => {
    const verdict = judge(own, before, from);
    if (verdict.kind !== 'refused') throw new Error(`it is not refused: ${JSON.stringify(verdict)}`);
    expect(verdict.problem.what).toContain(what);
    expect(verdict.problem.fix).toContain(fix);
  });
});
