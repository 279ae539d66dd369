import { refused } from '../runtime/errors.ts';
import { buildImage, login } from './build.ts';
import { Distribution } from './distribution.ts';
import { chooseCache, chooseEngine } from './engines/choose.ts';
import type { Cache, Engine, EngineName } from './engines/engine.ts';
import { passScanGate, type ScanResult } from './gate.ts';
import { unpackLayout } from './layout-tar.ts';
import { type LayoutImage, readLayout } from './oci.ts';
import {
  type BuildSpec,
  describePlan,
  type ImagePlan,
  immovableTags,
  planImage,
  type TagState,
} from './plan.ts';
import type { Credentials, ImagePorts, ImageRepository } from './ports.ts';
import { pushLayout, retag, verifyDigest } from './push.ts';
import { isLoopback } from './reference.ts';
import type { ScanGate } from './scan.ts';

export interface ImageConfig {
  readonly tag: string;
  readonly moreTags: readonly string[];
  /** What is built; or the path of what is built already. */
  readonly source:
    | {
        readonly kind: 'context';
        readonly spec: BuildSpec;
        readonly engine: EngineName | 'auto';
        readonly cache: Cache;
      }
    | {
        readonly kind: 'oci-layout';
        readonly path: string;
        readonly isTar: boolean;
        readonly platform: string;
      };
  readonly push: boolean;
  readonly dryRun: boolean;
  /** True in a job that has GitHub's cache service. */
  readonly ghaHere: boolean;
  readonly scanGate: ScanGate;
  /** Milliseconds. */
  readonly scanTimeout: number;
}

export interface ImageResult {
  readonly plan: ImagePlan;
  /** `repository@digest`; `undefined` where nothing was pushed and nothing was there. */
  readonly image: string | undefined;
  readonly digest: string | undefined;
  readonly pushed: boolean;
  readonly scan: ScanResult | undefined;
  /** The post step logs out again. */
  readonly loggedIn: { readonly engine: Engine; readonly host: string } | undefined;
}

/**
 * One image into one repository, under its immutable tag and any others. Nothing is built where that tag is there
 * already. Everything that can be wrong with the inputs is found before anything is built.
 *
 * `repository` is `undefined` where nothing is to be pushed.
 */
export async function pushImage(
  config: ImageConfig,
  repository: ImageRepository | undefined,
  ports: ImagePorts,
): Promise<ImageResult> {
  const ready = await prepare(config, repository, ports);
  const { plan } = ready;
  for (const line of describePlan(plan)) ports.log.info(line);
  refuseImmovable(plan, repository);
  const untouched = { plan, pushed: false, scan: undefined, loggedIn: undefined };
  if (config.dryRun) return { ...untouched, image: imageOf(plan, plan.present), digest: plan.present };
  if (!repository || !config.push) {
    await buildOnly(ready, config, ports);
    return { ...untouched, image: undefined, digest: undefined };
  }
  const registry = await connect(repository, ports);
  const published =
    plan.present === undefined ? await publish(ready, config, repository, registry, ports) : undefined;
  const digest = published?.digest ?? plan.present ?? '';
  const moved = await retag(plan.retag, digest, registry.client, ports);
  const { scanGate, scanTimeout } = config;
  const scan =
    scanGate === 'off' ? undefined : await passScanGate(repository, digest, scanGate, scanTimeout, ports);
  return {
    plan,
    image: imageOf(plan, digest),
    digest,
    pushed: published !== undefined || moved,
    scan,
    loggedIn: published?.loggedIn,
  };
}

/** What is known once everything was looked at and nothing was touched. */
interface Ready {
  readonly plan: ImagePlan;
  readonly engine: Engine | undefined;
  readonly cache: Exclude<Cache, 'auto'>;
  readonly layout: { readonly dir: string; readonly image: LayoutImage } | undefined;
}

