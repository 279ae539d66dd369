import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';
import { callJson } from './aws.ts';

/** What an image is made of. */
export interface OciImage {
  /** Folder whose files go into the image, or the files themselves by their path in `workdir`. */
  readonly files: string | Readonly<Record<string, string | Uint8Array>>;
  /** Where the files are in the image; also the working directory. Default `/app`. */
  readonly workdir?: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Exposed port; no port without it. */
  readonly port?: number;
  /** Default `linux/amd64`; with several, the layout's index has one image for each. */
  readonly platforms?: readonly string[];
  readonly labels?: Readonly<Record<string, string>>;
  /** Written as `org.opencontainers.image.ref.name` into the layout's index. */
  readonly tag?: string;
}

export interface OciLayout {
  readonly dir: string;
  /** Digest of what a push puts under the tag: the manifest, or the index of several platforms. */
  readonly digest: string;
}

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const INDEX = 'application/vnd.oci.image.index.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/**
 * Writes an OCI image layout (OCI image specification 1.1) with no container engine. The same input gives the same
 * bytes on every machine: names sorted, times and owners zero.
 */
export async function writeOciLayout(image: OciImage, outDir: string): Promise<OciLayout> {
  const blobs = join(outDir, 'blobs', 'sha256');
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Uint8Array, mediaType: string): Descriptor => {
    const digest = sha256(bytes);
    writeFileSync(join(blobs, digest.slice('sha256:'.length)), bytes);
    return { mediaType, digest, size: bytes.length };
  };
  const tar = await layerTar(image);
  // Stored, not deflated: builds of zlib deflate the same bytes differently, and the digest must be the same everywhere.
  const gzipped = gzipSync(tar, { level: 0 });
  gzipped[9] = 255; // The operating system's byte of the gzip header: "unknown" on all of them.
  const layer = put(gzipped, LAYER);
  const manifests = (image.platforms ?? ['linux/amd64']).map((platform) => {
    const [os = 'linux', architecture = 'amd64', variant] = platform.split('/');
    const on = { os, architecture, ...(variant ? { variant } : {}) };
    const config = put(json(configOf(image, on, sha256(tar))), CONFIG);
    const manifest = put(json({ schemaVersion: 2, mediaType: MANIFEST, config, layers: [layer] }), MANIFEST);
    return { ...manifest, platform: on };
  });
  const only = manifests.length === 1 ? manifests[0] : undefined;
  const top = only ?? put(json({ schemaVersion: 2, mediaType: INDEX, manifests }), INDEX);
  const annotations = image.tag ? { annotations: { 'org.opencontainers.image.ref.name': image.tag } } : {};
  writeFileSync(join(outDir, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }));
  writeFileSync(
    join(outDir, 'index.json'),
    json({ schemaVersion: 2, mediaType: INDEX, manifests: [{ ...top, ...annotations }] }),
  );
  return { dir: outDir, digest: top.digest };
}

const json = (value: unknown) => Buffer.from(JSON.stringify(value));

function configOf(image: OciImage, platform: { os: string; architecture: string }, diffId: string) {
  const { port, labels, env = {} } = image;
  return {
    created: '1970-01-01T00:00:00Z',
    ...platform,
    config: {
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      ...(image.entrypoint ? { Entrypoint: image.entrypoint } : {}),
      ...(image.command ? { Cmd: image.command } : {}),
      WorkingDir: image.workdir ?? '/app',
      ...(port !== undefined ? { ExposedPorts: { [`${port}/tcp`]: {} } } : {}),
      ...(labels ? { Labels: labels } : {}),
    },
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{ created: '1970-01-01T00:00:00Z', created_by: 'oci-layout' }],
  };
}

