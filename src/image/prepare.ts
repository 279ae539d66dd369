import { refused } from '../runtime/errors.ts';
import type { ImageConfig } from './config.ts';
import { chooseCache, chooseEngine } from './engines/choose.ts';
import { classicDocker } from './engines/docker.ts';
import { type Cache, type Engine, needsBuildKit } from './engines/engine.ts';
import { fingerprintOf } from './fingerprint.ts';
import { unpackLayout } from './layout-tar.ts';
import { digestOf, type LayoutImage, readLayout } from './oci.ts';
import { type ImagePlan, planImage } from './plan.ts';
import type { ImagePorts, ImageRepository } from './ports.ts';
import { rebuildTag, variantTag } from './reference.ts';
import type { BuildSpec } from './spec.ts';
import {
  type Naming,
  nameOfBuild,
  nameOfCommit,
  nameOfLayout,
  nameOfRebuild,
  type TagState,
} from './variant.ts';
import { differences } from './work-tree.ts';

/** What is known once everything was looked at and nothing was touched. */
export interface Ready {
  readonly plan: ImagePlan;
  readonly engine: Engine | undefined;
  readonly cache: Exclude<Cache, 'auto'>;
  readonly layout: { readonly dir: string; readonly image: LayoutImage } | undefined;
}

/**
 * Looks at the layout or the context, and asks the registry. @throws ActionError `refused` for an input that cannot work.
 */
export async function prepare(
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
  const fingerprint =
    source.kind === 'context' && !config.lookUp
      ? await readFingerprint(source.spec, config.commit, ports)
      : undefined;
  const more = await Promise.all(config.moreTags.map(tagState));
  const naming = await nameImage(config, layout?.image, fingerprint, tagState, ports);
  const builds = source.kind === 'context' && naming.present === undefined;
  const engine = builds ? await chooseEngine(source.engine, ports) : undefined;
  if (engine === classicDocker && source.kind === 'context' && needsBuildKit(source.spec)) throw noBuildKit();
  const facts = {
    ghaHere: config.ghaHere,
    immutableTags: repository?.immutableTags ?? false,
    registry: repository !== undefined,
  };
  const cache = engine && source.kind === 'context' ? chooseCache(source.cache, engine, facts) : 'none';
  const plan = planImage({
    repository: repository ? `${repository.host}/${repository.name}` : 'no registry',
    naming,
    fingerprint,
    more,
    source: source.kind,
    push: config.push,
    engine: engine?.name,
    cache,
    platform: source.kind === 'context' ? source.spec.platform : source.platform,
  });
  return { plan, engine, cache, layout };
}

async function nameImage(
  config: ImageConfig,
  layout: LayoutImage | undefined,
  fingerprint: string | undefined,
  tagState: (tag: string) => Promise<TagState>,
  { clock }: ImagePorts,
): Promise<Naming> {
  const { tag } = config;
  if (config.rebuild) return nameOfRebuild(rebuildTag(tag, clock.now()));
  if (config.lookUp) return nameOfCommit(await tagState(tag));
  const digest = layout && digestOf(layout.bytes);
  const own = variantTag(tag, fingerprint ?? digest?.slice('sha256:'.length) ?? '');
  const [commit, variant] = await Promise.all([tagState(tag), tagState(own)]);
  return digest ? nameOfLayout(digest, commit, variant) : nameOfBuild(commit, variant);
}

/** Hashes what makes the image, and tells where that is not what the commit says. */
async function readFingerprint(spec: BuildSpec, commit: string, ports: ImagePorts): Promise<string> {
  const { files, log } = ports;
  const [context, dockerfile, found] = await Promise.all([
    files.contextDigest(spec.context, spec.dockerfile),
    files.readText(spec.dockerfile),
    differences(spec.context, commit, ports.exec),
  ]);
  for (const line of found) log.warning(`${line}; the image is named by the commit all the same`);
  log.info(`context: ${context.files} files`);
  const buildContexts = await Promise.all(
    spec.buildContexts.map(async ([name, value]) => {
      const isFolder = !/^[\w-]+:\/\//.test(value) && (await files.exists(value));
      return [name, isFolder ? (await files.contextDigest(value, '')).digest : value] as const;
    }),
  );
  return fingerprintOf({
    dockerfile: digestOf(Buffer.from(dockerfile)),
    target: spec.target,
    platform: spec.platform,
    buildArgs: spec.buildArgs,
    context: context.digest,
    buildContexts,
    secrets: spec.secrets.map(([name]) => name),
  });
}

const noBuildKit = () =>
  refused({
    input: 'engine',
    what: '`secrets`, `secret-files`, `ssh` and `build-contexts` need BuildKit, and docker has none here',
    fix: 'run docker/setup-buildx-action before this step, or use `engine: podman` or `buildah`',
  });

async function openLayout(source: { path: string; isTar: boolean; platform: string }, ports: ImagePorts) {
  const dir = source.isTar ? await unpackLayout(source.path, ports.files) : source.path;
  return { dir, image: await readLayout(dir, source.platform, ports.files) };
}
