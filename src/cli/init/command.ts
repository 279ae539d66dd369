import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { RELEASE_FILES } from '../../release/file/index.ts';
import { checkEnvironment } from '../../release/id.ts';
import { refused } from '../../runtime/errors.ts';
import type { Here, LocalCommand, LocalResult } from '../local-command.ts';
import { type Account, hasBucket, lookAtAccount, NO_ACCOUNT } from './account.ts';
import { CHECKS_FILE, checksText } from './checks-file.ts';
import { hasCredentials, repositoryIn } from './disk.ts';
import { type Draft, draftOf, type Given } from './draft.ts';
import type { Repository } from './found.ts';
import { type Missing, missingFor } from './missing.ts';
import { askForMissing } from './questions.ts';
import { releaseFileText } from './release-file.ts';
import { findParts } from './repository.ts';
import { type TakenOver, takeOver } from './take-over.ts';
import { deployWorkflow, rollbackWorkflow } from './workflows.ts';

const input = (description: string, standard = '') => ({ required: false, default: standard, description });
const several = 'Of the only part of its kind; `part=value`, several times, where there are more.';

export const init: LocalCommand = {
  action: {
    name: 'init',
    inputs: {
      environment: input('The environment that the workflows deploy to.', 'production'),
      region: input('AWS region.'),
      'role-to-assume': input('ARN of the role that the workflows assume by OIDC.'),
      'release-bucket': input(
        'S3 bucket of the ledger and of the backup. Default is `<bucket>-backup` of the first site.',
      ),
      service: input(`ARN of the service. ${several}`),
      repository: input(`ECR repository. ${several}`),
      bucket: input(`S3 bucket of the site. ${several}`),
      distribution: input(`CloudFront distribution of the site. ${several}`),
      branch: input('The branch whose pushes are deployed.', 'main'),
      offline: input('Asks no account, also where there are credentials.', 'false'),
      'dry-run': input('Says what would be written, and writes nothing.', 'false'),
    },
    outputs: {},
  },
  about: 'writes wwhd-deploy.yml, workflows and checks from what the repository and the account have',
  positional: [],
  repeatable: ['service', 'repository', 'bucket', 'distribution'],
  example: 'wwhd-deploy init --service api=arn:aws:ecs:… --bucket my-site --distribution E1ABCDEF',
  run: ({ inputs }, here) => run(inputs, here),
};

async function run(inputs: Readonly<Record<string, string>>, here: Here): Promise<LocalResult> {
  const repository = await repositoryIn(here.cwd);
  const before = takeOver(repository);
  const found = findParts(repository);
  if (found.length === 0) throw nothingFound(here.cwd);
  const offline = inputs['offline'] === 'true' || !hasCredentials(here.env);
  const aws = offline ? undefined : await openReader(inputs['region'] || before.region);
  try {
    const account = aws ? await lookAtAccount(aws) : NO_ACCOUNT;
    const draft = await completeDraft({ found, given: givenBy(inputs), before, account }, here);
    const bucket = draft.releaseBucket;
    const releaseBucket = aws && bucket && account.region ? await hasBucket(aws, bucket) : undefined;
    const { files, unknown } = filesOf(draft, repository, inputs['branch'] || 'main');
    const missing = missingFor(draft, unknown, { account, releaseBucket });
    const written = inputs['dry-run'] === 'true' ? files.map((file) => file.path) : write(files, here.cwd);
    return answer({ files, written, missing, before, dryRun: inputs['dry-run'] === 'true' });
  } finally {
    aws?.close();
  }
}

const nothingFound = (cwd: string) =>
  refused({
    what: 'there is nothing here that could be deployed: no Dockerfile, and no site that is known',
    found: `the folder ${cwd}`,
    fix: 'run it at the root of the repository, or write wwhd-deploy.yml by hand: docs/release-file.md has an example',
  });

