import type { Log } from '../../runtime/log.ts';

/**
 * The log of one part among several that are at work side by side: each line begins with its name. A group would hold the
 * others' lines too, so it is a line of its own.
 */
export function partLog(log: Log, name: string): Log {
  const named = (text: string) => `${name}: ${text}`;
  return {
    ...log,
    debug: (text) => log.debug(named(text)),
    info: (text) => log.info(named(text)),
    notice: (text, at) => log.notice(named(text), at),
    warning: (text, at) => log.warning(named(text), at),
    error: (text, at) => log.error(named(text), at),
    progress: (text) => log.progress(named(text)),
    group: (title, work) => {
      log.info(named(title));
      return work();
    },
  };
}
