import { describe, expect, it } from 'vitest';
import { describePlan, immovableTags, planImage } from '../../../src/image/plan.ts';
import { nameOfBuild } from '../../../src/image/variant.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const want = {
  repository: 'r.example/app',
  naming: nameOfBuild({ tag: 'sha-1', digest: undefined }, { tag: 'sha-1-f', digest: undefined }),
  fingerprint: 'f',
  more: [] as { tag: string; digest: string | undefined }[],
  source: 'context' as 'context' | 'oci-layout',
  push: true,
  engine: 'docker' as const,
  cache: 'gha',
  platform: 'linux/amd64',
};
const named = (digest: string | undefined) =>
  nameOfBuild({ tag: 'sha-1', digest }, { tag: 'sha-1-f', digest });
const there = named(A);

describe('what is to be done', () => {
  it.each([
    ['nothing is there', {}, 'build-and-push'],
    ['the tag is there', { naming: there }, 'none'],
    ['nothing is to be pushed', { push: false }, 'build'],
    ['a layout', { source: 'oci-layout' as const }, 'push-layout'],
    ['a layout, and the tag is there', { source: 'oci-layout' as const, naming: there }, 'none'],
  ])('%s: %s', (_name, change, action) => {
    const plan = planImage({ ...want, ...change });
    expect(plan.action).toBe(action);
    expect(plan.engine).toBe(action.startsWith('build') ? 'docker' : undefined);
  });

  it.each([
    ['a new tag on a new image', undefined, undefined, ['main']],
    ['a tag that moves to a new image', undefined, B, ['main']],
    ['a tag that is right', A, A, []],
    ['a tag that moves to what is there', A, B, ['main']],
    ['a new tag on what is there', A, undefined, ['main']],
  ])('%s', (_name, present, digest, moved) => {
    const plan = planImage({
      ...want,
      naming: named(present),
      more: [{ tag: 'main', digest }],
    });
    expect(plan.retag.map((t) => t.tag).filter((tag) => tag !== 'sha-1')).toEqual(moved);
  });

  it('finds the tags that an immutable repository will not move', () => {
    const more = [
      { tag: 'main', digest: B },
      { tag: 'new', digest: undefined },
    ];
    const plan = planImage({ ...want, more });
    expect(immovableTags(plan, true).map((t) => t.tag)).toEqual(['main']);
    expect(immovableTags(plan, false)).toEqual([]);
  });

  it('says it in words', () => {
    expect(describePlan(planImage(want))).toEqual([
      'r.example/app: build for linux/amd64 with docker (cache: gha) and push as sha-1-f',
      'fingerprint of what makes it: f',
      'tag sha-1: new',
    ]);
    const moved = planImage({ ...want, naming: there, more: [{ tag: 'main', digest: B }] });
    expect(describePlan(moved)[2]).toBe(`tag main: moved from ${B}`);
  });
});
