/** What the registry says of the tags that we want, before anything is done. */
export interface TagState {
  readonly tag: string;
  /** Digest that the tag names now. */
  readonly digest: string | undefined;
}

/** Which immutable tag an image of a commit goes by, and what is there under it already. */
export interface Naming {
  /** The tag that an image is pushed under. */
  readonly pushed: string;
  /** The tag that the action answers with. */
  readonly tag: string;
  /** Digest of this very image, where the registry has it. */
  readonly present: string | undefined;
  /** Digest of another image of the same commit that has the commit's own tag. */
  readonly other: string | undefined;
  /** The commit's own tag, where it is still to be given to this image. */
  readonly alias: string | undefined;
}

/**
 * A built image is looked for by commit and fingerprint, never by the commit alone: the second of two images of one
 * commit (other build arguments, another stage, other files) is an image of its own. The first gets the commit's tag too.
 */
export function nameOfBuild(commit: TagState, own: TagState): Naming {
  const isFirst = commit.digest === undefined || commit.digest === own.digest;
  return {
    pushed: own.tag,
    tag: isFirst ? commit.tag : own.tag,
    present: own.digest,
    other: isFirst ? undefined : commit.digest,
    alias: commit.digest === undefined ? commit.tag : undefined,
  };
}

/** A layout is known by its digest beforehand. */
export function nameOfLayout(digest: string, commit: TagState, own: TagState): Naming {
  const isFirst = commit.digest === undefined || commit.digest === digest;
  const { tag, digest: found } = isFirst ? commit : own;
  return {
    pushed: tag,
    tag,
    present: found === digest ? digest : undefined,
    other: isFirst ? undefined : commit.digest,
    alias: undefined,
  };
}

/** Whatever image of the commit was the first. */
export const nameOfCommit = (commit: TagState): Naming => ({
  pushed: commit.tag,
  tag: commit.tag,
  present: commit.digest,
  other: undefined,
  alias: undefined,
});

/** An image that is made anew on purpose: a tag of its own, and nothing that is there counts. */
export const nameOfRebuild = (tag: string): Naming => ({
  pushed: tag,
  tag,
  present: undefined,
  other: undefined,
  alias: undefined,
});
