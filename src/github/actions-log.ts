import * as core from '@actions/core';
import type { Log } from '../runtime/log.ts';

/** GitHub keeps every line, so a live line is written at most this often (milliseconds). */
const PROGRESS_EVERY = 3000;

/**
 * The log of a GitHub job: workflow commands for groups and annotations.
 * @param live true where our own command line reads it: it shows progress as it comes, and keeps none of it.
 */
export function actionsLog(now: () => number = Date.now, live = false): Log {
  let lastProgress = Number.NEGATIVE_INFINITY;
  return {
    debug: core.debug,
    info: core.info,
    notice: core.notice,
    warning: core.warning,
    error: core.error,
    group: core.group,
    mask: core.setSecret,
    progress(message) {
      if (live) {
        core.info(`::progress::${message}`);
        return;
      }
      if (now() - lastProgress < PROGRESS_EVERY) return;
      lastProgress = now();
      core.info(message);
    },
  };
}
