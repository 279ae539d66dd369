import { loadReleaseFile, type PartConfig, type ReleaseConfig } from '../../release/file/index.ts';
import { checkEnvironment, checkReleaseId } from '../../release/id.ts';
import type { Job } from '../../runtime/action.ts';
import { parseDuration } from '../../runtime/duration.ts';
import { refused } from '../../runtime/errors.ts';
import { type ActionInterface, type InputName, Inputs } from '../../runtime/inputs.ts';
import { readBucket } from '../../runtime/places.ts';
import { action as deployBackend } from '../deploy-backend/interface.ts';
import { action as deployFrontend } from '../deploy-frontend/interface.ts';
import { PART_KINDS } from '../part-kinds.ts';
import type { action } from './interface.ts';

type DeployJob = Job<typeof action>;

export interface DeployConfig {
  readonly environment: string;
  readonly releaseBucket: string;
  /** '' where the default is wanted. */
  readonly releaseId: string;
  readonly file: ReleaseConfig;
  readonly parts: readonly PartInputs[];
  readonly dryRun: boolean;
  readonly rollbackOnFailure: boolean;
  /** Path of the checks of the release as a whole, as it was given. */
  readonly smokeChecks: string;
  readonly allowOlder: boolean;
  readonly historyPage: boolean;
  readonly token: string;
  /** Milliseconds. */
  readonly waitTimeout: number;
  readonly lockTimeout: number;
}

/** A part, as the action that deploys it alone takes it. */
export type PartInputs = { readonly name: string } & (
  | { readonly kind: 'service'; readonly inputs: Inputs<typeof deployBackend> }
  | { readonly kind: 'site'; readonly inputs: Inputs<typeof deployFrontend> }
);

/** Inputs that mean the same for the release and for each of its parts. */
const SHARED = [
  'wait-timeout',
  'lock-timeout',
  'job-timeout',
  'rollback-on-failure',
  'verify-headers',
] as const;

/** The inputs of the step, and what the release file says where they say nothing. @throws ActionError `refused`. */
export async function readDeploy(job: DeployJob): Promise<DeployConfig> {
  const { inputs, log, run, env } = job;
  const environment = checkEnvironment(inputs.required('environment'));
  const releaseId = inputs.text('release-id');
  const file = await loadReleaseFile({
    path: inputs.text('config'),
    workspace: run.workspace,
    environment,
    variables: readVariables(inputs.text('variables')),
    env,
    kinds: PART_KINDS,
    log,
  });
  const said = (name: InputName<typeof action>, fallback = '') =>
    inputs.text(name) || file.inputs[name] || fallback;
  return {
    environment,
    releaseBucket: releaseBucketOf(said('release-bucket')),
    releaseId: releaseId && checkReleaseId(releaseId),
    file,
    parts: readParts(job, file),
    dryRun: inputs.flag('dry-run'),
    rollbackOnFailure: said('rollback-on-failure', 'true') === 'true',
    smokeChecks: said('smoke-checks'),
    allowOlder: inputs.flag('allow-older-commit'),
    historyPage: said('history-page') === 'true',
    token: inputs.text('github-token'),
    waitTimeout: duration('wait-timeout', said('wait-timeout', '20m')),
    lockTimeout: duration('lock-timeout', said('lock-timeout', '10m')),
  };
}

function duration(input: string, text: string): number {
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined) return milliseconds;
  const fix = 'write it like 500ms, 90s, 20m or 1h30m';
  throw refused({ input, what: 'is not a duration', found: JSON.stringify(text), fix });
}

function releaseBucketOf(text: string): string {
  const bucket = readBucket(text, 'release-bucket');
  if (bucket !== '') return bucket;
  throw refused({
    input: 'release-bucket',
    what: 'a release needs a release bucket: without one there is no lock, no record and no way back',
    fix: 'give `release-bucket` in the release file, or as an input',
  });
}

/**
 * What `${NAME}` stands for: a JSON object, as workflows give it, or `NAME=value` lines, as a command line does.
 * @throws ActionError `refused`. What is in it may be private: values are not shown.
 */
export function readVariables(text: string): Record<string, string> {
  const variables = text.startsWith('{') ? fromJson(text) : fromLines(text);
  const foreign = Object.entries(variables).find(([, one]) => typeof one !== 'string');
  if (foreign) throw notVariables(`the value of ${JSON.stringify(foreign[0])} is no text`);
  return variables as Record<string, string>;
}

const notVariables = (found: string) =>
  refused({
    input: 'variables',
    what: 'is neither a JSON object of texts nor NAME=value lines',
    found,
    fix: 'give it `${{ toJSON(vars) }}`; from a terminal, --var NAME=value',
  });

