import { refused } from '../../runtime/errors.ts';
import type { ImagePorts } from '../ports.ts';
import { buildx, classicDocker } from './docker.ts';
import type { Cache, Engine, EngineName } from './engine.ts';
import { buildah, podman } from './libpod.ts';

/** In the order in which `auto` asks them. */
const ENGINES: readonly Engine[] = [buildx, classicDocker, podman, buildah];

/**
 * The engine that builds: the named one, or the first that answers.
 * @throws ActionError `refused` with what each of them said.
 */
export async function chooseEngine(
  wanted: EngineName | 'auto',
  { exec, log }: Pick<ImagePorts, 'exec' | 'log'>,
): Promise<Engine> {
  const said: string[] = [];
  for (const engine of ENGINES.filter((e) => wanted === 'auto' || e.name === wanted)) {
    // buildx answers although its daemon is down; the daemon is what builds.
    const probes = engine === buildx ? [classicDocker.probe, buildx.probe] : [engine.probe];
    const failure = await firstFailure(probes, exec);
    if (failure === undefined) {
      log.info(`engine: ${engine.name}${engine === buildx ? ' with buildx' : ''}`);
      return engine;
    }
    said.push(`${engine === buildx ? 'docker with buildx' : engine.name}: ${failure}`);
  }
  throw refused({
    input: 'engine',
    what: wanted === 'auto' ? 'no engine can build an image here' : `${wanted} cannot build an image here`,
    found: said[0],
    details: said.slice(1),
    fix: 'run on ubuntu-latest, which has docker, or install podman or buildah before this step; an image that is built already can be pushed without an engine by `oci-layout`',
  });
}

async function firstFailure(
  probes: ReadonlyArray<Engine['probe']>,
  exec: ImagePorts['exec'],
): Promise<string | undefined> {
  for (const { command, args } of probes) {
    const { code, stderr, stdout } = await exec(command, args, { quiet: true });
    if (code !== 0) return lastLine(stderr) || lastLine(stdout) || `${command} ended with ${code}`;
  }
  return undefined;
}

const lastLine = (text: string) => text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';

/**
 * The kind of cache to use.
 * @param ghaHere true in a job that has GitHub's cache service
 * @param registry false where nothing is pushed
 * @throws ActionError `refused` for a kind that the engine cannot use.
 */
export function chooseCache(
  wanted: Cache,
  engine: Engine,
  {
    ghaHere,
    immutableTags,
    registry,
  }: { readonly ghaHere: boolean; readonly immutableTags: boolean; readonly registry: boolean },
): Exclude<Cache, 'auto'> {
  const no = (found: string, fix: string) =>
    refused({ input: 'cache', what: `\`${wanted}\` cannot work here`, found, fix });
  if (wanted === 'auto') return engine.caches.includes('gha') && ghaHere ? 'gha' : 'none';
  if (!engine.caches.includes(wanted)) {
    throw no(
      `${engine.name}${engine === classicDocker ? ' without buildx' : ''} knows ${engine.caches.join(', ')}`,
      wanted === 'gha'
        ? 'use docker with buildx, or `cache: registry`'
        : 'use docker with buildx, or `cache: none`',
    );
  }
  if (wanted === 'gha' && !ghaHere)
    throw no('this is no GitHub job with a cache service', 'use `cache: registry` or `none`');
  // A build that is not pushed has no registry to keep anything in.
  if (wanted === 'registry' && !registry) return 'none';
  // buildx keeps its cache under one tag that moves; the others make a new tag for each layer.
  if (wanted === 'registry' && engine.name === 'docker' && immutableTags) {
    throw no(
      'the tags of this repository are immutable, and the cache is a tag that moves',
      "use `cache: gha`, or exclude the tag `buildcache` from the repository's immutability",
    );
  }
  return wanted;
}
