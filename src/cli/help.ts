import { COMMANDS, type Command, PLANNABLE } from './commands.ts';
import { LOCAL_COMMANDS } from './local.ts';

const EXIT_CODES = `Exit codes
  0    as wanted: deployed, unchanged, planned, passed, warned; of rollback: rolled-back
  1    failed (of rollback: the pair from before is live)
  2    refused: nothing was changed
  3    rolled-back: the deployment failed and the release before is live again
  4    rollback-failed: look at it now
  5    timed-out: what was waited for may still happen
  130  interrupted`;

const OPTIONS = `Options of every command
  --json               one JSON document on standard output, the log on standard error
  --verbose            the debug log too
  --commit, --ref, --repository, --actor
                       in place of what git says
  --help               the flags of a command

Every flag may come from the environment instead: --release-bucket is WWHD_RELEASE_BUCKET. A token is also found in
GH_TOKEN or GITHUB_TOKEN.
AWS credentials and region are found as the AWS CLI finds them; AWS_ENDPOINT_URL is honoured.`;

/** The list of commands. */
export function generalHelp(): string {
  const commands = { ...LOCAL_COMMANDS, ...COMMANDS };
  const names = [...Object.keys(commands), `plan <command>`, 'local-cloud'];
  const width = Math.max(...names.map((name) => name.length)) + 2;
  const lines = Object.entries(commands).map(([name, { about }]) => `  ${name.padEnd(width)}${about}`);
  return `wwhd-deploy: ship a container backend and a static frontend to AWS, and take any release back

Usage: wwhd-deploy <command> [flags]      (in a clone: node dist/cli/index.js <command> [flags])
       wwhd-deploy help <command>
       wwhd-deploy --version

Commands
${lines.join('\n')}
  ${'plan <command>'.padEnd(width)}what ${PLANNABLE.join(', ')} would do, changing nothing
  ${'local-cloud'.padEnd(width)}an AWS in one process, to try all of this without an account

${OPTIONS}

${EXIT_CODES}
`;
}

/** The flags of one command, from the same description as its action's. */
export function commandHelp(name: string, command: Command): string {
  const entries = Object.entries(command.action.inputs).map(([input, spec]) => {
    const isFlag = spec.default === 'true' || spec.default === 'false';
    const usual = command.defaults?.[input] ?? spec.default;
    const notes = [
      spec.required ? 'required' : '',
      usual && !usual.startsWith('$') ? `default ${usual}` : '',
    ].filter(Boolean);
    const head = `  --${input}${isFlag ? '' : ' <value>'}${notes.length > 0 ? `  (${notes.join(', ')})` : ''}`;
    return `${head}\n${wrap(spec.description.replaceAll('`', ''), 74, '      ')}`;
  });
  const positional = command.positional.map((input) => ` [${input}]`).join('');
  return `wwhd-deploy ${name}: ${command.about}

Usage: wwhd-deploy ${name}${positional} [flags]
   ${command.example}

Flags
${entries.join('\n')}

${OPTIONS}

${EXIT_CODES}
`;
}

function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line].map((text) => indent + text).join('\n');
}
