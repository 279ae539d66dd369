import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateFunctionCommand,
  CreateOriginAccessControlCommand,
  type EventType,
  PublishFunctionCommand,
} from '@aws-sdk/client-cloudfront';
import { CreateBucketCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { cdnReads, originAccess, siteDistribution } from '../../bench/support/site.mjs';
import { s3Store } from '../../src/aws/s3-store.ts';
import { type ActionRun, type RunOptions, runAction } from './run-action.ts';
import { until } from './until.ts';

/** What a test has of a cloud. */
export interface CloudAddress {
  readonly endpoint: string;
  readonly env: Readonly<Record<string, string>>;
}

/** A site in a cloud: its buckets, its distribution, and how to look at them. */
export interface TestSite {
  readonly bucket: string;
  readonly releaseBucket: string;
  readonly distribution: string;
  /** Of the CDN, `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Other distributions in front of the same bucket. */
  readonly more: readonly { readonly id: string; readonly url: string }[];
  readonly s3: S3Client;
  /** Live objects: key to content. */
  live(): Promise<Map<string, string>>;
  /** Keys in the release bucket. */
  stored(prefix?: string): Promise<string[]>;
  json<T>(key: string): Promise<T | undefined>;
  get(path: string): Promise<{ status: number; body: string; headers: Headers }>;
  /** Waits until the CDN has dropped all that it was told to: for deployments that do not wait for it themselves. */
  dropped(): Promise<void>;
  /** Runs the action on a folder. */
  deploy(source: string, inputs?: Record<string, string>, options?: RunOptions): Promise<ActionRun>;
}

/** What is read of the local cloud's own state. */
interface CloudFrontState {
  readonly distributions: ReadonlyArray<{
    readonly id: string;
    readonly invalidations: ReadonlyArray<{ readonly status: string }>;
  }>;
}

const config = (cloud: CloudAddress) => ({
  endpoint: cloud.endpoint,
  region: cloud.env['AWS_REGION'] ?? 'us-west-2',
  forcePathStyle: true,
  credentials: {
    accessKeyId: cloud.env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: cloud.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
});

export interface SiteOptions {
  readonly originPath?: string;
  /** Missing files are answered with index.html, by the distribution's error responses. */
  readonly spa?: boolean;
  /** Seconds that the distribution keeps an error answer; default 0, so that a test need not wait. */
  readonly errorTtl?: number;
  /** Regions of the two buckets; the cloud's own where left out. */
  readonly regions?: { readonly site: string; readonly release: string };
  /** The code of a CloudFront function for each event. */
  readonly functions?: { readonly [event in EventType]?: string };
  /** Paths that another host answers. */
  readonly behaviors?: readonly { readonly path: string; readonly host: string }[];
  /** Alternate domain names. */
  readonly aliases?: readonly string[];
}

const taken = new WeakMap<CloudAddress, Map<string, number>>();

/** The name, or where this cloud has it already, for a test that is tried again, the name with a number. */
export function freeName(cloud: CloudAddress, name: string): string {
  const names = taken.get(cloud) ?? new Map<string, number>();
  taken.set(cloud, names);
  const times = (names.get(name) ?? 0) + 1;
  names.set(name, times);
  return times === 1 ? name : `${name}-try-${times}`;
}

/** @param wanted name of the bucket; a file of tests shares one cloud, and each test has a site of its own. */
export async function makeSite(
  cloud: CloudAddress,
  wanted: string,
  options: SiteOptions & { distribution?: boolean; more?: readonly SiteOptions[] } = {},
): Promise<TestSite> {
  const name = freeName(cloud, wanted);
  const s3 = new S3Client(config(cloud));
  const releaseBucket = `${name}-backup`;
  const clientIn = (region = '') => (region ? new S3Client({ ...config(cloud), region }) : s3);
  const atSite = clientIn(options.regions?.site);
  await atSite.send(new CreateBucketCommand({ Bucket: name }));
  await clientIn(options.regions?.release).send(new CreateBucketCommand({ Bucket: releaseBucket }));
  const front =
    options.distribution === false ? { id: '', url: '' } : await makeDistribution(cloud, name, options);
  const more: { id: string; url: string }[] = [];
  for (const [i, other] of (options.more ?? []).entries())
    more.push(await makeDistribution(cloud, name, other, `${name}-${i + 2}`));
  const ids = [front, ...more].map(({ id }) => id).filter(Boolean);
  if (ids.length > 0) {
    await atSite.send(new PutBucketPolicyCommand({ Bucket: name, Policy: cdnReads(name, ...ids) }));
  }
  const store = s3Store(s3, name);
  const release = s3Store(s3, releaseBucket);
  const keysOf = async (s: typeof store, prefix: string) => {
    const keys: string[] = [];
    for await (const page of s.list(prefix)) keys.push(...page.map((object) => object.key));
    return keys;
  };
  return {
    bucket: name,
    releaseBucket,
    distribution: front.id,
    url: front.url,
    more,
    s3,
    async live() {
      const keys = await keysOf(store, '');
      const read = async (key: string): Promise<[string, string]> => [
        key,
        (await store.get(key))?.body.toString() ?? '',
      ];
      return new Map(await Promise.all(keys.map(read)));
    },
    stored: (prefix = '') => keysOf(release, prefix),
    async json<T>(key: string) {
      const found = await release.get(key);
      return found ? (JSON.parse(found.body.toString()) as T) : undefined;
    },
    async get(path) {
      // As a browser: the CDN keeps an entry for each set of encodings.
      const headers = { 'accept-encoding': 'gzip, deflate, br' };
      const answer = await fetch(`${front.url}${path}`, { redirect: 'manual', headers });
      return { status: answer.status, body: await answer.text(), headers: answer.headers };
    },
    async dropped() {
      const isCompleted = async () => {
        const answer = await fetch(`${cloud.endpoint}/_cloud/state/cloudfront`);
        const { distributions } = (await answer.json()) as CloudFrontState;
        const ours = distributions.find(({ id }) => id === front.id);
        return ours?.invalidations.every(({ status }) => status === 'Completed') ?? true;
      };
      await until(isCompleted, 'the CDN to have dropped what it was told to');
    },
    deploy: (source, inputs = {}, runOptions = {}) =>
      runAction(
        'deploy-frontend',
        {
          source,
          bucket: name,
          ...(ids.length > 0 ? { distribution: ids.join(', ') } : {}),
          'release-bucket': releaseBucket,
          // The wait has tests of its own, and a second each.
          'wait-for-invalidation': 'false',
          ...inputs,
        },
        { ...runOptions, env: { ...cloud.env, ...runOptions.env } },
      ),
  };
}

async function makeDistribution(
  cloud: CloudAddress,
  bucket: string,
  options: SiteOptions,
  reference = bucket,
): Promise<{ id: string; url: string }> {
  const client = new CloudFrontClient(config(cloud));
  const access = await client.send(
    new CreateOriginAccessControlCommand({ OriginAccessControlConfig: originAccess(reference) }),
  );
  const errorPages = [403, 404].map((ErrorCode) => ({
    ErrorCode,
    ResponseCode: options.spa ? '200' : '404',
    ResponsePagePath: options.spa ? '/index.html' : '/404.html',
    ErrorCachingMinTTL: options.errorTtl ?? 0,
  }));
  const functions: { EventType: EventType; FunctionARN: string }[] = [];
  for (const [event, code] of Object.entries(options.functions ?? {}) as [EventType, string][])
    functions.push({
      EventType: event,
      FunctionARN: await publish(client, `${reference}-${event}`, code),
    });
  const originAccessId = access.OriginAccessControl?.Id ?? '';
  const { originPath, aliases, behaviors } = options;
  const certificate = aliases && (await makeCertificate(cloud, aliases));
  const answers = { errorPages, aliases, behaviors, certificate };
  const site = { bucket, reference, originAccessId, originPath, functions, ...answers };
  const answer = await client.send(
    new CreateDistributionCommand({ DistributionConfig: siteDistribution(site) }),
  );
  client.destroy();
  return { id: answer.Distribution?.Id ?? '', url: `http://${answer.Distribution?.DomainName}` };
}

/** @returns the ARN of a certificate for these names */
async function makeCertificate(cloud: CloudAddress, names: readonly string[]): Promise<string> {
  const url = `${cloud.endpoint}/_cloud/cloudfront/certificates`;
  const answer = await fetch(url, { method: 'POST', body: JSON.stringify({ names }) });
  return ((await answer.json()) as { arn: string }).arn;
}

/** @returns the function's ARN */
async function publish(client: CloudFrontClient, name: string, code: string): Promise<string> {
  const made = await client.send(
    new CreateFunctionCommand({
      Name: name,
      FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' },
      FunctionCode: Buffer.from(code),
    }),
  );
  const live = await client.send(new PublishFunctionCommand({ Name: name, IfMatch: made.ETag }));
  return live.FunctionSummary?.FunctionMetadata?.FunctionARN ?? '';
}

/** A folder with these files; removed by `removeFolders`. */
export function makeFolder(files: Readonly<Record<string, string | Uint8Array>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'wwhd-site-'));
  folders.push(dir);
  for (const [path, content] of Object.entries(files)) {
    const full = join(dir, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, content);
  }
  return dir;
}

const folders: string[] = [];
export function removeFolders(): void {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
}

/** A page that loads a script and a style with hashed names, as build tools write them. */
export function smallSite(version: string): Record<string, string> {
  const hash = (name: string) =>
    `${[...`${name}${version}`]
      .reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) >>> 0, 7)
      .toString(16)
      .padStart(8, '0')}`
      .replace(/^./, 'a')
      .replace(/.$/, '1');
  const script = `assets/app.${hash('app')}.js`;
  const style = `assets/style.${hash('style')}.css`;
  const page = (title: string) =>
    `<!doctype html><html><head><title>${title} ${version}</title><link rel="stylesheet" href="/${style}"></head><body><h1>${title} ${version}</h1><script src="/${script}"></script></body></html>`;
  return {
    'index.html': page('Home'),
    'about.html': page('About'),
    'docs/index.html': page('Docs'),
    '404.html': '<!doctype html><title>Not found</title><h1>Not found</h1>',
    'robots.txt': 'User-agent: *\nAllow: /\n',
    [script]: `console.log("${version}");\n`,
    [style]: `body { --version: "${version}" }\n`,
  };
}
