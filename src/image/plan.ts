import type { EngineName } from './engines/engine.ts';

/** Everything that decides what is built. */
export interface BuildSpec {
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string;
  readonly buildArgs: ReadonlyArray<readonly [name: string, value: string]>;
  readonly platform: string;
  readonly labels: ReadonlyArray<readonly [name: string, value: string]>;
}

/** What the registry says of the tags that we want, before anything is done. */
export interface TagState {
  readonly tag: string;
  /** Digest that the tag names now. */
  readonly digest: string | undefined;
}

export interface ImagePlan {
  readonly repository: string;
  readonly tag: string;
  /** Digest that the immutable tag names already. */
  readonly present: string | undefined;
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
  readonly immutable: TagState;
  readonly more: readonly TagState[];
  readonly source: 'context' | 'oci-layout';
  readonly push: boolean;
  readonly engine: EngineName | undefined;
  readonly cache: string;
  readonly platform: string;
}): ImagePlan {
  const { immutable, more, source, push } = want;
  const present = immutable.digest;
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
    tag: immutable.tag,
    present,
    action,
    engine: builds ? want.engine : undefined,
    cache: builds ? want.cache : 'none',
    platform: want.platform,
    // A tag that names nothing yet, or another image than the one that is there.
    retag: push ? more.filter((t) => present === undefined || t.digest !== present) : [],
  };
}

/** Tags that would have to be moved although the repository does not let any tag move. */
export function immovableTags(plan: ImagePlan, immutableTags: boolean): TagState[] {
  return immutableTags ? plan.retag.filter((t) => t.digest !== undefined) : [];
}

/** The plan in the words of the log. */
export function describePlan(plan: ImagePlan): string[] {
  const what = {
    'build-and-push': `build for ${plan.platform} with ${plan.engine} (cache: ${plan.cache}) and push as ${plan.tag}`,
    build: `build for ${plan.platform} with ${plan.engine} (cache: ${plan.cache}); push nothing`,
    'push-layout': `push the image layout as ${plan.tag}; nothing is built`,
    none: `nothing to build or push: ${plan.tag} is there already (${plan.present})`,
  }[plan.action];
  return [
    `${plan.repository}: ${what}`,
    ...plan.retag.map((t) => `tag ${t.tag}: ${t.digest === undefined ? 'new' : `moved from ${t.digest}`}`),
  ];
}