/** The AWS clients are loaded only where somebody may ask. A short patience: what does not answer is not there. */
async function openReader(region: string | undefined) {
  const [{ awsReader }, { systemClock }] = await Promise.all([
    import('../../aws/reader.ts'),
    import('../../runtime/clock.ts'),
  ]);
  const literal = region?.includes('$') ? undefined : region;
  return awsReader({ region: literal, attempts: 2, timeout: 5000 }, systemClock);
}

function givenBy(inputs: Readonly<Record<string, string>>): Given {
  const lines = (name: string) => (inputs[name] ?? '').split('\n').filter(Boolean);
  return {
    environment: checkEnvironment(inputs['environment'] || 'production'),
    region: inputs['region'] ?? '',
    role: inputs['role-to-assume'] ?? '',
    releaseBucket: inputs['release-bucket'] ?? '',
    services: lines('service'),
    repositories: lines('repository'),
    buckets: lines('bucket'),
    distributions: lines('distribution'),
  };
}

interface Known {
  readonly found: Parameters<typeof draftOf>[0];
  readonly given: Given;
  readonly before: TakenOver;
  readonly account: Account;
}

/** The draft from all that is known; in a terminal a person is asked for the rest. */
async function completeDraft({ found, given, before, account }: Known, here: Here): Promise<Draft> {
  const draft = draftOf(found, given, before, account);
  if (!here.ask) return draft;
  const answers = await askForMissing(draft, given, account, here.ask);
  return draftOf(found, answers, before, account);
}

interface NewFile {
  readonly path: string;
  readonly text: string;
}

/** The files that a repository of these parts wants. Where one of its name is there it is kept. */
function filesOf(draft: Draft, repository: Repository, branch: string) {
  const checks = checksText(draft);
  const { text, unknown } = releaseFileText(draft, checks === undefined ? undefined : CHECKS_FILE);
  const there = RELEASE_FILES.find((path) => repository.files.includes(path));
  // A workflow of that name is the one of before: the new one stands beside it until a person has seen both.
  const deploy = repository.files.includes(DEPLOY) ? BESIDE : DEPLOY;
  const files: NewFile[] = [
    { path: there ?? RELEASE_FILES[0], text },
    ...(checks === undefined ? [] : [{ path: CHECKS_FILE, text: checks }]),
    { path: deploy, text: deployWorkflow(draft, branch) },
    { path: '.github/workflows/rollback.yml', text: rollbackWorkflow(draft) },
  ];
  return { files, unknown };
}

const DEPLOY = '.github/workflows/deploy.yml';
const BESIDE = '.github/workflows/wwhd-deploy.yml';

/** Writes what is not there yet. @returns the paths that were written */
function write(files: readonly NewFile[], cwd: string): string[] {
  return files.flatMap(({ path, text }) => {
    const full = join(cwd, path);
    if (existsSync(full)) return [];
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, text, { flag: 'wx' });
    return [path];
  });
}

function answer(what: {
  readonly files: readonly NewFile[];
  readonly written: readonly string[];
  readonly missing: readonly Missing[];
  readonly before: TakenOver;
  readonly dryRun: boolean;
}): LocalResult {
  const { files, written, missing, before, dryRun } = what;
  const kept = files.map(({ path }) => path).filter((path) => !written.includes(path));
  const lines = [
    ...(dryRun
      ? files.flatMap(({ path, text }) => [`--- ${path}`, text])
      : written.map((path) => `wrote ${path}`)),
    ...kept.map((path) => `kept ${path}, which was there`),
    ...before.files.map((path) => `took over what ${path} says: remove it once the new workflow has run`),
    ...(missing.length > 0 ? ['', 'Still missing:'] : []),
    ...missing.map(({ what: name, command }) => `  ${name}${command ? `\n    ${command}` : ''}`),
    '',
    'Next: look at wwhd-deploy.yml, then `wwhd-deploy check-config`.',
  ];
  const document = {
    outcome: dryRun ? 'planned' : 'passed',
    written,
    kept,
    missing,
    ...(dryRun ? { files } : {}),
  };
  return { exitCode: 0, text: lines.join('\n'), document };
}
