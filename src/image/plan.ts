import type { EngineName } from './engines/engine.ts';
import type { Naming, TagState } from './variant.ts';

export interface ImagePlan {
  readonly repository: string;
  /** The immutable tag that the image goes by. */
  readonly tag: string;
  /** The immutable tag that it is pushed under: the same, or one with its fingerprint. */
  readonly pushed: string;
  /** Digest of this very image, where the registry has it. */
  readonly present: string | undefined;
  /** Another image of the same commit, which keeps the commit's tag. */
  readonly other: string | undefined;
  /** Hash of all that makes the image; `undefined` for a layout. */
  readonly fingerprint: string | undefined;
  readonly action: 'build-and-push' | 'build' | 'push-layout' | 'none';
  readonly engine: EngineName | undefined;
  readonly cache: string;
  readonly platform: string;
  /** Tags that do not name the wanted image yet, with what they name now. */
  readonly retag: readonly TagState[];
}

/** What is to be done. Pure: the registry's answers are arguments. */
export function planImage(want: {
  readonly repository: string;
  readonly naming: Naming;
  readonly fingerprint: string | undefined;
  readonly more: readonly TagState[];
  readonly source: 'context' | 'oci-layout';
  readonly push: boolean;
  readonly engine: EngineName | undefined;
  readonly cache: string;
  readonly platform: string;
}): ImagePlan {
  const { naming, more, source, push } = want;
  const { present, alias } = naming;
  const action = !push
    ? 'build'
    : present !== undefined
      ? 'none'
      : source === 'oci-layout'
        ? 'push-layout'
        : 'build-and-push';
  const builds = action === 'build' || action === 'build-and-push';
  return {
    repository: want.repository,
    tag: naming.tag,
    pushed: naming.pushed,
    present,
    other: naming.other,
    fingerprint: want.fingerprint,
    action,
    engine: builds ? want.engine : undefined,
    cache: builds ? want.cache : 'none',
    platform: want.platform,
    // A tag that names nothing yet, or another image than the one that is there.
    retag: push
      ? [
          ...(alias ? [{ tag: alias, digest: undefined }] : []),
          ...more.filter((t) => present === undefined || t.digest !== present),
        ]
      : [],
  };
}

/** Tags that would have to be moved although the repository does not let any tag move. */
export function immovableTags(plan: ImagePlan, immutableTags: boolean): TagState[] {
  return immutableTags ? plan.retag.filter((t) => t.digest !== undefined) : [];
}

/** The plan in the words of the log. */
export function describePlan(plan: ImagePlan): string[] {
  const what = {
    'build-and-push': `build for ${plan.platform} with ${plan.engine} (cache: ${plan.cache}) and push as ${plan.pushed}`,
    build: `build for ${plan.platform} with ${plan.engine} (cache: ${plan.cache}); push nothing`,
    'push-layout': `push the image layout as ${plan.pushed}; nothing is built`,
    none: `nothing to build or push: ${plan.pushed} is there already (${plan.present})`,
  }[plan.action];
  return [
    `${plan.repository}: ${what}`,
    ...(plan.fingerprint ? [`fingerprint of what makes it: ${plan.fingerprint}`] : []),
    ...plan.retag.map((t) => `tag ${t.tag}: ${t.digest === undefined ? 'new' : `moved from ${t.digest}`}`),
  ];
}
