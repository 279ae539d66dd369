/** What a bundle said on a line: the runner's workflow commands, or plain text. */
export type Said =
  | Words
  | { readonly kind: 'group' | 'progress'; readonly text: string }
  | { readonly kind: 'mask'; readonly text: string }
  | { readonly kind: 'end-group' }
  | { readonly kind: 'nothing' };

/** What stays on the screen as a line. */
export interface Words {
  readonly kind: 'text' | 'debug' | 'notice' | 'warning' | 'error';
  readonly text: string;
}

const KINDS = {
  group: 'group',
  debug: 'debug',
  notice: 'notice',
  warning: 'warning',
  error: 'error',
  'add-mask': 'mask',
  progress: 'progress',
} as const;

/**
 * One line of a bundle's output.
 * Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
 */
export function readLine(line: string): Said {
  const match = /^::([a-z-]+)(\s[^:]*(?::(?!:)[^:]*)*)?::(.*)$/.exec(line);
  const [, command = '', properties = '', data = ''] = match ?? [];
  if (!match) return { kind: 'text', text: line };
  if (command === 'endgroup') return { kind: 'end-group' };
  const kind = KINDS[command as keyof typeof KINDS];
  if (!kind) return { kind: 'nothing' };
  // An annotation with a title is for GitHub's page: what it says stands in the log as well.
  return { kind: properties.includes('title=') ? 'debug' : kind, text: decoded(data) };
}

const decoded = (data: string) => data.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');

/**
 * The `name<<delimiter` format of GITHUB_OUTPUT and GITHUB_STATE. A value whose end is missing (the process died while it
 * wrote) is left out, with what follows it.
 */
export function readFileCommand(text: string): Record<string, string> {
  const lines = text.split('\n');
  const values = new Map<string, string>();
  for (let i = 0; i < lines.length; i++) {
    const [, name, delimiter = ''] = /^([^=<]+)<<(.+)$/.exec(lines[i] ?? '') ?? [];
    if (!name) continue;
    const end = lines.indexOf(delimiter, i + 1);
    if (end < 0) break;
    values.set(name, lines.slice(i + 1, end).join('\n'));
    i = end;
  }
  return Object.fromEntries(values);
}
