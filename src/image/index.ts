import { refused } from '../runtime/errors.ts';
import { buildImage, login } from './build.ts';
import type { ImageConfig } from './config.ts';
import { Distribution } from './distribution.ts';
import { FINGERPRINT_LABEL } from './fingerprint.ts';
import { passScanGate, type ScanResult } from './gate.ts';
import { describePlan, type ImagePlan, immovableTags } from './plan.ts';
import type { Credentials, ImagePorts, ImageRepository } from './ports.ts';
import { prepare, type Ready } from './prepare.ts';
import { pushLayout, retag, verifyDigest } from './push.ts';
import { isLoopback } from './reference.ts';
import type { BuildSpec } from './spec.ts';

export type { ImageConfig } from './config.ts';

export interface ImageResult {
  readonly plan: ImagePlan;
  /** `repository@digest`; `undefined` where nothing was pushed and nothing was there. */
  readonly image: string | undefined;
  readonly digest: string | undefined;
  readonly pushed: boolean;
  /** The immutable tag that the image goes by in the end. */
  readonly tag: string;
  readonly scan: ScanResult | undefined;
}

/**
 * One image into one repository, under its immutable tag and any others. Nothing is built where this very image is
 * there already. Everything that can be wrong with the inputs is found before anything is built.
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
  if (plan.other) ports.log.warning(tellOther(plan, config));
  refuseImmovable(plan, repository);
  const untouched = { plan, tag: plan.tag, pushed: false, scan: undefined };
  if (config.dryRun) return { ...untouched, image: imageOf(plan, plan.present), digest: plan.present };
  if (!repository || !config.push) {
    await buildOnly(ready, config, ports);
    return { ...untouched, image: undefined, digest: undefined };
  }
  const registry = await connect(repository, ports);
  const published =
    plan.present === undefined ? await publish(ready, config, repository, registry, ports) : undefined;
  const digest = published ?? plan.present ?? '';
  const late = await lostTag(plan, config, digest, repository, ports);
  const retags = late ? plan.retag.filter((t) => t.tag !== config.tag) : plan.retag;
  const moved = await retag(retags, digest, registry.client, ports);
  const { scanGate, scanTimeout } = config;
  const scan =
    scanGate === 'off' ? undefined : await passScanGate(repository, digest, scanGate, scanTimeout, ports);
  return {
    plan,
    tag: late ? plan.pushed : plan.tag,
    image: imageOf(plan, digest),
    digest,
    pushed: published !== undefined || moved,
    scan,
  };
}

const tellOther = (plan: ImagePlan, { tag, source }: ImageConfig) =>
  source.kind === 'context'
    ? `${tag} is another image of this commit (${plan.other}): its Dockerfile, stage, build arguments, platform or files were other ones, or nothing tells what they were. It stays, and this image goes by ${plan.tag}`
    : `${tag} is another image of this commit (${plan.other}). It stays, and this layout goes by ${plan.tag}`;

/** Whether another run has given the commit's tag to an image of its own since we looked. */
async function lostTag(
  plan: ImagePlan,
  config: ImageConfig,
  digest: string,
  repository: ImageRepository,
  { log }: ImagePorts,
): Promise<boolean> {
  if (!plan.retag.some((t) => t.tag === config.tag)) return false;
  const now = await repository.digestOf(config.tag);
  if (now === undefined || now === digest) return false;
  log.warning(`${config.tag} was given to another image meanwhile (${now}): this one goes by ${plan.pushed}`);
  return true;
}

/** Puts the image under its immutable tag. @returns its digest */
async function publish(
  { engine, cache, layout, plan }: Ready,
  config: ImageConfig,
  repository: ImageRepository,
  registry: Registry,
  ports: ImagePorts,
): Promise<string> {
  if (layout) {
    const said = await pushLayout(layout, plan.pushed, registry.client, ports);
    return verifyDigest(repository, plan.pushed, said, ports);
  }
  if (!engine || config.source.kind !== 'context') throw new Error('a plan to build without an engine');
  const { credentials, insecure } = registry;
  if (credentials) {
    ports.onLogin(engine.name, repository.host);
    await login(engine, repository.host, credentials, insecure, ports);
  }
  const reference = `${plan.repository}:${plan.pushed}`;
  const spec = labelled(config.source.spec, plan);
  const said = await buildImage(engine, { spec, reference, cache, push: true, insecure }, ports);
  return verifyDigest(repository, plan.pushed, said, ports);
}

const labelled = (spec: BuildSpec, { fingerprint }: ImagePlan): BuildSpec =>
  fingerprint ? { ...spec, labels: [...spec.labels, [FINGERPRINT_LABEL, fingerprint]] } : spec;

const imageOf = ({ repository }: ImagePlan, digest: string | undefined) =>
  digest ? `${repository}@${digest}` : undefined;

async function buildOnly(
  { engine, cache, plan }: Ready,
  config: ImageConfig,
  ports: ImagePorts,
): Promise<void> {
  if (!engine || config.source.kind !== 'context') return;
  const reference = `localhost/wwhd-deploy:${config.tag}`;
  const spec = labelled(config.source.spec, plan);
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
    what: `the tag ${first.tag} cannot be moved: the tags of ${plan.repository} are immutable`,
    found: `it names ${first.digest}`,
    fix: 'leave it out (releases go by digest, and no tag needs to move), or exclude it from the immutability of the repository',
  });
}