function fromJson(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    throw notVariables('it begins as JSON and is none');
  }
}

function fromLines(text: string): Record<string, unknown> {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const pairs = lines.map((line, i) => {
    const [, name, value] = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/.exec(line.trim()) ?? [];
    if (name === undefined) throw notVariables(`line ${i + 1} (its text is not shown)`);
    return [name, value];
  });
  return Object.fromEntries(pairs);
}

function readParts({ inputs }: DeployJob, file: ReleaseConfig): PartInputs[] {
  const images = readPairs(inputs.lines('images'), 'images', servicesOf(file));
  const sites = readPairs(inputs.lines('sites'), 'sites', namesOf(file, 'site'));
  const given = Object.fromEntries(
    SHARED.flatMap((name) => (inputs.text(name) ? [[name, inputs.text(name)]] : [])),
  );
  return file.parts.map((part) => {
    refuseOwnRole(part, file);
    const { name } = part;
    const settings = { ...part.inputs, ...given };
    if (part.kind === 'service') {
      const image = imageOf(part, file, images);
      return { name, kind: 'service', inputs: inputsOf(deployBackend, { ...settings, ...image }) };
    }
    const source = sites.get(name);
    return {
      name,
      kind: 'site',
      inputs: inputsOf(deployFrontend, source ? { ...settings, source } : settings),
    };
  });
}

const inputsOf = <A extends ActionInterface>(of: A, texts: Readonly<Record<string, string>>) =>
  new Inputs(of, (name) => texts[name] ?? '');

const namesOf = (file: ReleaseConfig, kind: PartConfig['kind']) =>
  file.parts.filter((part) => part.kind === kind).map(({ name }) => name);

/** Names that a line of `images` may begin with. */
const servicesOf = (file: ReleaseConfig) =>
  file.parts.flatMap((part) =>
    part.kind === 'service'
      ? [
          part.name,
          ...[...part.images.keys()].filter(Boolean).map((container) => `${part.name}/${container}`),
        ]
      : [],
  );

function readPairs(
  lines: readonly string[],
  input: string,
  names: readonly string[],
): ReadonlyMap<string, string> {
  const pairs = new Map<string, string>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^=\s]+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (!names.includes(name) || value === '') {
      throw refused({
        input,
        what: names.includes(name)
          ? 'has a line without a value'
          : 'has a line that names no part of its kind in this environment',
        found: line,
        fix: `write name=value lines; the names are ${names.join(', ') || 'none'}`,
      });
    }
    pairs.set(name, value);
  }
  return pairs;
}

type Service = Extract<PartConfig, { kind: 'service' }>;

/** The image of a service, and the containers that get it. */
function imageOf(
  part: Service,
  file: ReleaseConfig,
  built: ReadonlyMap<string, string>,
): Record<string, string> {
  const [first, ...more] = [...part.images];
  if (!first || more.length > 0) {
    throw refused({
      input: 'config',
      what: `part ${part.name} has ${part.images.size} images, and a service takes one`,
      found: [...part.images.keys()].join(', '),
      fix: 'give the part one `image`; name the containers that get it in `container`',
    });
  }
  const [container] = first;
  const image = referenceOf(part, container, file, built);
  return container ? { image, container } : { image };
}

function referenceOf(
  part: Service,
  container: string,
  file: ReleaseConfig,
  built: ReadonlyMap<string, string>,
): string {
  const source = part.images.get(container);
  const given = built.get(`${part.name}/${container}`) ?? built.get(part.name);
  if (given) return given;
  if (source?.kind === 'reference') return source.reference;
  if (source?.kind === 'from') {
    const other = file.parts.find(({ name }) => name === source.part);
    if (other?.kind === 'service') return referenceOf(other, source.container, file, built);
  }
  throw refused({
    input: 'images',
    what: `the image of part ${part.name} is built before it is deployed, and nobody says which one was made`,
    fix: `give \`images: ${part.name}=…\`, the output \`image\` of push-image; or a \`reference\` in the release file`,
  });
}

/** Credentials are the job's own: another role is not assumed, and another region of its own is not gone to. */
function refuseOwnRole(part: PartConfig, file: ReleaseConfig): void {
  const own = [
    ...(part.role !== file.role ? ['role-to-assume'] : []),
    ...(part.kind === 'site' && part.region !== file.region ? ['region'] : []),
  ];
  if (own.length === 0) return;
  throw refused({
    input: 'config',
    what: `part ${part.name} has a ${own.join(' and a ')} of its own, and a release is deployed with the credentials of its job`,
    found: `${part.role ?? ''} ${part.region ?? ''}`.trim(),
    fix: 'let the role of the job change all parts; or deploy this part in a job of its own',
  });
}
