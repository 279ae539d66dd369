// Whatever a message or a page tells the user to set can be set where he stands: each input of each action is passed on by
// the workflows that use it, or stands here with the reason why not.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { root } from '../support/dist.ts';
import { actionInputs, CALLABLE, callOf, usesOf } from '../support/reach.ts';
import { KEPT_BACK } from './kept-back.ts';

const uses = CALLABLE.flatMap(usesOf);
const keyOf = ({ workflow, action, input }: { workflow: string; action: string; input: string }) =>
  `${workflow} ${action} ${input}`;
/** Actions of the same name in one workflow are one: what one of their steps passes on can be set. */
const settable = new Set(uses.filter(({ from }) => from.length > 0).map(keyOf));
const reasons = new Map(
  Object.entries(KEPT_BACK).flatMap(([workflow, actions]) =>
    Object.entries(actions).flatMap(([action, rows]) =>
      rows.flatMap(([inputs, reason]) =>
        inputs.map((input) => [keyOf({ workflow, action, input }), reason] as const),
      ),
    ),
  ),
);

describe.each(CALLABLE)('%s.yml', (workflow) => {
  const own = uses.filter((use) => use.workflow === workflow);

  it('passes on every input of the actions that it uses, or keeps it back for a reason', () => {
    const lost = new Set(own.map(keyOf).filter((key) => !settable.has(key) && !reasons.has(key)));
    expect([...lost]).toEqual([]);
  });

  it('keeps nothing back that it passes on', () => {
    const stale = [...reasons.keys()]
      .filter((key) => key.startsWith(`${workflow} `))
      .filter((key) => settable.has(key));
    const unknown = [...reasons.keys()]
      .filter((key) => key.startsWith(`${workflow} `))
      .filter((key) => !own.some((use) => keyOf(use) === key));
    expect([...stale, ...unknown]).toEqual([]);
  });

  it("names the action's input where its own has another name", () => {
    const { inputs } = callOf(workflow);
    const wrong = own
      .filter(({ given }) => /^\$\{\{ inputs\.[\w-]+ \}\}$/.test(String(given)))
      .map(({ from, input }) => ({ input, name: from[0]?.replace('inputs.', '') ?? '' }))
      .filter(({ input, name }) => input !== name && !OTHER_NAMES.has(`${name} ${input}`))
      .filter(({ input, name }) => !inputs[name]?.description?.includes(`\`${input}\``));
    expect(wrong).toEqual([]);
  });

  it("has the action's default, but where its own is said", () => {
    const { inputs } = callOf(workflow);
    const wrong = own
      .filter(({ given }) => /^\$\{\{ inputs\.[\w-]+ \}\}$/.test(String(given)))
      .map(({ action, input, from }) => ({ action, input, name: from[0]?.replace('inputs.', '') ?? '' }))
      .filter(({ name }) => inputs[name]?.required !== true)
      .map((use) => ({
        ...use,
        theirs: String(actionInputs(use.action)[use.input]?.default ?? ''),
        ours: String(inputs[use.name]?.default ?? (inputs[use.name]?.type === 'boolean' ? 'false' : '')),
      }))
      .filter(({ ours, theirs }) => ours !== theirs)
      .filter(({ name, ours }) => OWN_DEFAULTS[`${workflow} ${name}`] !== ours);
    expect(wrong).toEqual([]);
  });
});

/** Inputs whose names say by the part what they are: nobody looks for them under the action's. */
const OTHER_NAMES = new Set([
  'test-directory working-directory',
  'test-command command',
  'frontend-directory working-directory',
  'frontend-command command',
  'backend-checks smoke-checks',
  'frontend-checks smoke-checks',
  'smoke-checks checks',
]);

/** Defaults of a workflow that are not those of the action. */
const OWN_DEFAULTS: Record<string, string> = {
  'deploy frontend-command': 'npm run build',
  'pr-checks frontend-command': 'npm run build',
  'preview frontend-command': 'npm run build',
  'preview frontend-directory': '.',
  'deploy frontend-directory': '',
  'deploy test-directory': '',
  'pr-checks frontend-directory': '',
  'pr-checks test-directory': '',
  'history limit': '50',
};

/** What messages name in the same way and is no input of ours: of GitHub's, of another's action, and the command line's `config`. */
const OTHER_KEYS = new Set(['pull-requests', 'ubuntu-latest', 'output-credentials', 'config']);

const known = new Set([
  ...readdirSync(join(root, 'actions')).flatMap((action) => Object.keys(actionInputs(action))),
  ...CALLABLE.flatMap((workflow) => {
    const { inputs, secrets } = callOf(workflow);
    return [...Object.keys(inputs), ...Object.keys(secrets)];
  }),
]);

/** `set X`, `raise X`, `give X`: what a text tells its reader to do with an input. */
const ADVICE =
  /\b(?:set|raise|lower|give|use|leave out|add|try|without|with) (?:it |them )?\\?`([a-z][a-z]*(?:-[a-z]+)+)(?:: [^`]*)?\\?`/gi;

const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts'))
  .map((path) => `src/${path}`);
const pages = [
  'docs/troubleshooting.md',
  ...readdirSync(join(root, 'actions')).map((name) => `actions/${name}/README.md`),
];

describe('advice', () => {
  it('names only inputs that there are', () => {
    const wrong = [...sources, ...pages].flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(ADVICE)]
        .map(([text, name = '']) => ({ path, text, name }))
        .filter(({ name }) => !known.has(name) && !OTHER_KEYS.has(name)),
    );
    expect(wrong).toEqual([]);
  });

  it('is of inputs by the field `input` of a problem, and each of them is an input', () => {
    const wrong = sources.flatMap((path) =>
      [...readFileSync(join(root, path), 'utf8').matchAll(/\binput: '([^']+)'/g)]
        .map(([, name = '']) => ({ path, name }))
        .filter(({ name }) => !known.has(name) && !OTHER_KEYS.has(name)),
    );
    expect(wrong).toEqual([]);
  });
});
