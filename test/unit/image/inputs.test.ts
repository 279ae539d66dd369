import { describe, expect, it } from 'vitest';
import { readInputs, suspiciousArgs } from '../../../src/actions/push-image/inputs.ts';
import { action } from '../../../src/actions/push-image/interface.ts';
import type { RunContext } from '../../../src/runtime/action.ts';
import { Inputs } from '../../../src/runtime/inputs.ts';

const run: RunContext = {
  commit: 'abcdef0123456789abcdef0123456789abcdef01',
  ref: 'refs/heads/main',
  repository: 'org/app',
  actor: 'octocat',
  url: 'https://github.com/org/app/actions/runs/1/attempts/1',
  holder: 'h',
  runNumber: 1,
  apiUrl: '',
  workspace: '/w',
};
const config = (given: Record<string, string>, change: Partial<RunContext> = {}) =>
  readInputs(new Inputs(action, (name) => ({ repository: 'app', ...given })[name] ?? ''), {
    ...run,
    ...change,
  });

describe('the inputs of push-image', () => {
  it('have sound defaults', () => {
    expect(config({})).toEqual({
      repository: { kind: 'name', name: 'app' },
      createRepository: false,
      secretValues: [],
      commit: run.commit,
      tag: 'sha-abcdef012345',
      moreTags: [],
      source: {
        kind: 'context',
        engine: 'auto',
        cache: 'auto',
        spec: {
          context: '.',
          dockerfile: '',
          target: '',
          buildArgs: [],
          platform: 'linux/amd64',
          labels: [
            ['org.opencontainers.image.revision', run.commit],
            ['org.opencontainers.image.source', 'https://github.com/org/app'],
          ],
          buildContexts: [],
          secrets: [],
          ssh: [],
          fresh: false,
        },
      },
      push: true,
      rebuild: false,
      lookUp: false,
      dryRun: false,
      scanGate: 'off',
      scanTimeout: 600_000,
    });
  });

  it('take tags by line or comma, each once, and never the immutable one', () => {
    expect(config({ tags: 'main, v1\nmain\n\nsha-abcdef012345' }).moreTags).toEqual(['main', 'v1']);
  });

  it('keep a secret as it is, and never say it', () => {
    expect(config({ secrets: 'npm=a=b c\npip.conf=x' }).secretValues).toEqual([
      ['npm', 'a=b c'],
      ['pip.conf', 'x'],
    ]);
    expect(() => config({ secrets: 'hunter2' })).toThrow(
      /input `secrets`: has a line that is not name=value/,
    );
    expect(() => config({ secrets: 'hunter2' })).not.toThrow(/hunter2/);
  });

  it('refuse to build a layout anew', () => {
    expect(() => config({ 'oci-layout': 'x.tar', rebuild: 'true' })).toThrow(/input `rebuild`/);
  });

  it('keep a build argument as it is', () => {
    const { source } = config({ 'build-args': '# a comment\nA=b=c d\nEMPTY=\n' });
    expect(source.kind === 'context' && source.spec.buildArgs).toEqual([
      ['A', 'b=c d'],
      ['EMPTY', ''],
    ]);
  });

  it.each([
    ['repository', { repository: '' }, /required but empty/],
    ['repository', { repository: 'App:latest' }, /found: "App:latest"/],
    ['platform', { platform: 'linux/amd64,linux/arm64' }, /more than one platform/],
    ['platform', { platform: 'amd64' }, /not a platform/],
    ['tags', { tags: 'feature/x' }, /feature\/x/],
    ['build-args', { 'build-args': 'TOKEN' }, /NAME=value/],
    ['engine', { engine: 'kaniko' }, /docker, podman, buildah/],
    ['cache', { cache: 'local' }, /gha, registry, none/],
    ['scan-gate', { 'scan-gate': 'medium' }, /off, critical, high/],
    ['scan-timeout', { 'scan-timeout': '10' }, /not a duration/],
    ['push', { push: 'false', 'oci-layout': 'x' }, /nothing else to do/],
    ['dry-run', { 'dry-run': 'yes' }, /not true or false/],
  ])('refuse a wrong %s: %j', (input, given, said) => {
    const read = () => config(given);
    expect(read).toThrow(said);
    expect(read).toThrow(`input \`${input}\``);
  });

  it('do not show what stands in a line that is no build argument', () => {
    expect(() => config({ 'build-args': 'a b=hunter2' })).toThrow(/found: "a b"/);
  });

  it('take another commit for the image', () => {
    expect(config({ commit: 'b'.repeat(40) }).tag).toBe('sha-bbbbbbbbbbbb');
    expect(() => config({ commit: 'main' })).toThrow(/input `commit`/);
  });

  it('need the commit', () => {
    expect(() => config({}, { commit: '' })).toThrow(/the commit is not known/);
    expect(() => config({}, { commit: 'abc' })).toThrow(/GITHUB_SHA is "abc"/);
  });
});

it.each([
  ['NPM_TOKEN', true],
  ['DB_PASSWORD', true],
  ['SECRET', true],
  ['API_KEY', true],
  ['APIKEY', true],
  ['my_private_key', true],
  ['TOKENIZER', false],
  ['COMMIT', false],
  ['KEYBOARD', false],
])('%s looks like a secret: %s', (name, looks) => {
  expect(suspiciousArgs([[name, 'x']])).toEqual(looks ? [name] : []);
});
