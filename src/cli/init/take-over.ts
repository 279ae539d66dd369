import { posix } from 'node:path';
import { parse } from 'yaml';
import type { Repository } from './found.ts';

/** What the workflows of before say of the account and of the site. A value may be `${NAME}`, a variable of GitHub's. */
export interface TakenOver {
  region?: string;
  role?: string;
  /** Names of ECR repositories. */
  readonly repositories: string[];
  readonly services: ServiceBefore[];
  readonly sites: SiteBefore[];
  readonly distributions: string[];
  /** Files that said something. */
  readonly files: string[];
}
export interface ServiceBefore {
  readonly service: string;
  readonly cluster?: string | undefined;
  readonly container?: string | undefined;
}
export interface SiteBefore {
  /** Folder that was synchronised, from the root. */
  readonly source: string;
  readonly bucket: string;
  readonly prefix: string;
  readonly exclude: readonly string[];
  readonly cacheControl: string | undefined;
  readonly acl: string | undefined;
}

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, unknown>;
  'working-directory'?: string;
}
interface Workflow {
  env?: Record<string, unknown>;
  defaults?: { run?: { 'working-directory'?: string } };
  jobs?: Record<string, { env?: Record<string, unknown>; defaults?: Workflow['defaults']; steps?: Step[] }>;
}

/** Reads the repository's workflows: what actions of AWS's, `aws s3 sync` and their like were given. */
export function takeOver(repository: Repository): TakenOver {
  const found: TakenOver = { repositories: [], services: [], sites: [], distributions: [], files: [] };
  for (const path of repository.files) {
    if (!/^\.github\/workflows\/[^/]+\.ya?ml$/.test(path)) continue;
    const before = JSON.stringify(found);
    readWorkflow(parsed(repository.read(path) ?? ''), found);
    if (JSON.stringify(found) !== before) found.files.push(path);
  }
  return found;
}

function parsed(text: string): Workflow {
  try {
    return (parse(text, { maxAliasCount: 100 }) ?? {}) as Workflow;
  } catch {
    return {};
  }
}

function readWorkflow(workflow: Workflow, found: TakenOver): void {
  for (const job of Object.values(workflow.jobs ?? {})) {
    for (const step of Array.isArray(job?.steps) ? job.steps : []) {
      const names = namesOf({ ...workflow.env, ...job.env, ...step?.env });
      if (typeof step?.uses === 'string') readUses(step.uses, step.with ?? {}, names, found);
      const folder =
        step?.['working-directory'] ??
        job.defaults?.run?.['working-directory'] ??
        workflow.defaults?.run?.['working-directory'] ??
        '.';
      if (typeof step?.run === 'string') readRun(step.run, folder, names, found);
    }
  }
}

type Names = ReadonlyMap<string, string>;
const namesOf = (env: Record<string, unknown>): Names =>
  new Map(
    Object.entries(env).flatMap(([name, value]) => (value === null ? [] : [[name, String(value)] as const])),
  );

/**
 * A value without GitHub's and the shell's own way to write variables: `env.X` and `$X` are looked up, `vars.X` becomes
 * `${X}`. `undefined` where something else is in it, such as a secret or the output of a step.
 */
function resolved(value: unknown, names: Names, depth = 0): string | undefined {
  if (value === undefined || value === null || depth > 5) return undefined;
  let whole = true;
  const text = String(value).replaceAll(
    /\$\{\{\s*(env|vars|secrets)\.([\w-]+)\s*\}\}|\$\{\{.*?\}\}|\$\{(\w+)\}|\$(\w+)/g,
    (_all, context: string | undefined, name: string | undefined, braced?: string, bare?: string) => {
      if (context === 'vars') return `\${${name}}`;
      const known = names.get((context === 'env' ? name : (braced ?? bare)) ?? '');
      const inner = context === 'secrets' ? undefined : resolved(known, names, depth + 1);
      if (inner === undefined) whole = false;
      return inner ?? '';
    },
  );
  return whole && text.trim() !== '' ? text.trim() : undefined;
}

function readUses(uses: string, given: Record<string, unknown>, names: Names, found: TakenOver): void {
  const [, owner = '', action = ''] = /^([\w-]+)\/([\w.-]+)(?:\/[^@]*)?@/.exec(uses) ?? [];
  if (owner !== 'aws-actions' && owner !== 'awslabs') return;
  const value = (name: string) => resolved(given[name], names);
  if (action === 'configure-aws-credentials') {
    found.region ??= value('aws-region') ?? '';
    found.role ??= value('role-to-assume') ?? '';
    if (!found.region) delete found.region;
    if (!found.role) delete found.role;
  }
  const service = value('service') ?? value('service-name') ?? value('service-arn');
  if (/^amazon-(ecs-deploy|app-runner-deploy)/.test(action) && service)
    addService(found, { service, cluster: value('cluster') });
  const repository = /^(?:[\w.-]+\/)?([\w./-]+?)(?:[:@].*)?$/.exec(value('image') ?? '')?.[1];
  if (repository && /^amazon-(ecs-render|app-runner)/.test(action)) add(found.repositories, repository);
}

