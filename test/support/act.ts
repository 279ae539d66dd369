import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { bundlePath, root } from './dist.ts';

/**
 * What needs github.com or AWS's own OIDC, and so is replaced by a script of a few lines when act runs our workflows.
 * Everything else, our actions, their bundles, every expression, condition and output, is run as it is; checkout is
 * act's own.
 */
const STUBS: Record<string, string> = {
  // The credentials are in the environment already: any are good for the local cloud.
  'aws-actions/configure-aws-credentials': 'echo "aws-account-id=000000000000" >>"$GITHUB_OUTPUT"',
  'actions/setup-node': 'node --version',
  'actions/setup-python': 'python3 --version',
  // GitHub's artifact service is a folder here; a path is a folder, whose hidden files go with it as we ask, or a file.
  'actions/upload-artifact': `mkdir -p "$WWHD_ARTIFACTS/$IN_NAME"
if [ -d "$IN_PATH" ]; then IN_PATH=$IN_PATH/.; fi
cp -r "$IN_PATH" "$WWHD_ARTIFACTS/$IN_NAME/"`,
  'actions/download-artifact': 'mkdir -p "$IN_PATH" && cp -r "$WWHD_ARTIFACTS/$IN_NAME/." "$IN_PATH/"',
};

interface Pinned {
  readonly commit: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

export interface ActRun {
  readonly exitCode: number | null;
  readonly log: string;
  /** Milliseconds. */
  readonly took: number;
  /** The last value of each output that the steps of a job have set; by the job's name. */
  outputs(job: string): Record<string, string>;
  /** `succeeded`, `failed`, or `undefined` where the job did not run. */
  result(job: string): string | undefined;
}

export interface ActHome {
  readonly dir: string;
  /** A repository of its own that calls ours: write files into it, then `commit`. */
  readonly caller: string;
  commit(message: string): string;
  run(event: string, options: ActOptions): Promise<ActRun>;
  clean(): void;
}

export interface ActOptions {
  readonly workflow: string;
  readonly env: Readonly<Record<string, string>>;
  readonly vars?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
  /** The event's payload. */
  readonly payload?: unknown;
}

/** A caller's repository, and ours as it would be at `@v1`, for act to run one from the other. */
export function actHome(): ActHome {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-act-'));
  const caller = join(dir, 'caller');
  mkdirSync(join(caller, '.github/workflows'), { recursive: true });
  const ours = copyOfOurs(join(dir, 'wwhd-deploy'));
  const stubs = writeStubs(join(dir, 'stubs'));
  mkdirSync(join(dir, 'artifacts'));
  const git = (...args: string[]) => {
    const done = spawnSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
      cwd: caller,
      encoding: 'utf8',
    });
    if (done.status !== 0) throw new Error(`git ${args.join(' ')}: ${done.stderr}`);
    return done.stdout.trim();
  };
  git('init', '--quiet', '--initial-branch=main');
  git('remote', 'add', 'origin', 'https://github.com/org/app.git');
  return {
    dir,
    caller,
    commit(message) {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD');
    },
    run: (event, options) => runAct(dir, [`org/wwhd-deploy@v1=${ours}`, ...stubs], event, options),
    clean: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/**
 * The parts of this repository that a caller's run reads, in the form that act knows: it has no `$/`, and its schema no
 * `deployment:` of an environment (GitHub, March 2026), which changes nothing of what runs.
 */
function copyOfOurs(to: string): string {
  for (const part of ['actions', '.github/actions', '.github/workflows'])
    cpSync(join(root, part), join(to, part), { recursive: true });
  cpSync(dirname(bundlePath('x')), join(to, 'dist'), { recursive: true });
  const files = readdirSync(to, { recursive: true, encoding: 'utf8' });
  for (const name of files.filter((f) => /\.ya?ml$/.test(f) && !f.startsWith('dist'))) {
    const path = join(to, name);
    const text = readFileSync(path, 'utf8');
    const known = text
      .replaceAll(/uses: \$\/(\S+)/g, 'uses: org/wwhd-deploy/$1@v1')
      .replaceAll(/^ +deployment: .*\n/gm, '');
    writeFileSync(path, known);
  }
  return to;
}

function writeStubs(dir: string): string[] {
  const pinned = JSON.parse(readFileSync(join(root, 'test/contract/third-party.json'), 'utf8')) as Record<
    string,
    Pinned
  >;
  return Object.entries(STUBS).map(([name, script]) => {
    const { commit, inputs, outputs } = pinned[name] as Pinned;
    const folder = join(dir, name.replace('/', '+'));
    mkdirSync(folder, { recursive: true });
    const action = {
      name,
      inputs: Object.fromEntries(inputs.map((input) => [input, { default: '' }])),
      outputs: Object.fromEntries(
        outputs.map((output) => [output, { value: `\${{ steps.stub.outputs.${output} }}` }]),
      ),
      runs: {
        using: 'composite',
        steps: [
          {
            id: 'stub',
            shell: 'bash',
            env: { IN_NAME: '${{ inputs.name }}', IN_PATH: '${{ inputs.path }}' },
            run: script,
          },
        ],
      },
    };
    writeFileSync(join(folder, 'action.yml'), JSON.stringify(action));
    return `${name}@${commit}=${folder}`;
  });
}

async function runAct(
  dir: string,
  repositories: string[],
  event: string,
  options: ActOptions,
): Promise<ActRun> {
  const pairs = (flag: string, of: Readonly<Record<string, string>> = {}) =>
    Object.entries(of).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const payload = join(dir, 'event.json');
  writeFileSync(payload, JSON.stringify({ ...(options.payload as object), inputs: options.inputs }));
  const args = [
    event,
    ...['--workflows', join(dir, 'caller', options.workflow)],
    ...['--directory', join(dir, 'caller')],
    ...['--platform', 'ubuntu-latest=-self-hosted'],
    ...['--action-cache-path', join(dir, 'cache')],
    ...['--eventpath', payload],
    ...repositories.flatMap((repository) => ['--local-repository', repository]),
    ...pairs('--var', options.vars),
    ...pairs('--secret', options.secrets),
    ...pairs('--input', options.inputs),
    ...pairs('--env', { WWHD_ARTIFACTS: join(dir, 'artifacts'), ...options.env }),
  ];
  const started = Date.now();
  const child = spawn('act', args, {
    // Whatever act would read from its user's settings is not there.
    env: { PATH: process.env['PATH'] ?? '', HOME: join(dir, 'home'), XDG_CONFIG_HOME: join(dir, 'home') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => said.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => said.push(chunk));
  const exitCode = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return readRun(exitCode, Buffer.concat(said).toString(), Date.now() - started);
}

/** act's lines are `[caller/workflow/Job name   ] …`. */
function readRun(exitCode: number | null, log: string, took: number): ActRun {
  const linesOf = (job: string) =>
    log.split('\n').filter((line) => /^\[([^\]]*)\]/.exec(line)?.[1]?.trim().endsWith(`/${job}`));
  return {
    exitCode,
    log,
    took,
    outputs: (job) =>
      Object.fromEntries(
        linesOf(job).flatMap((line) => {
          const match = /::set-output:: ([\w-]+)=(.*)$/.exec(line);
          return match ? [[match[1] ?? '', match[2] ?? '']] : [];
        }),
      ),
    result: (job) => /Job (succeeded|failed)/.exec(linesOf(job).join('\n'))?.[1],
  };
}
