import { describe, expect, it } from 'vitest';
import { describePlan, immovableTags, planImage } from '../../../src/image/plan.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;
const want = {
  repository: 'r.example/app',
  immutable: { tag: 'sha-1', digest: undefined as string | undefined },
  more: [] as { tag: string; digest: string | undefined }[],
  source: 'context' as 'context' | 'oci-layout',
  push: true,
  engine: 'docker' as const,
  cache: 'gha',
  platform: 'linux/amd64',
};
const there = { tag: 'sha-1', digest: A };

describe('what is to be done', () => {
  it.each([
    ['nothing is there', {}, 'build-and-push'],
    ['the tag is there', { immutable: there }, 'none'],
    ['nothing is to be pushed', { push: false }, 'build'],
    ['a layout', { source: 'oci-layout' as const }, 'push-layout'],
    ['a layout, and the tag is there', { source: 'oci-layout' as const, immutable: there }, 'none'],
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
      immutable: { tag: 'sha-1', digest: present },
      more: [{ tag: 'main', digest }],
    });
    expect(plan.retag.map((t) => t.tag)).toEqual(moved);
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
      'r.example/app: build for linux/amd64 with docker (cache: gha) and push as sha-1',
    ]);
    const moved = planImage({ ...want, immutable: there, more: [{ tag: 'main', digest: B }] });
    expect(describePlan(moved)[1]).toBe(`tag main: moved from ${B}`);
  });
});
