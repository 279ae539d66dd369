import { resolve } from 'node:path';
import { readDistributions } from '../../aws/distribution-ids.ts';
import type { WriteHeaders } from '../../aws/write-headers.ts';
import {
  type ActivationOptions,
  cacheRule,
  type DeletionLimit,
  type DeploySiteConfig,
  type Encoding,
  globMatcher,
  headerLine,
} from '../../parts/site/index.ts';
import { checkEnvironment, checkReleaseId } from '../../release/id.ts';
import { checkPartName } from '../../release/part-name.ts';
import { refused } from '../../runtime/errors.ts';
import type { Inputs } from '../../runtime/inputs.ts';
import { readBucket, readPrefix } from '../../runtime/places.ts';
import type { action } from './interface.ts';

type FrontendInputs = Inputs<typeof action>;

export interface DeployFrontendConfig {
  readonly site: Omit<DeploySiteConfig, 'releaseId'>;
  readonly releaseBucket: string;
  /** Ids. */
  readonly distributions: readonly string[];
  /** '' where the default is wanted. */
  readonly releaseId: string;
  readonly allowOlder: boolean;
  readonly replacePart: boolean;
  readonly historyPage: boolean;
  /** Milliseconds. */
  readonly lockTimeout: number;
  /** Path of the checks file, as it was given. */
  readonly smokeChecks: string;
  readonly token: string;
}

/** Requests under way at once: what one Node process can keep busy against S3. */
const DEFAULT_CONCURRENCY = 64;
const MOST_CONCURRENCY = 512;

/** The inputs as one typed configuration. @throws ActionError `refused`, with the input at fault. */
export function readInputs(inputs: FrontendInputs, workspace: string): DeployFrontendConfig {
  const bucket = readBucket(inputs.required('bucket'), 'bucket');
  const releaseId = inputs.text('release-id');
  if (releaseId) checkReleaseId(releaseId);
  const excluded = matchAny(inputs.lines('exclude'));
  return {
    site: {
      part: checkPartName(inputs.text('part')),
      place: {
        bucket,
        prefix: readPrefix(inputs.text('prefix')),
        environment: checkEnvironment(inputs.text('environment')),
      },
      scan: {
        source: resolve(workspace, inputs.required('source')),
        excluded,
        dotfiles: inputs.flag('dotfiles'),
        cacheRules: globLines(inputs, 'cache-control').map(([glob, value]) => cacheRule(glob, value)),
        precompress: readPrecompress(inputs),
        headerRules: inputs.lines('headers').map(headerLine),
        entries: readEntries(inputs),
        allowed: matchAny(inputs.lines('allow-files')),
      },
      options: readOptions(inputs),
      writes: readWrites(inputs),
      keepReleases: inputs.number('keep-releases', { min: 1, max: 1000, integer: true }),
      maxDelete: readLimit(inputs),
      maxInvalidationPaths: inputs.number('max-invalidation-paths', { min: 1, max: 3000, integer: true }),
      mayBeMissing: matchAny(inputs.lines('allow-missing')),
      rollbackOnFailure: inputs.flag('rollback-on-failure'),
      dryRun: inputs.flag('dry-run'),
    },
    releaseBucket: readReleaseBucket(inputs, bucket),
    distributions: readDistributions(inputs.text('distribution')),
    releaseId,
    allowOlder: inputs.flag('allow-older-commit'),
    replacePart: inputs.flag('replace-part'),
    historyPage: inputs.flag('history-page'),
    lockTimeout: inputs.duration('lock-timeout'),
    smokeChecks: inputs.text('smoke-checks'),
    token: inputs.text('github-token'),
  };
}

function readOptions(inputs: FrontendInputs): ActivationOptions {
  const concurrency = inputs.text('concurrency');
  const siteUrl = inputs.text('site-url');
  if (siteUrl && !/^(https?:\/\/)?[\w.[\]:-]+(:\d+)?(\/.*)?$/i.test(siteUrl)) {
    throw refused({
      input: 'site-url',
      what: 'is not an address',
      found: siteUrl,
      fix: 'write it like https://www.example.com',
    });
  }
  return {
    retainReleases: inputs.number('retain-releases', { min: 0, max: 100, integer: true }),
    verify: readVerify(inputs),
    waitForInvalidation: inputs.flag('wait-for-invalidation'),
    waitTimeout: inputs.duration('wait-timeout'),
    concurrency:
      concurrency === 'auto'
        ? DEFAULT_CONCURRENCY
        : inputs.number('concurrency', { min: 1, max: MOST_CONCURRENCY, integer: true }),
    siteUrl: siteUrl || undefined,
  };
}

