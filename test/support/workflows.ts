import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { data, Evaluator, type Expr, Lexer, Parser } from '@actions/expressions';
import type { FunctionInfo } from '@actions/expressions/funcs/info';
import { parse } from 'yaml';
import { root } from './dist.ts';

/** A workflow, as far as the contract looks at it. */
export interface Workflow {
  readonly on: Record<string, Trigger | null> | string | string[];
  readonly permissions?: unknown;
  readonly jobs: Record<string, Job>;
}
export interface Trigger {
  readonly inputs?: Record<
    string,
    { type?: string; required?: boolean; default?: unknown; description?: string }
  >;
  readonly outputs?: Record<string, { value: string; description?: string }>;
  readonly secrets?: Record<string, { required?: boolean }>;
}
export interface Job {
  readonly needs?: string | string[];
  readonly if?: string;
  readonly uses?: string;
  readonly with?: Record<string, unknown>;
  readonly secrets?: Record<string, string> | 'inherit';
  readonly permissions?: Record<string, string>;
  readonly outputs?: Record<string, string>;
  readonly strategy?: { matrix?: Record<string, unknown> };
  readonly environment?: unknown;
  readonly env?: Record<string, unknown>;
  readonly steps?: Step[];
  readonly 'timeout-minutes'?: unknown;
}
export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Record<string, unknown>;
  readonly env?: Record<string, unknown>;
}
export interface ActionFile {
  readonly inputs?: Record<string, { required?: boolean; default?: unknown }>;
  readonly outputs?: Record<string, { value?: string }>;
  readonly runs: { using: string; main?: string; post?: string; steps?: Step[] };
}

const yamlFiles = (dir: string): string[] => {
  try {
    return readdirSync(join(root, dir))
      .filter((name) => /\.ya?ml$/.test(name))
      .map((name) => `${dir}/${name}`);
  } catch {
    return [];
  }
};
const folders = (dir: string): string[] =>
  readdirSync(join(root, dir), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${dir}/${entry.name}`);

export const read = <T>(path: string): T => parse(readFileSync(join(root, path), 'utf8')) as T;
export const ownWorkflows = (): string[] => yamlFiles('.github/workflows');
export const exampleWorkflows = (): string[] => yamlFiles('examples/workflows');
export const actionFiles = (): string[] =>
  [...folders('actions'), ...folders('.github/actions')]
    .map((dir) => `${dir}/action.yml`)
    .filter((path) => existsSync(join(root, path)));

/** Every expression of a document, in `${{ }}` and in `if:`, with the path to it. */
export function expressionsIn(value: unknown, path: string[] = []): Array<{ path: string; text: string }> {
  if (typeof value === 'string') {
    const bare = path.at(-1) === 'if' && !value.includes('${{');
    const texts = bare ? [value] : [...value.matchAll(/\$\{\{([\s\S]*?)\}\}/g)].map((m) => m[1] ?? '');
    return texts.map((text) => ({ path: path.join('.'), text: text.trim() }));
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => expressionsIn(inner, [...path, key]));
}

const CONTEXTS = [
  'github',
  'env',
  'vars',
  'job',
  'jobs',
  'steps',
  'runner',
  'secrets',
  'strategy',
  'matrix',
  'needs',
  'inputs',
];
const FUNCTIONS: FunctionInfo[] = ['success', 'failure', 'always', 'cancelled', 'hashFiles'].map((name) => ({
  name,
  minArgs: 0,
  maxArgs: 255,
}));

/** Parses as GitHub does; throws what GitHub would say. */
export function parseExpression(text: string): Expr {
  return new Parser(new Lexer(text).lex().tokens, CONTEXTS, FUNCTIONS).parse();
}

type Node = {
  expr?: Node;
  index?: Node;
  args?: Node[];
  left?: Node;
  right?: Node;
  group?: Node;
  name?: { lexeme: string };
  literal?: { coerceString(): string };
};

/** What an expression reads: `needs.image.outputs.tag`, `inputs.dry-run`; a computed index is `*`. */
export function referencesIn(expr: Expr): string[] {
  const found: string[] = [];
  collect(expr as unknown as Node, found);
  return found;
}

/** @returns the dotted path that the node is, where it is one */
function collect(node: Node, found: string[]): string | undefined {
  if (node.name) {
    found.push(node.name.lexeme);
    return node.name.lexeme;
  }
  if (node.expr && node.index) return collectIndex(node.expr, node.index, found);
  for (const inner of [node.expr, node.group, node.left, node.right, ...(node.args ?? [])])
    if (inner) collect(inner, found);
  return undefined;
}

function collectIndex(expr: Node, index: Node, found: string[]): string | undefined {
  const base = collect(expr, found);
  if (!index.literal) collect(index, found);
  if (base === undefined) return undefined;
  const whole = `${base}.${index.literal ? index.literal.coerceString() : '*'}`;
  // The longest path alone: `needs.x.outputs.y`, not its beginnings too.
  if (found.at(-1) === base) found.pop();
  found.push(whole);
  return whole;
}

/** Evaluates an expression as GitHub does, over plain data. `always()` and its like are given as booleans. */
export function evaluate(
  text: string,
  context: Record<string, unknown>,
  status: { success?: boolean; failure?: boolean; cancelled?: boolean } = {},
): unknown {
  const answers = { success: true, failure: false, cancelled: false, always: true, ...status };
  const functions = new Map(
    Object.entries(answers).map(([name, answer]) => [
      name,
      { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(answer) },
    ]),
  );
  const dictionary = toData(context) as data.Dictionary;
  return fromData(new Evaluator(parseExpression(text), dictionary, functions as never).evaluate());
}

function toData(value: unknown): data.ExpressionData {
  if (typeof value === 'string') return new data.StringData(value);
  if (typeof value === 'boolean') return new data.BooleanData(value);
  if (typeof value === 'number') return new data.NumberData(value);
  if (value === null || value === undefined) return new data.Null();
  if (Array.isArray(value)) return new data.Array(...value.map(toData));
  const pairs = Object.entries(value as object).map(([key, inner]) => ({ key, value: toData(inner) }));
  return new data.Dictionary(...pairs);
}

function fromData(value: data.ExpressionData): unknown {
  if (
    value instanceof data.StringData ||
    value instanceof data.BooleanData ||
    value instanceof data.NumberData
  )
    return value.value;
  return value instanceof data.Null ? null : JSON.parse(JSON.stringify(value));
}