async function prepare(
  config: ImageConfig,
  repository: ImageRepository | undefined,
  ports: ImagePorts,
): Promise<Ready> {
  const { source } = config;
  const layout = source.kind === 'oci-layout' ? await openLayout(source, ports) : undefined;
  const tagState = async (tag: string): Promise<TagState> => ({
    tag,
    digest: await repository?.digestOf(tag),
  });
  const immutable = await tagState(config.tag);
  const more = await Promise.all(config.moreTags.map(tagState));
  const builds = source.kind === 'context' && immutable.digest === undefined;
  const engine = builds ? await chooseEngine(source.engine, ports) : undefined;
  const facts = {
    ghaHere: config.ghaHere,
    immutableTags: repository?.immutableTags ?? false,
    registry: repository !== undefined,
  };
  const cache = engine && source.kind === 'context' ? chooseCache(source.cache, engine, facts) : 'none';
  const plan = planImage({
    repository: repository ? `${repository.host}/${repository.name}` : 'no registry',
    immutable,
    more,
    source: source.kind,
    push: config.push,
    engine: engine?.name,
    cache,
    platform: source.kind === 'context' ? source.spec.platform : source.platform,
  });
  return { plan, engine, cache, layout };
}

/** Puts the image under its immutable tag. */
async function publish(
  { engine, cache, layout, plan }: Ready,
  config: ImageConfig,
  repository: ImageRepository,
  registry: Registry,
  ports: ImagePorts,
): Promise<{ readonly digest: string; readonly loggedIn: ImageResult['loggedIn'] }> {
  if (layout) {
    const said = await pushLayout(layout, config.tag, registry.client, ports);
    return { digest: await verifyDigest(repository, config.tag, said, ports), loggedIn: undefined };
  }
  if (!engine || config.source.kind !== 'context') throw new Error('a plan to build without an engine');
  const { credentials, insecure } = registry;
  if (credentials) await login(engine, repository.host, credentials, insecure, ports);
  const reference = `${plan.repository}:${config.tag}`;
  const said = await buildImage(
    engine,
    { spec: config.source.spec, reference, cache, push: true, insecure },
    ports,
  );
  return {
    digest: await verifyDigest(repository, config.tag, said, ports),
    loggedIn: credentials ? { engine, host: repository.host } : undefined,
  };
}

const imageOf = ({ repository }: ImagePlan, digest: string | undefined) =>
  digest ? `${repository}@${digest}` : undefined;

async function openLayout(source: { path: string; isTar: boolean; platform: string }, ports: ImagePorts) {
  const dir = source.isTar ? await unpackLayout(source.path, ports.files) : source.path;
  return { dir, image: await readLayout(dir, source.platform, ports.files) };
}

async function buildOnly({ engine, cache }: Ready, config: ImageConfig, ports: ImagePorts): Promise<void> {
  if (!engine || config.source.kind !== 'context') return;
  const reference = `localhost/wwhd-deploy:${config.tag}`;
  const { spec } = config.source;
  await buildImage(engine, { spec, reference, cache, push: false, insecure: false }, ports);
}

interface Registry {
  readonly client: Distribution;
  readonly credentials: Credentials | undefined;
  readonly insecure: boolean;
}

async function connect(repository: ImageRepository, ports: ImagePorts): Promise<Registry> {
  const credentials = await repository.credentials();
  if (credentials) ports.log.mask(credentials.password);
  const insecure = isLoopback(repository.host);
  const { log, clock, signal } = ports;
  const { host, name } = repository;
  const client = new Distribution({ host, name, credentials, insecure, log, clock, signal });
  return { client, credentials, insecure };
}

function refuseImmovable(plan: ImagePlan, repository: ImageRepository | undefined): void {
  const [first] = immovableTags(plan, repository?.immutableTags ?? false);
  if (!first) return;
  throw refused({
    input: 'tags',
    what: `the tag ${first.tag} can not be moved: the tags of ${plan.repository} are immutable`,
    found: `it names ${first.digest}`,
    fix: 'leave it out (releases go by digest, and no tag needs to move), or exclude it from the immutability of the repository',
  });
}
