import type { ImageConfig } from '../../image/index.ts';
import {
  immutableTag,
  isPlatform,
  isTag,
  parseRepository,
  type RepositoryRef,
} from '../../image/reference.ts';
import type { RunContext } from '../../runtime/action.ts';
import { refused } from '../../runtime/errors.ts';
import type { Inputs } from '../../runtime/inputs.ts';
import type { action } from './interface.ts';

export interface PushImageConfig extends Omit<ImageConfig, 'source' | 'ghaHere'> {
  readonly repository: RepositoryRef;
  /** Makes the repository where it is not there. */
  readonly createRepository: boolean;
  /** Secrets of the build that were given as values. */
  readonly secretValues: ReadonlyArray<readonly [name: string, value: string]>;
  readonly source:
    | Extract<ImageConfig['source'], { kind: 'context' }>
    | { readonly kind: 'oci-layout'; readonly path: string; readonly platform: string };
}

type PushImageInputs = Inputs<typeof action>;

/** The inputs as one typed configuration; nothing has been looked at but their text. */
export function readInputs(inputs: PushImageInputs, run: RunContext): PushImageConfig {
  const commit = commitOf(inputs, run);
  const tag = immutableTag(commit);
  return {
    repository: repositoryOf(inputs),
    createRepository: inputs.flag('create-repository'),
    secretValues: namedLines(inputs, 'secrets'),
    commit,
    tag,
    moreTags: tagsOf(inputs, tag),
    source: sourceOf(inputs, run, commit),
    push: inputs.flag('push'),
    rebuild: inputs.flag('rebuild'),
    lookUp: inputs.flag('dry-run') && inputs.text('commit') !== '',
    dryRun: inputs.flag('dry-run'),
    scanGate: inputs.choice('scan-gate', ['off', 'critical', 'high']),
    scanTimeout: inputs.duration('scan-timeout'),
  };
}

function commitOf(inputs: PushImageInputs, run: RunContext): string {
  const given = inputs.text('commit');
  const commit = given || run.commit;
  if (/^[0-9a-f]{40,64}$/.test(commit)) return commit;
  throw refused({
    ...(given ? { input: 'commit' } : {}),
    what: 'the commit is not known, and the image is named by it',
    found: given ? JSON.stringify(given) : `GITHUB_SHA is ${JSON.stringify(commit)}`,
    fix: 'run in a GitHub job, or give `commit` as a full SHA',
  });
}

function repositoryOf(inputs: PushImageInputs): RepositoryRef {
  const text = inputs.required('repository');
  const ref = parseRepository(text);
  if (ref) return ref;
  throw refused({
    input: 'repository',
    what: 'is not an ECR repository',
    found: JSON.stringify(text),
    fix: 'write its name (`team/api`: lower case, digits, . _ - /) or its URI without a tag (`123456789012.dkr.ecr.us-west-2.amazonaws.com/team/api`)',
  });
}

function tagsOf(inputs: PushImageInputs, immutable: string): string[] {
  const tags = inputs
    .text('tags')
    .split(/[\n,]/)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  const bad = tags.find((tag) => !isTag(tag));
  if (bad !== undefined) {
    throw refused({
      input: 'tags',
      what: 'has a tag that no registry takes',
      found: JSON.stringify(bad),
      fix: 'a tag has up to 128 of A-Z a-z 0-9 _ . - and starts with none of . -',
    });
  }
  return [...new Set(tags)].filter((tag) => tag !== immutable);
}

function sourceOf(inputs: PushImageInputs, run: RunContext, commit: string): PushImageConfig['source'] {
  const platform = inputs.text('platform');
  if (!isPlatform(platform)) {
    throw refused({
      input: 'platform',
      what: platform.includes(',') ? 'names more than one platform' : 'is not a platform',
      found: JSON.stringify(platform),
      fix: 'write one, like linux/amd64 or linux/arm64: a service runs one, and its digest is then the digest that runs',
    });
  }
  const layout = inputs.text('oci-layout');
  if (layout && !inputs.flag('push')) {
    throw refused({
      input: 'push',
      what: 'is false, and with `oci-layout` there is nothing else to do',
      fix: 'leave one of the two out; `dry-run: true` checks a layout without pushing it',
    });
  }
  if (layout && inputs.flag('rebuild')) {
    throw refused({
      input: 'rebuild',
      what: 'is true, and an `oci-layout` is built already',
      fix: 'leave one of the two out',
    });
  }
  if (layout) return { kind: 'oci-layout', path: layout, platform };
  return {
    kind: 'context',
    engine: inputs.choice('engine', ['auto', 'docker', 'podman', 'buildah']),
    cache: inputs.choice('cache', ['auto', 'gha', 'registry', 'none']),
    spec: {
      context: inputs.required('context'),
      dockerfile: inputs.text('dockerfile'),
      target: inputs.text('target'),
      buildArgs: namedLines(inputs, 'build-args'),
      platform,
      labels: labelsOf(run, commit),
      buildContexts: namedLines(inputs, 'build-contexts'),
      secrets: namedLines(inputs, 'secret-files'),
      ssh: inputs.lines('ssh'),
      fresh: inputs.flag('rebuild'),
    },
  };
}

/** The inputs of `name=value` lines: what a line is, and what to do where one is not. A build's own names have dots and dashes. */
const NAMED_LINES = {
  'build-args': {
    line: /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/,
    what: 'has a line that is not NAME=value',
    fix: 'write one NAME=value a line',
  },
  'build-contexts': {
    line: /^([\w.-]+)=(.+)$/,
    what: 'has a line that is not name=value',
    fix: 'write one name=value a line',
  },
  'secret-files': {
    line: /^([\w.-]+)=(.+)$/,
    what: 'has a line that is not name=value',
    fix: 'write one name=path a line',
  },
  secrets: {
    line: /^([\w.-]+)=(.+)$/,
    what: 'has a line that is not name=value',
    fix: 'write name=value, one a line; a value of several lines goes into a file and `secret-files`',
  },
} as const;

/** The value is not shown where a line is wrong: it may be a secret, also where none belongs. */
function namedLines(
  inputs: PushImageInputs,
  input: keyof typeof NAMED_LINES,
): Array<readonly [name: string, value: string]> {
  const { line: form, what, fix } = NAMED_LINES[input];
  return inputs.lines(input).map((line) => {
    const [, name, value = ''] = form.exec(line) ?? [];
    if (name !== undefined) return [name, value] as const;
    const found = line.includes('=') ? JSON.stringify(line.split('=')[0]) : 'a line without =';
    throw refused({ input, what, found, fix });
  });
}

/** https://github.com/opencontainers/image-spec/blob/main/annotations.md#pre-defined-annotation-keys */
function labelsOf(run: RunContext, commit: string): Array<readonly [string, string]> {
  const labels: Array<readonly [string, string]> = [['org.opencontainers.image.revision', commit]];
  if (run.repository && run.url.includes('/actions/'))
    labels.push(['org.opencontainers.image.source', run.url.slice(0, run.url.indexOf('/actions/'))]);
  return labels;
}

/** Names of build arguments that look like secrets: a build argument stays readable in the image's history. */
export function suspiciousArgs(args: ReadonlyArray<readonly [string, string]>): string[] {
  return args
    .map(([name]) => name)
    .filter((name) =>
      /(^|_)(SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIALS?|PRIVATE_KEY|API_?KEY)(_|$)/i.test(name),
    );
}
