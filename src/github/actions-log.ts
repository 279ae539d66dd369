import { harmlessLine, harmlessLines } from '../runtime/foreign.ts';
import type { Annotation, Log } from '../runtime/log.ts';
import type { Redactor } from '../runtime/redactor.ts';
import { workflowCommand } from './workflow-command.ts';

/** GitHub keeps every line, so a live line is written at most this often (milliseconds). */
const PROGRESS_EVERY = 3000;

export interface LogOptions {
  readonly redactor: Redactor;
  /** Where lines go: standard output. */
  readonly write: (text: string) => void;
  readonly now?: () => number;
  /** True where our own command line reads it: it shows progress as it comes, and keeps none of it. */
  readonly live?: boolean;
}

/**
 * The log of a GitHub job, and the one place where a step's lines go out. Every message is text of others until proved
 * otherwise: hidden parts are taken out, and nothing in it is a command to the runner. The commands are those that this
 * file writes by {@link workflowCommand}, and no others.
 */
export function actionsLog({ redactor, write, now = Date.now, live = false }: LogOptions): Log {
  let lastProgress = Number.NEGATIVE_INFINITY;
  const shown = (message: string) => harmlessLines(redactor.hide(message)).map((line) => redactor.hide(line));
  const command = (name: string, message: string, properties = {}) =>
    write(workflowCommand(name, shown(message).join('\n'), properties));
  const info = (message: string) => write(`${shown(message).join('\n')}\n`);
  const annotate = (name: string) => (message: string, at?: Annotation) => {
    const properties = {
      title: at?.title,
      file: at?.file,
      line: at?.startLine?.toString(),
      col: at?.startColumn?.toString(),
    };
    const harmless = Object.entries(properties).flatMap(([key, value]) =>
      value ? [[key, harmlessLine(redactor.hide(value))]] : [],
    );
    command(name, message, Object.fromEntries(harmless));
  };
  return {
    debug: (message) => command('debug', message),
    info,
    notice: annotate('notice'),
    warning: annotate('warning'),
    error: annotate('error'),
    async group(title, work) {
      command('group', title.replace(/\s+/g, ' '));
      try {
        return await work();
      } finally {
        write(workflowCommand('endgroup'));
      }
    },
    mask(value) {
      redactor.secret(value);
      // The runner has to be told the value itself. https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#masking-a-value-in-a-log
      if (value !== '') write(workflowCommand('add-mask', value));
    },
    conceal: (values, except = []) =>
      redactor.plain(values.filter((value) => !except.some((name) => name?.includes(value)))),
    progress(message) {
      if (live) {
        command('progress', message);
        return;
      }
      if (now() - lastProgress < PROGRESS_EVERY) return;
      lastProgress = now();
      info(message);
    },
  };
}
