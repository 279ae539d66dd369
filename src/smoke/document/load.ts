import { readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { Field } from '../../runtime/document/field.ts';
import { refuseMistakes } from '../../runtime/document/mistakes.ts';
import { MAX_FILE_BYTES, type Mistake, Source } from '../../runtime/document/source.ts';
import { type ActionError, messageOf, refused } from '../../runtime/errors.ts';
import { type Log, silentLog } from '../../runtime/log.ts';
import type { Check, Checks, Warmup } from '../checks.ts';
import { readExpectations } from '../expect/index.ts';
import { BUILT_IN, type Defaults, readBudget, readCheck, readDefaults } from './check.ts';
import { FOREIGN } from './nearest.ts';
import { capturesUsed, completeNeeds } from './order.ts';
import { plainGet, REQUEST_KEYS, readRequest } from './request.ts';
import { type Env, Scope } from './scope.ts';

export interface LoadOptions {
  /** The variables that `${NAME}` may stand for. */
  readonly env: Env;
  /** The input that named the file, for the words of a refusal. */
  readonly input?: string;
  /** Given, each mistake is annotated on its line. */
  readonly log?: Log;
  /** True where the caller has a base address for `runChecks` if the file has none, or one of an unset variable. */
  readonly baseUrlFollows?: boolean;
  /** Folder that the path starts from, and that annotations are relative to. */
  readonly workspace?: string;
}

/**
 * Reads a checks file.
 * @throws ActionError `refused` when it cannot be read, or with every mistake in it: line, column, what was found, and
 * the nearest right word. No request has been made then.
 */
export async function loadChecks(path: string, options: LoadOptions): Promise<Checks> {
  const workspace = options.workspace ?? '.';
  const full = resolve(workspace, path);
  let text: string;
  try {
    text = await readFile(full, 'utf8');
  } catch (error) {
    throw refused({
      input: options.input ?? 'checks',
      what: `the checks file ${path} could not be read`,
      found: readProblem(error),
      fix: `give its path from the workspace (${resolve(workspace)}); is there an actions/checkout step before this one?`,
      cause: error,
    });
  }
  return parseChecks(text, { ...options, file: relative(resolve(workspace), full) || path });
}

const READ_PROBLEMS: Readonly<Record<string, string>> = {
  ENOENT: 'no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read by this user',
};
const readProblem = (error: unknown) =>
  READ_PROBLEMS[String((error as { code?: unknown }).code)] ?? messageOf(error);

/** Reads the text of a checks file; see {@link loadChecks}. */
export function parseChecks(text: string, options: LoadOptions & { readonly file: string }): Checks {
  if (Buffer.byteLength(text) > MAX_FILE_BYTES) {
    throw refused({
      input: options.input ?? 'checks',
      what: `${options.file} is larger than 1 MiB`,
      fix: 'name a checks file',
    });
  }
  const source = new Source(text, FOREIGN);
  const scope = new Scope(options.env);
  const checks = source.mistakes.length === 0 ? readDocument(source, scope, options) : undefined;
  if (!checks || source.mistakes.length > 0) throw mistaken(source.mistakes, options);
  return checks;
}

export const DOCUMENT_KEYS = [
  'version',
  'base-url',
  'public',
  'parallel',
  'warmup',
  'release',
  'defaults',
  'checks',
] as const;
type DocumentFields = Partial<Record<(typeof DOCUMENT_KEYS)[number], Field>>;

function readDocument(
  source: Source,
  scope: Scope,
  { file, baseUrlFollows, env }: LoadOptions & { readonly file: string },
): Checks | undefined {
  const root = new Field(source, '', source.document.contents, null);
  if (!root.isMap)
    return root.mistake(
      `a checks file is a mapping with \`version: 1\` and \`checks\`, found ${root.found()}`,
    );
  const fields = root.fields(DOCUMENT_KEYS);
  if (!fields) return undefined;
  readVersion(root, fields.version);
  for (const item of fields.public?.items() ?? []) scope.publish(item.text() ?? '');
  const base = fields['base-url'];
  const unset = baseUrlFollows === true && refersToUnset(base?.written ?? '', env);
  const baseUrl = base && !unset ? readBaseUrl(base, scope) : undefined;
  const defaults = readDefaults(fields.defaults, scope);
  const warmup = fields.warmup && readWarmup(fields.warmup, scope, defaults);
  const release = fields.release && readRelease(fields.release, scope, defaults);
  const { checks, mistakes } = completeNeeds(readList(root, fields, scope, defaults));
  source.mistakes.push(...mistakes);
  if (release && capturesUsed(release).length > 0)
    fields.release?.mistake('uses a capture, but is asked before any check');
  if (warmup && warmup.request.address.captures.length > 0)
    fields.warmup?.mistake('uses a capture, but is asked before any check');
  const requests = [warmup?.request, release?.request, ...checks.map((check) => check.request)];
  return {
    file,
    baseUrl,
    needsBaseUrl: requests.some((request) => request?.address.source.startsWith('/')),
    warmup,
    release,
    checks,
    parallel: fields.parallel?.integer({ min: 1, max: 100 }) ?? DEFAULT_PARALLEL,
    secrets: scope.secrets,
  };
}

/** Checks under way at once: enough to be quick, few enough not to be the load of the day. */
const DEFAULT_PARALLEL = 10;

function readVersion(root: Field, version: Field | undefined): void {
  if (!version) root.mistake('has no `version`; begin it with `version: 1`');
  else if (version.scalar !== 1) version.mistake(`must be 1, found ${version.found()}`);
}

function readList(root: Field, fields: DocumentFields, scope: Scope, defaults: Defaults): Check[] {
  const items = fields.checks ? fields.checks.items() : root.mistake('has no `checks`');
  if (items?.length === 0) fields.checks?.mistake('is empty: a file without checks would always pass');
  return (items ?? []).map((item) => readCheck(item, scope, defaults)).filter((check) => check !== undefined);
}

/** A base address is no secret: it stands in every line of the report. */
function readBaseUrl(field: Field, scope: Scope): string | undefined {
  const source = field.text();
  const text = source === undefined ? undefined : scope.text(field, source, { public: true })?.of(new Map());
  if (text === undefined) return undefined;
  const wrong = wrongBaseUrl(text);
  return wrong ? field.mistake(`${wrong}, found ${field.found()}`) : text.replace(/\/+$/, '');
}

/** True for `${NAME}`, and nothing else, where NAME has no value. */
function refersToUnset(text: string, env: Env): boolean {
  const name = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(text)?.[1];
  return name !== undefined && !env[name];
}

/** What is wrong with a base address; `undefined` where it is one. */
export function wrongBaseUrl(text: string): string | undefined {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return 'must be an address such as https://api.example.com';
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must start with https:// or http://';
  if (url.username || url.password)
    return 'must hold no user and password; send them in an `authorization` header';
  if (url.search || url.hash) return 'must end with its path: no ? and no #';
  return undefined;
}

function readWarmup(field: Field, scope: Scope, defaults: Defaults): Warmup | undefined {
  const fields = field.fields(['path', ...REQUEST_KEYS, 'budget']);
  if (!fields) return undefined;
  const { path, budget, ...request } = fields;
  if (path && request.get) return path.mistake('stands beside `get`, which says the same', 'key');
  const read = readRequest(field, path ? { ...request, get: path } : request, scope, defaults);
  const ms = budget ? readBudget(budget) : DEFAULT_WARMUP;
  return read && ms !== undefined ? { request: read, budget: ms } : undefined;
}

const DEFAULT_WARMUP = 60_000;
const RELEASE_RETRY = { budget: 120_000, consecutive: 3, interval: 500 };

function readRelease(field: Field, scope: Scope, defaults: Defaults): Check | undefined {
  const check = readCheck(field, scope, { ...defaults, retry: RELEASE_RETRY });
  const expect = field.members()?.get('expect')?.members();
  if (!['json', 'headers', 'body', 'sha256'].some((key) => expect?.has(key))) {
    field.mistake(
      'does not say which release must answer; for example `expect: { json: { $.commit: "${GITHUB_SHA}" } }`',
    );
  }
  return check && { ...check, name: 'the release that answers', needs: [] };
}

function mistaken(
  mistakes: readonly Mistake[],
  options: LoadOptions & { readonly file: string },
): ActionError {
  const about = {
    file: options.file,
    input: options.input ?? 'checks',
    title: 'checks file',
    undone: 'no request was made',
    schema: 'schemas/smoke-checks.schema.json',
  };
  return refuseMistakes(mistakes, about, options.log ?? silentLog);
}

/** The short form: each address must answer 2xx. Paths are taken from the base address. */
export function checksOfUrls(urls: readonly string[], options: LoadOptions): Checks {
  const scope = new Scope(options.env);
  const checks = urls.map((url): Check => {
    const wrong = url.startsWith('/') ? undefined : wrongAddress(url);
    if (wrong)
      throw refused({
        input: options.input ?? 'urls',
        what: wrong,
        found: JSON.stringify(url),
        fix: 'write one address or path a line',
      });
    const place = { line: 1, column: 1 };
    return {
      ...place,
      name: `GET ${url}`,
      gate: BUILT_IN.gate,
      tags: [],
      needs: [],
      request: plainGet(url, BUILT_IN),
      retry: BUILT_IN.retry,
      expect: readExpectations(undefined, scope, place).all,
      capture: [],
    };
  });
  const unique = [...new Map(checks.map((check) => [check.name, check])).values()];
  return {
    file: 'urls',
    baseUrl: undefined,
    needsBaseUrl: urls.some((url) => url.startsWith('/')),
    warmup: undefined,
    release: undefined,
    checks: unique,
    parallel: DEFAULT_PARALLEL,
    secrets: scope.secrets,
  };
}

function wrongAddress(text: string): string | undefined {
  try {
    const url = new URL(text);
    if (url.username || url.password) return 'an address must hold no user and password';
    return url.protocol === 'https:' || url.protocol === 'http:'
      ? undefined
      : 'is not an http or https address';
  } catch {
    return 'is neither an address nor a path';
  }
}
