import * as core from '@actions/core';
import type { Log } from '../runtime/log.ts';

/** GitHub keeps every line, so a live line is written at most this often (milliseconds). */
const PROGRESS_EVERY = 3000;

/** The log of a GitHub job: workflow commands for groups and annotations. */
export function actionsLog(now: () => number = Date.now): Log {
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
      if (now() - lastProgress < PROGRESS_EVERY) return;
      lastProgress = now();
      core.info(message);
    },
  };
}
