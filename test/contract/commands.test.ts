// Every command that a page shows is executed by a test that the page names, or looked at here: its program, its flags,
// its files. What cannot be, is in EXCEPTIONS, with the reason.
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { parseFlags } from '../../src/cli/flags.ts';
import { LOCAL_COMMANDS } from '../../src/cli/local.ts';
import { splitWords } from '../../src/parts/service/verdict/words.ts';
import { root } from '../support/dist.ts';
import { blocksOf, commandsOf, isShell, pages } from '../support/docs.ts';
import { read, type Workflow } from '../support/workflows.ts';

const text = (path: string) => readFileSync(join(root, path), 'utf8');
const scripts = (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts;
const terraform = ['environment/variables.tf', 'environment/outputs.tf']
  .map((name) => text(`infra/terraform/modules/${name}`))
  .join('\n');

/** Commands of other people's programs that no test can run here. */
const EXCEPTIONS: ReadonlyArray<readonly [command: RegExp, reason: string]> = [
  [/^git clone https:\/\/github\.com\/org\/wwhd-deploy$/, 'needs GitHub; release.yml uses the released tag'],
  [/^cd wwhd-deploy$/, 'follows the clone'],
  [/^docker compose up --build$/, 'needs a Docker daemon; test/unit/examples reads the compose file'],
  [
    /^aws (secretsmanager put-secret-value|budgets create-budget) /,
    "somebody else's account, and their secret",
  ],
];

type Check = (rest: string, page: string) => string | undefined;
const fail = (wrong: boolean, what: string) => (wrong ? what : undefined);

/** A command of ours, given to its own parser. */
const ours: Check = (rest) => {
  const [first = '', ...others] = splitWords(rest);
  const [name = '', ...args] = first === 'plan' ? others : [first, ...others];
  const command = COMMANDS[name] ?? LOCAL_COMMANDS[name];
  if (!command) return fail(name !== 'local-cloud', `there is no command ${name}`);
  try {
    const { inputs } = parseFlags(command, args, {});
    const missing = Object.entries(command.action.inputs).filter(
      ([key, spec]) => spec.required && !inputs[key],
    );
    return fail(missing.length > 0, `needs ${missing.map(([key]) => key).join(', ')}`);
  } catch (error) {
    return String(error);
  }
};

const workflowRun: Check = (rest) => {
  const [file = '', ...args] = splitWords(rest);
  const path = `examples/workflows/${file}`;
  if (!existsSync(join(root, path))) return `there is no ${path}`;
  const { on } = read<Workflow>(path);
  const inputs = (on as Record<string, { inputs?: Record<string, DispatchInput> }>)['workflow_dispatch']
    ?.inputs;
  if (!inputs) return `${path} is not started by hand`;
  const given = new Map(
    args.filter((arg) => arg !== '-f').map((arg) => arg.split('=', 2) as [string, string]),
  );
  const wrong = [
    ...[...given].flatMap(([name, value]) =>
      inputs[name]?.options?.includes(value) === false || !inputs[name] ? [`${name}=${value}`] : [],
    ),
    ...Object.entries(inputs).flatMap(([name, spec]) => (spec.required && !given.has(name) ? [name] : [])),
  ];
  return fail(wrong.length > 0, `${path} does not take, or needs: ${wrong.join(', ')}`);
};
interface DispatchInput {
  required?: boolean;
  options?: string[];
}

/** Flags are Terraform's own; variables and outputs are ours. `terraform test` plans with them. */
const terraformCommand: Check = (whole) => {
  const folder = /^-chdir=(\S+) /.exec(whole)?.[1];
  if (folder && !existsSync(join(root, folder, 'main.tf'))) return `there is no ${folder}`;
  const rest = whole.replace(/^-chdir=\S+ /, '');
  const outputsThere = folder ? text(`${folder}/outputs.tf`) : terraform;
  const [verb = ''] = rest.split(' ');
  if (!['init', 'apply', 'plan', 'test', 'output', 'fmt'].includes(verb))
    return `no command of ours: ${verb}`;
  const variables = [...rest.matchAll(/-var (\w+)=/g)].map((m) => `variable "${m[1]}" {`);
  const outputs =
    verb === 'output'
      ? [...rest.matchAll(/(?:-raw|-json) (\w+)/g)]
          .filter((m) => m[1] !== 'NAME')
          .map((m) => `output "${m[1]}" {`)
      : [];
  const unknown = [
    ...variables.filter((name) => !terraform.includes(name)),
    ...outputs.filter((name) => !outputsThere.includes(name)),
  ];
  return fail(unknown.length > 0, `not in infra/terraform: ${unknown.join(' ')}`);
};

const RULES: ReadonlyArray<readonly [command: RegExp, check: Check]> = [
  [/^npm (?:ci|cit|install)\b(.*)/, () => undefined],
  [/^npm (?:run )?([\w:-]+).*/, (name) => fail(!(name in scripts), `there is no script ${name}`)],
  [/^npx wwhd-deploy (.*)/, ours],
  [/^node dist\/cli\/index\.js (.*)/, ours],
  [
    /^(?:[A-Z_]+=\S+ )*node (?:--test )?([\w./-]+).*/,
    (file, page) =>
      fail(
        ![root, join(root, dirname(page))].some((base) => existsSync(join(base, file))),
        `there is no ${file}`,
      ),
  ],
  [/^gh workflow run (.*)/, workflowRun],
  [
    /^gh variable set "?(\$?\w+)"? (?:--env \w+ )?--body .*/,
    (name) =>
      fail(!name.startsWith('$') && !new RegExp(`^ +${name} +=`, 'm').test(terraform), `no output ${name}`),
  ],
  [/^terraform (.*)/, terraformCommand],
  [/^(?:export )?(?:[A-Z_]+=\S+ ?)+$/, () => undefined],
];

const all = pages().flatMap((page) => blocksOf(page).filter(isShell));

it.each(all.map((block, index) => [`${block.page} #${index}`, block] as const))(
  '%s: its commands are known, and what they name is there',
  (_name, block) => {
    if (block.executedBy) {
      expect(text(block.executedBy), `${block.executedBy} reads the page`).toContain(
        block.page.split('/').at(-1),
      );
      return;
    }
    const wrong = commandsOf(block).flatMap((command) => {
      if (EXCEPTIONS.some(([known]) => known.test(command))) return [];
      const rule = RULES.find(([pattern]) => pattern.test(command));
      if (!rule) return [`no test knows: ${command}`];
      const problem = rule[1](rule[0].exec(command)?.[1] ?? '', block.page);
      return problem ? [`${command}: ${problem}`] : [];
    });
    expect(wrong).toEqual([]);
  },
);

it('there are commands to look at, and every exception is still one', () => {
  const commands = all.flatMap(commandsOf);
  expect(commands.length).toBeGreaterThan(20);
  for (const [known, reason] of EXCEPTIONS)
    expect(
      commands.some((command) => known.test(command)),
      `${known}: ${reason}`,
    ).toBe(true);
});
