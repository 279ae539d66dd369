import { describe, expect, test } from 'vitest';
import { changedVariables } from '../../../src/parts/service/deploy/release.ts';
import { fingerprints } from '../../../src/parts/service/deploy/result.ts';
import { undoFor, wayBack } from '../../../src/parts/service/deploy/undo.ts';
import { planChanges, planLines } from '../../../src/parts/service/plan/plan.ts';
import {
  applyChange,
  type BackendSpec,
  changeBack,
  type SpecChange,
} from '../../../src/parts/service/plan/spec.ts';
import type { BackendState } from '../../../src/parts/service/targets/target.ts';

const digest = (c: string) => `sha256:${c.repeat(64)}`;
const image = (c: string) => `r.example/api@${digest(c)}`;
const now: BackendSpec = {
  image: image('a'),
  variables: { LOG: 'info', KEEP: 'hunter2' },
  secrets: { DB: 'arn:db' },
  port: '8080',
  cpu: '1024',
  memory: '2048',
  autoDeployments: true,
};

describe('the plan', () => {
  const rows: ReadonlyArray<readonly [string, SpecChange, string[]]> = [
    ['nothing', {}, []],
    ['the same', { image: image('a'), setVariables: { LOG: 'info' }, port: '8080' }, []],
    ['image', { image: image('b') }, [`~ image  ${image('a')} → ${image('b')}`]],
    ['variable', { setVariables: { LOG: 'debug' } }, ['~ variables.LOG  changed']],
    ['new variable', { setVariables: { NEW: 'x' } }, ['+ variables.NEW']],
    ['gone variable', { unset: ['LOG'] }, ['- variables.LOG']],
    ['secret', { setSecrets: { DB: 'arn:db2' } }, ['~ secrets.DB  arn:db → arn:db2']],
    ['variable to secret', { setSecrets: { KEEP: 'arn:k' } }, ['- variables.KEEP', '+ secrets.KEEP  arn:k']],
    ['secret to variable', { setVariables: { DB: 'x' } }, ['+ variables.DB', '- secrets.DB  arn:db']],
    ['sizes', { cpu: '2048', memory: '4096' }, ['~ cpu  1024 → 2048', '~ memory  2048 → 4096']],
    ['command', { startCommand: 'node x' }, ['+ start-command  node x']],
    ['scaling', { scaling: { min: 1, max: 3, concurrency: 80 } }, ['+ scaling  1 to 3, 80 requests each']],
    [
      'auto-deployments',
      { autoDeployments: false },
      ['~ auto-deployments  on → off  (a push to the registry would deploy by itself and race)'],
    ],
  ];
  test.each(rows)('%s', (_name, change, lines) => {
    expect(planLines(planChanges(now, applyChange(now, change)))).toEqual(lines);
  });

  test('shows no value of a variable', () => {
    const change = { setVariables: { KEEP: 'hunter3', LOG: 'x' }, unset: [] };
    const plan = planChanges(now, applyChange(now, change));
    expect(JSON.stringify(plan)).not.toMatch(/hunter|info/);
  });

  test.each(rows)('%s: the way back leads back', (_name, change) => {
    const there = applyChange(now, change);
    const back = applyChange(there, changeBack(now, there));
    expect(planChanges(now, back)).toEqual([]);
    expect(back.variables).toEqual(now.variables);
    expect(back.secrets).toEqual(now.secrets);
  });

  test('another base is told, and the way back is not a copy of it', () => {
    const runs = { ...now, taskDefinition: 'api:4' };
    const there = applyChange({ ...runs, cpu: '2048', base: 'api:5' }, { image: image('b') });
    expect(planLines(planChanges(runs, there))).toEqual([
      `~ image  ${image('a')} → ${image('b')}`,
      '~ cpu  1024 → 2048',
      '~ task-definition  api:4 → api:5',
    ]);
    expect(changeBack(runs, there)).toMatchObject({ cpu: '1024', taskDefinition: 'api:4', base: 'api:4' });
    expect(changeBack(runs, applyChange(runs, { image: image('b') }))).not.toHaveProperty('base');
  });

  test('the way back of a default deployment keeps no variable', () => {
    const there = applyChange(now, { image: image('b'), autoDeployments: false });
    expect(JSON.stringify(changeBack(now, there))).not.toContain('hunter2');
  });
});

describe('undo', () => {
  const state = (spec: BackendSpec) =>
    ({ target: 'apprunner', arn: 'arn:s', spec }) as unknown as BackendState;
  test('a digest is gone back to as it is', () => {
    const undo = undoFor(state(now), digest('a'), { ...now, image: image('b') }, '');
    expect(wayBack(undo).image).toBe(image('a'));
  });
  test('a tag is gone back to by the digest behind it, and automatic deployments stay off', () => {
    const tagged = { ...now, image: 'r.example/api:latest', taskDefinition: 'td:1' };
    const undo = undoFor(
      state(tagged),
      digest('a'),
      { ...tagged, image: image('b'), autoDeployments: false },
      '',
    );
    expect(wayBack(undo)).toMatchObject({ image: image('a') });
    expect(wayBack(undo).autoDeployments).toBeUndefined();
    expect(wayBack(undo).taskDefinition).toBeUndefined();
  });
  test('a tag that nobody can resolve is gone back to as it is', () => {
    const tagged = { ...now, image: 'r.example/api:latest' };
    const undo = undoFor(state(tagged), undefined, { ...tagged, image: image('b') }, '');
    expect(wayBack(undo).image).toBe('r.example/api:latest');
  });
});

test('variables that changed since a release are named', () => {
  const service = { arn: 'arn:s', spec: { variables: { A: '1', B: '2', D: '4' } } };
  const half = { variables: fingerprints('arn:s', { A: '1', B: 'old', C: '3' }) };
  expect(changedVariables(half, service)).toEqual(['B', 'C', 'D']);
  expect(changedVariables({}, service)).toEqual([]);
  expect(fingerprints('arn:s', { A: '1' })).not.toEqual(fingerprints('arn:t', { A: '1' }));
});