/** `index`: names of pages, one a line, or `none`. */
function readEntries(inputs: FrontendInputs): string[] {
  const lines = inputs.lines('index').map((line) => line.replace(/^\/+/, ''));
  if (lines.length === 1 && lines[0] === 'none') return [];
  const wrong = lines.find((line) => line === '' || line.endsWith('/') || /[*?{}]/.test(line));
  if (lines.length > 0 && wrong === undefined) return lines;
  throw refused({
    input: 'index',
    what: 'is not the name of a page',
    found: wrong ?? 'nothing',
    fix: 'write names such as index.html, one a line, or none for a site that others load',
  });
}

/** `acl` and `encryption`. */
function readWrites(inputs: FrontendInputs): WriteHeaders {
  const acl = inputs.choice('acl', ['', 'public-read']) || undefined;
  const text = inputs.text('encryption');
  if (text === '') return { acl };
  const match = /^(AES256|aws:kms(?::dsse)?)(?:\s+(\S+))?$/.exec(text);
  const algorithm = match?.[1] as 'AES256' | 'aws:kms' | 'aws:kms:dsse' | undefined;
  if (algorithm && !(algorithm === 'AES256' && match?.[2]))
    return { acl, encryption: { algorithm, key: match?.[2] } };
  throw refused({
    input: 'encryption',
    what: 'is no encryption that S3 knows',
    found: text,
    fix: 'write AES256, aws:kms, or aws:kms and the ARN of the key after a space',
  });
}

function readVerify(inputs: FrontendInputs): ActivationOptions['verify'] {
  if (inputs.text('verify') === 'pages') return 'pages';
  return inputs.flag('verify') ? 'full' : 'off';
}

function readReleaseBucket(inputs: FrontendInputs, bucket: string): string {
  const text = inputs.text('release-bucket');
  const name = text ? readBucket(text, 'release-bucket') : `${bucket}-backup`;
  if (name !== bucket) return name;
  throw refused({
    input: 'release-bucket',
    what: 'is the bucket of the site itself: every release, and the ledger, would be served to everybody',
    found: name,
    fix: 'give the releases a bucket of their own',
  });
}

function readLimit(inputs: FrontendInputs): DeletionLimit {
  if (!/^\d+$/.test(inputs.text('max-delete')))
    return { kind: 'share', value: inputs.percentage('max-delete') };
  return {
    kind: 'files',
    value: inputs.number('max-delete', { min: 0, max: Number.MAX_SAFE_INTEGER, integer: true }),
  };
}

function globLines(inputs: FrontendInputs, name: 'cache-control' | 'precompress'): Array<[string, string]> {
  return inputs.lines(name).map((line) => {
    const match = /^(.+?):\s+(.+)$/.exec(line);
    if (match?.[1] && match[2]) return [match[1].trim(), match[2].trim()];
    throw refused({
      input: name,
      what: 'has a line that is not `glob: value`',
      found: line,
      fix:
        name === 'precompress'
          ? 'write it like **/*.wasm: br'
          : 'write it like assets/**: public, max-age=60',
    });
  });
}

function readPrecompress(inputs: FrontendInputs): (path: string) => Encoding | undefined {
  const rules = globLines(inputs, 'precompress').map(([glob, value]) => {
    if (value === 'br' || value === 'gzip') return { matches: globMatcher(glob), encoding: value } as const;
    throw refused({ input: 'precompress', what: 'knows br and gzip only', found: value, fix: 'correct it' });
  });
  return (path) => rules.find((rule) => rule.matches(path))?.encoding;
}

function matchAny(globs: readonly string[]): (path: string) => boolean {
  const matchers = globs.map(globMatcher);
  // A folder that is named is left out with all that is in it.
  const folders = globs.map((glob) => globMatcher(`${glob.replace(/\/+$/, '')}/**`));
  return (path) => matchers.some((matches) => matches(path)) || folders.some((matches) => matches(path));
}