/** One layer: the working directory's folders, then its files, sorted by name. */
async function layerTar(image: OciImage): Promise<Buffer> {
  const workdir = (image.workdir ?? '/app').replace(/^\/+|\/+$/g, '');
  const files = filesOf(image.files, workdir);
  const tar = pack();
  const fixed = { mtime: new Date(0), uid: 0, gid: 0, uname: '', gname: '' };
  for (const name of foldersOf(files, workdir)) tar.entry({ ...fixed, name, type: 'directory', mode: 0o755 });
  for (const [name, { bytes, mode }] of files)
    tar.entry({ ...fixed, name, type: 'file', mode, size: bytes.length }, bytes);
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface File {
  readonly bytes: Buffer;
  readonly mode: number;
}

function filesOf(files: OciImage['files'], workdir: string): Array<[string, File]> {
  const named: Array<[string, File]> = [];
  const at = (name: string) =>
    name.startsWith('/') ? name.slice(1) : [workdir, name].filter(Boolean).join('/');
  if (typeof files === 'string') {
    for (const entry of readdirSync(files, { recursive: true }) as string[]) {
      const path = join(files, entry);
      const stat = statSync(path);
      if (stat.isFile())
        named.push([
          at(entry.replaceAll('\\', '/')),
          { bytes: readFileSync(path), mode: stat.mode & 0o111 ? 0o755 : 0o644 },
        ]);
    }
  } else {
    for (const [name, content] of Object.entries(files))
      named.push([at(name), { bytes: Buffer.from(content as string), mode: 0o644 }]);
  }
  return named.sort(([a], [b]) => (a < b ? -1 : 1));
}

function foldersOf(files: ReadonlyArray<[string, File]>, workdir: string): string[] {
  const folders = new Set<string>();
  const add = (path: string) => {
    const parts = path.split('/').filter(Boolean);
    for (let i = 1; i <= parts.length; i++) folders.add(`${parts.slice(0, i).join('/')}/`);
  };
  add(workdir);
  for (const [name] of files) add(name.split('/').slice(0, -1).join('/'));
  return [...folders].sort();
}

export interface PushOptions {
  /** Region whose registry it goes to; default us-west-2. */
  readonly region?: string;
  /** Default true: the repository is made where it is missing. */
  readonly createRepository?: boolean;
}

/**
 * Pushes a layout into the local cloud's registry by the OCI distribution protocol.
 * @param endpoint the local cloud, `http://127.0.0.1:4566`
 * @returns what a deployment names: `127.0.0.1:4566/repository@sha256:…`
 */
export async function pushOciLayout(
  layout: string,
  endpoint: string,
  repository: string,
  tag?: string,
  options: PushOptions = {},
): Promise<{ readonly image: string; readonly digest: string }> {
  const region = options.region ?? 'us-west-2';
  if (options.createRepository ?? true) await createRepository(endpoint, region, repository);
  const push: Push = {
    base: `${endpoint}/v2/${repository}`,
    authorization: `Basic ${await ecrToken(endpoint, region)}`,
    read: (digest) => readFileSync(join(layout, 'blobs', ...digest.split(':'))),
  };
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as { manifests: Descriptor[] };
  const [top] = index.manifests;
  if (!top) throw new Error(`${layout}/index.json names no image`);
  await pushManifest(push, top, tag);
  return { image: `${new URL(endpoint).host}/${repository}@${top.digest}`, digest: top.digest };
}

interface Push {
  readonly base: string;
  readonly authorization: string;
  read(digest: string): Buffer;
}

async function pushManifest(push: Push, descriptor: Descriptor, tag: string | undefined): Promise<void> {
  const bytes = push.read(descriptor.digest);
  const manifest = JSON.parse(bytes.toString('utf8')) as {
    config?: Descriptor;
    layers?: Descriptor[];
    manifests?: Descriptor[];
  };
  for (const child of manifest.manifests ?? []) await pushManifest(push, child, undefined);
  for (const blob of [...(manifest.layers ?? []), ...(manifest.config ? [manifest.config] : [])])
    await pushBlob(push, blob.digest);
  await must(push, 201, `${push.base}/manifests/${tag ?? descriptor.digest}`, {
    method: 'PUT',
    headers: { 'content-type': descriptor.mediaType },
    body: new Uint8Array(bytes),
  });
}

async function pushBlob(push: Push, digest: string): Promise<void> {
  const headers = { authorization: push.authorization };
  if ((await fetch(`${push.base}/blobs/${digest}`, { method: 'HEAD', headers })).ok) return;
  const begun = await must(push, 202, `${push.base}/blobs/uploads/`, { method: 'POST' });
  const location = new URL(begun.headers.get('location') ?? '', push.base);
  location.searchParams.set('digest', digest);
  await must(push, 201, location.href, {
    method: 'PUT',
    headers: { 'content-type': 'application/octet-stream' },
    body: new Uint8Array(push.read(digest)),
  });
}

async function must(
  push: Push,
  status: number,
  url: string,
  init: RequestInit & { headers?: Record<string, string> },
) {
  const answer = await fetch(url, {
    ...init,
    headers: { ...init.headers, authorization: push.authorization },
  });
  if (answer.status !== status)
    throw new Error(`${init.method} ${url} answered ${answer.status}: ${await answer.text()}`);
  return answer;
}

/** With the key pair that the local cloud has. */
const ecr = <T>(endpoint: string, region: string, operation: string, input: unknown): Promise<T> =>
  callJson<T>(
    { endpoint, region, accessKey: 'local', secretKey: 'local' },
    'ecr',
    `AmazonEC2ContainerRegistry_V20150921.${operation}`,
    input,
  );

async function createRepository(endpoint: string, region: string, repositoryName: string): Promise<void> {
  try {
    await ecr(endpoint, region, 'CreateRepository', { repositoryName });
  } catch (error) {
    if (!(error as Error).message.includes('RepositoryAlreadyExistsException')) throw error;
  }
}

async function ecrToken(endpoint: string, region: string): Promise<string> {
  const { authorizationData } = await ecr<{ authorizationData: Array<{ authorizationToken: string }> }>(
    endpoint,
    region,
    'GetAuthorizationToken',
    {},
  );
  return authorizationData[0]?.authorizationToken ?? '';
}
