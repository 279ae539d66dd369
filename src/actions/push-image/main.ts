import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { toolkitExec } from '../../image/exec.ts';
import { type ImageConfig, type ImageResult, pushImage } from '../../image/index.ts';
import { localFiles } from '../../image/local-files.ts';
import type { ImagePorts } from '../../image/ports.ts';
import { openRepository } from '../../image/repository.ts';
import type { Action, ActionResult, Job } from '../../runtime/action.ts';
import { refused } from '../../runtime/errors.ts';
import type { Log } from '../../runtime/log.ts';
import type { Outcome } from '../../runtime/outcome.ts';
import { type PushImageConfig, readInputs, suspiciousArgs } from './inputs.ts';
import { action } from './interface.ts';
import { renderSummary } from './summary.ts';

type PushImage = typeof action;

async function main(job: Job<PushImage>): Promise<ActionResult<PushImage>> {
  const started = job.clock.now();
  const { log, clock, signal } = job;
  const read = readInputs(job.inputs, job.run);
  for (const [, value] of read.secretValues) log.mask(value);
  const located = await locate(read, job);
  const scratch = await mkdtemp(join(tmpdir(), 'wwhd-image-'));
  try {
    const config = { ...(await withSecrets(located, read, scratch)), ghaHere: job.run.cacheService ?? false };
    warnOfSecrets(config, log);
    const ports: ImagePorts = {
      exec: toolkitExec(log, job.env, signal),
      files: localFiles(scratch),
      log,
      clock,
      signal,
      onLogin(engine, host) {
        job.saveState('engine', engine);
        job.saveState('registry', host);
      },
    };
    const repository =
      config.push && (await openRepository(read.repository, read.createRepository && !config.dryRun, ports));
    const result = await pushImage(config, repository || undefined, ports);
    return answer(config, result, (job.clock.now() - started) / 1000);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function answer(config: ImageConfig, result: ImageResult, seconds: number): ActionResult<PushImage> {
  const problem = result.scan?.problem;
  const outcome: Outcome = problem
    ? problem.outcome
    : config.dryRun || !config.push
      ? 'planned'
      : result.pushed
        ? 'deployed'
        : 'unchanged';
  return {
    outcome,
    outputs: {
      ...(result.image ? { image: result.image } : {}),
      ...(result.digest ? { digest: result.digest } : {}),
      tag: result.tag,
      pushed: String(result.pushed),
      plan: JSON.stringify(result.plan),
      'duration-seconds': seconds.toFixed(1),
    },
    summary: renderSummary({ outcome, result, seconds }),
    problem: problem?.message,
  };
}

/** Paths made absolute, and proved to be there: a wrong one is the input's fault and not the engine's. */
async function locate(config: PushImageConfig, job: Job<PushImage>): Promise<Omit<ImageConfig, 'ghaHere'>> {
  const at = (path: string) => resolve(job.run.workspace, path);
  const { source } = config;
  if (source.kind === 'oci-layout') {
    const path = at(source.path);
    const kind = await kindOf(path);
    if (kind === undefined) throw missing('oci-layout', path, 'build the image in an earlier step');
    return { ...config, source: { ...source, path, isTar: kind === 'file' } };
  }
  const context = at(source.spec.context);
  if ((await kindOf(context)) !== 'folder')
    throw missing('context', context, 'check out the repository before this step, or correct the path');
  const secrets: Array<readonly [string, string]> = [];
  for (const [name, path] of source.spec.secrets) {
    if ((await kindOf(at(path))) !== 'file') throw missing('secret-files', at(path), 'correct the path');
    secrets.push([name, at(path)]);
  }
  const names = source.spec.dockerfile
    ? [at(source.spec.dockerfile)]
    : [join(context, 'Dockerfile'), join(context, 'Containerfile')];
  for (const dockerfile of names) {
    if ((await kindOf(dockerfile)) === 'file')
      return { ...config, source: { ...source, spec: { ...source.spec, context, dockerfile, secrets } } };
  }
  throw missing('dockerfile', names.join(' or '), 'correct the path, which starts at the workspace');
}

/** The values of secrets in files that only we can read, and that go with the step: an engine reads them from there. */
async function withSecrets(
  config: Omit<ImageConfig, 'ghaHere'>,
  { secretValues }: PushImageConfig,
  scratch: string,
): Promise<Omit<ImageConfig, 'ghaHere'>> {
  const { source } = config;
  if (source.kind !== 'context' || secretValues.length === 0) return config;
  const written = await Promise.all(
    secretValues.map(async ([name, value], index) => {
      const file = join(scratch, `secret-${index}`);
      await writeFile(file, value, { mode: 0o600, flag: 'wx' });
      return [name, file] as const;
    }),
  );
  const secrets = [...source.spec.secrets, ...written];
  return { ...config, source: { ...source, spec: { ...source.spec, secrets } } };
}

async function kindOf(path: string): Promise<'file' | 'folder' | undefined> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'file';
  } catch {
    return undefined;
  }
}

function missing(input: string, path: string, fix: string) {
  return refused({ input, what: 'names nothing that is there', found: path, fix });
}

function warnOfSecrets({ source }: Pick<ImageConfig, 'source'>, log: Log): void {
  const names = source.kind === 'context' ? suspiciousArgs(source.spec.buildArgs) : [];
  if (names.length > 0)
    log.warning(
      `build-args ${names.join(', ')}: build arguments can be read from the image by whoever can pull it; give secrets to the running service by reference instead`,
    );
}

/** docker keeps its login in the user's folder until it is told otherwise. */
async function post(job: Job<PushImage>): Promise<void> {
  const [engine, registry] = [job.state('engine'), job.state('registry')];
  if (engine && registry) await toolkitExec(job.log, job.env)(engine, ['logout', registry], { quiet: true });
}

export const definition: Action<PushImage> = { action, main, post };
