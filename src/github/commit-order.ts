/** Order of two commits, as the commit graph or the run numbers tell it. */
export type CommitOrder = 'same' | 'newer' | 'older' | 'diverged' | 'unknown';