const add = (list: string[], value: string | undefined) => {
  if (value && !list.includes(value)) list.push(value);
};
function addService(found: TakenOver, service: ServiceBefore): void {
  if (!found.services.some((one) => one.service === service.service)) found.services.push(service);
}

function readRun(script: string, folder: string, names: Names, found: TakenOver): void {
  let here = folder;
  const compact = script.replaceAll(/\\\r?\n/g, ' ').replaceAll(/\$\{\{\s*(.*?)\s*\}\}/g, '${{$1}}');
  const lines = compact.split(/\r?\n|&&|;/);
  for (const line of lines) {
    const words = (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) =>
      word.replace(/^(["'])(.*)\1$/, '$2'),
    );
    if (words[0] === 'cd' && words[1]) here = posix.join(here, words[1]);
    const [service, verb, ...rest] = awsWords(words);
    if (service === 's3' && verb === 'sync') readSync(rest, here, names, found);
    const flag = (name: string) => resolved(flagOf(rest, name), names);
    if (service === 'cloudfront' && verb === 'create-invalidation')
      add(found.distributions, flag('--distribution-id'));
    const arn = flag('--service-arn');
    if (service === 'apprunner' && arn) addService(found, { service: arn });
    const name = flag('--service');
    if (service === 'ecs' && verb === 'update-service' && name)
      addService(found, { service: name, cluster: flag('--cluster') });
    readImage(words, names, found);
  }
  add(found.repositories, resolved(names.get('ECR_REPOSITORY') ?? names.get('REPOSITORY_NAME'), names));
}

/** What follows `aws` and the flags that it takes before the service. */
function awsWords(words: readonly string[]): readonly string[] {
  const at = words.indexOf('aws');
  if (at < 0) return [];
  let from = at + 1;
  while (words[from]?.startsWith('--'))
    from += words[from]?.includes('=') || ALONE.test(words[from] ?? '') ? 1 : 2;
  return words.slice(from);
}

/** `docker build -t registry/repository:tag` and `docker push`. The registry may be what a step before has answered. */
function readImage(words: readonly string[], names: Names, found: TakenOver): void {
  if (words[0] !== 'docker') return;
  for (const word of words) {
    const match = /(?:\.dkr\.ecr\.[\w.-]+|\$\{?(?:ECR_)?REGISTRY\}?)\/([^:@\s]+)/.exec(word);
    add(found.repositories, resolved(match?.[1], names));
  }
}

function flagOf(words: readonly string[], name: string): string | undefined {
  const at = words.findIndex((word) => word === name || word.startsWith(`${name}=`));
  if (at < 0) return undefined;
  return words[at]?.includes('=') ? words[at]?.slice(name.length + 1) : words[at + 1];
}

/** https://docs.aws.amazon.com/cli/latest/reference/s3/sync.html */
function readSync(words: readonly string[], folder: string, names: Names, found: TakenOver): void {
  const [from, to] = words.filter((word, i) => !word.startsWith('--') && !isValue(words[i - 1]));
  const target = resolved(to, names);
  const source = resolved(from, names);
  const match = /^s3:\/\/([^/]+)\/?(.*?)\/?$/.exec(target ?? '');
  if (!match?.[1] || source === undefined || source.startsWith('s3://')) return;
  const exclude = words.flatMap((word, i) =>
    word === '--exclude' ? (resolved(words[i + 1], names) ?? []) : [],
  );
  // `--exclude "*" --include …` chooses what one of several commands is about.
  const globs = exclude.includes('*') ? [] : exclude.map(globOf);
  const site: SiteBefore = {
    source: posix.join(folder, source).replace(/\/$/, ''),
    bucket: match[1],
    prefix: match[2] ?? '',
    exclude: globs,
    cacheControl: resolved(flagOf(words, '--cache-control'), names),
    acl: resolved(flagOf(words, '--acl'), names),
  };
  const at = found.sites.findIndex((one) => one.bucket === site.bucket && one.prefix === site.prefix);
  const before = found.sites[at];
  // Several commands for one place give its files several headers: our own rules know which file is which.
  if (before) found.sites[at] = { ...before, cacheControl: undefined };
  else found.sites.push(site);
}

/** A pattern of the AWS CLI, whose `*` passes `/`, as a glob. */
const globOf = (pattern: string) =>
  pattern.includes('/') ? pattern.replace(/\/\*$/, '/**') : `**/${pattern}`;

/** Flags of `aws` and `aws s3 sync` that stand alone; after any other a value follows. */
const ALONE =
  /^--(debug|no-cli-pager|no-sign-request|no-paginate|delete|dryrun|quiet|only-show-errors|size-only|exact-timestamps|no-progress|follow-symlinks|no-follow-symlinks)$/;
const isValue = (before: string | undefined) =>
  before?.startsWith('--') === true && !before.includes('=') && !ALONE.test(before);
