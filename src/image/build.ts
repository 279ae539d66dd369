import { join } from 'node:path';
import { type ActionError, failed } from '../runtime/errors.ts';
import { buildx } from './engines/docker.ts';
import type { BuildRequest, Command, Engine } from './engines/engine.ts';
import type { Credentials, ImagePorts } from './ports.ts';

/**
 * Builds, and pushes where that is asked for, with an engine that is logged in.
 * @returns the digest that the engine says it pushed; `undefined` where it says none
 */
export async function buildImage(
  engine: Engine,
  request: Omit<BuildRequest, 'builder' | 'scratch'>,
  ports: ImagePorts,
): Promise<string | undefined> {
  const { files, log } = ports;
  const builder = await ownBuilder(engine, request.cache, ports);
  try {
    const commands = engine.build({ ...request, scratch: files.scratch, builder });
    for (const command of commands) await log.group(titleOf(command), () => run(command, ports));
  } finally {
    if (builder) await ports.exec('docker', ['buildx', 'rm', '--force', builder], { quiet: true });
  }
  const file = join(files.scratch, engine.digestFile);
  if (!request.push || !engine.digestFile || !(await files.exists(file))) return undefined;
  return engine.readDigest(await files.readText(file));
}

/** Logs in with the password over standard input: the arguments of a program can be read by all others. */
export async function login(
  engine: Engine,
  host: string,
  credentials: Credentials,
  insecure: boolean,
  ports: ImagePorts,
): Promise<void> {
  const args = engine.login(host, credentials.username, insecure);
  const { code, stderr } = await ports.exec(engine.name, args, { input: credentials.password, quiet: true });
  if (code === 0) return;
  throw failed({
    what: `${engine.name} could not log in to ${host}`,
    found: stderr.trim().split('\n').at(-1) ?? `exit code ${code}`,
    fix: 'check that this machine reaches the registry, and that its clock is right',
  });
}

/**
 * The builder of docker's own engine exports no cache, so a cache needs a builder in a container; one is made for this
 * build and goes with it. A builder that the job has set up (docker/setup-buildx-action) is used as it is.
 */
async function ownBuilder(engine: Engine, cache: string, { exec }: ImagePorts): Promise<string | undefined> {
  if (engine !== buildx || cache === 'none') return undefined;
  const { stdout } = await exec('docker', ['buildx', 'inspect'], { quiet: true });
  if (!/^Driver:\s+docker\s*$/m.test(stdout)) return undefined;
  const name = `wwhd-deploy-${process.pid}`;
  const args = ['buildx', 'create', '--name', name, '--driver', 'docker-container'];
  const { code, stderr } = await exec('docker', args, { quiet: true });
  if (code === 0) return name;
  throw failed({
    input: 'cache',
    what: 'a builder that can export a cache could not be made',
    found: stderr.trim().split('\n').at(-1),
    fix: 'run docker/setup-buildx-action before this step, or set `cache: none`',
  });
}

/** The program and its sub-commands, without the options. */
const titleOf = ({ command, args }: Command): string =>
  [
    command,
    ...args.slice(
      0,
      args.findIndex((arg) => arg.startsWith('-')),
    ),
  ].join(' ');

async function run(command: Command, ports: ImagePorts): Promise<void> {
  const { code, stdout, stderr } = await ports.exec(command.command, command.args);
  ports.signal.throwIfAborted();
  if (code !== 0) throw buildFailure(command, code, `${stdout}\n${stderr}`);
}

function buildFailure({ command, args }: Command, code: number, output: string): ActionError {
  const lines = output
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '');
  return failed({
    what: `\`${titleOf({ command, args })}\` ended with ${code}`,
    found: lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? 'no output',
    details: lines.slice(-8),
    fix: 'the whole output is in the group above; the same command fails the same way on a laptop',
  });
}
