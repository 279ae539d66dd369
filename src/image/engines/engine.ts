import type { BuildSpec } from '../spec.ts';

export type EngineName = 'docker' | 'podman' | 'buildah';
export type Cache = 'auto' | 'gha' | 'registry' | 'none';

/** One program to run, with what its failure is called. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
  readonly input?: string;
}

export interface BuildRequest {
  readonly spec: BuildSpec;
  /** `host/repository:tag`. */
  readonly reference: string;
  readonly cache: Exclude<Cache, 'auto'>;
  readonly push: boolean;
  /** The registry is on this machine and speaks plain HTTP. */
  readonly insecure: boolean;
  /** Folder for the digest file. */
  readonly scratch: string;
  /** docker: the builder to use, where not its default one. */
  readonly builder?: string | undefined;
}

/** What a build engine is to us: argument lists, and nothing that runs anything. */
export interface Engine {
  readonly name: EngineName;
  /** Exits with 0 where the engine is there and can build. */
  readonly probe: Command;
  /** Kinds of cache that it knows. */
  readonly caches: ReadonlyArray<Exclude<Cache, 'auto'>>;
  login(host: string, username: string, insecure: boolean): readonly string[];
  /**
   * Removes the login again. It goes where the engine keeps all of its logins, for a build may need those that the
   * job has made before (Docker Hub's, another registry's), and so it stays until the post step.
   */
  logout(host: string): Command;
  build(request: BuildRequest): readonly Command[];
  /** Where the engine writes the digest that it pushed, and how to read it. */
  readonly digestFile: string;
  readDigest(text: string): string | undefined;
}

/** The arguments that all three engines share, in their common spelling. */
export function commonArgs(spec: BuildSpec): string[] {
  return [
    '--file',
    spec.dockerfile,
    '--platform',
    spec.platform,
    ...(spec.target ? ['--target', spec.target] : []),
    ...spec.buildArgs.flatMap(([name, value]) => ['--build-arg', `${name}=${value}`]),
    ...spec.labels.flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...spec.buildContexts.flatMap(([name, value]) => ['--build-context', `${name}=${value}`]),
    ...spec.secrets.flatMap(([name, file]) => ['--secret', `id=${name},src=${file}`]),
    ...spec.ssh.flatMap((agent) => ['--ssh', agent]),
    ...(spec.fresh ? ['--no-cache'] : []),
  ];
}

/** What only BuildKit and its likes can do. */
export const needsBuildKit = (spec: BuildSpec): boolean =>
  spec.buildContexts.length > 0 || spec.secrets.length > 0 || spec.ssh.length > 0;

/** A digest file of podman and buildah holds the digest and nothing else. */
export function plainDigest(text: string): string | undefined {
  return /^sha256:[0-9a-f]{64}$/.exec(text.trim())?.[0];
}
