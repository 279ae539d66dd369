import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readDistributions } from '../../aws/distribution-ids.ts';
import { mergeEnvironments, parseEnvironment, parseSecretLines } from '../../parts/service/plan/env-file.ts';
import { parseImageRef } from '../../parts/service/plan/image-ref.ts';
import { parseServiceRef } from '../../parts/service/plan/service-ref.ts';
import type { PreflightConfig } from '../../preflight/index.ts';
import type { Job } from '../../runtime/action.ts';
import { messageOf, refused } from '../../runtime/errors.ts';
import { readBucket, readPrefix } from '../../runtime/places.ts';
import { publicUrl } from '../../runtime/url.ts';
import type { action } from './interface.ts';

type PreflightJob = Job<typeof action>;

export interface PreflightInputs {
  readonly config: PreflightConfig;
  /** Region that the service's ARN names. */
  readonly region: string | undefined;
  readonly smokeChecks: string | undefined;
  readonly reportFile: string | undefined;
}

/** @throws ActionError `refused`, naming the input */
export function readInputs(job: PreflightJob): PreflightInputs {
  const { inputs } = job;
  const text = (name: Parameters<typeof inputs.text>[0]) => inputs.text(name) || undefined;
  const service = readService(inputs);
  const environment = readVariables(job);
  const image = readImage(text('image'));
  const bucket = readBucket(inputs.text('bucket'), 'bucket') || undefined;
  return {
    config: {
      environment: inputs.required('environment'),
      backend: service && { ...service, container: text('container') },
      repository:
        readRepository(text('repository')) ?? (image && { name: image.repository, account: image.account }),
      image,
      variables: environment.variables,
      secrets: environment.secrets,
      alarms: inputs.lines('alarms'),
      site: bucket
        ? {
            bucket,
            prefix: readPrefix(inputs.text('prefix')),
            distributions: readDistributions(inputs.text('distribution')),
            siteUrl: readUrl(inputs, 'site-url'),
          }
        : undefined,
      releaseBucket:
        readBucket(inputs.text('release-bucket'), 'release-bucket') || (bucket && `${bucket}-backup`),
      vectorStore: readVectorStore(job),
      cost: inputs.flag('cost'),
      failOnUnknown: inputs.flag('fail-on-unknown'),
    },
    region: service?.region,
    smokeChecks: text('smoke-checks'),
    reportFile: text('report-file'),
  };
}

function readService(inputs: PreflightJob['inputs']) {
  const service = inputs.text('service');
  if (!service) return undefined;
  const target = inputs.choice('target', ['auto', 'apprunner', 'ecs', 'ecs-express']);
  return parseServiceRef({ service, target, cluster: inputs.text('cluster') });
}

function readVariables({ inputs, run }: PreflightJob) {
  const path = inputs.text('env-file');
  const fromFile = path
    ? parseEnvironment(readText(resolve(run.workspace, path), path), {
        input: 'env-file',
        path,
        emptyIsMistake: false,
      })
    : EMPTY;
  const lines = parseEnvironment(inputs.text('environment-variables'), {
    input: 'environment-variables',
    emptyIsMistake: true,
  });
  return mergeEnvironments(fromFile, lines, {
    variables: {},
    secrets: parseSecretLines(inputs.text('secrets')),
  });
}

const EMPTY = { variables: {}, secrets: {} };

function readText(full: string, path: string): string {
  try {
    return readFileSync(full, 'utf8');
  } catch (error) {
    throw refused({
      input: 'env-file',
      what: `${path} could not be read`,
      found: messageOf(error),
      fix: 'give its path from the workspace',
      cause: error,
    });
  }
}

function readImage(text: string | undefined) {
  if (!text) return undefined;
  const { repository, account, tag, digest, kind } = parseImageRef(text);
  return kind === 'ecr' ? { repository, account, tag, digest } : undefined;
}

/** `api`, `team/api`, or the URI that ECR gives. */
function readRepository(text: string | undefined) {
  if (!text) return undefined;
  const uri = /^(?<account>\d{12})\.dkr\.ecr\.[^/]+\/(?<name>[^:@]+)$/.exec(text)?.groups;
  if (uri) return { name: uri['name'] ?? '', account: uri['account'] };
  const name = /^(?:(?:127\.0\.0\.1|localhost):\d+\/)?(?<name>[a-z0-9]+(?:[._/-][a-z0-9]+)*)$/.exec(text)
    ?.groups?.['name'];
  if (name) return { name };
  throw refused({
    input: 'repository',
    what: 'is neither the name nor the URI of an ECR repository',
    found: text,
    fix: 'write api, or 123456789012.dkr.ecr.us-west-2.amazonaws.com/api',
  });
}

function readUrl(inputs: PreflightJob['inputs'], name: 'site-url' | 'qdrant-url'): string | undefined {
  const text = inputs.text(name);
  if (!text) return undefined;
  try {
    const url = new URL(publicUrl(text));
    if (url.protocol === 'http:' || url.protocol === 'https:') return url.href;
  } catch {
    // Said below.
  }
  throw refused({
    input: name,
    what: 'is not an address',
    found: JSON.stringify(text),
    fix: 'write it like https://example.com',
  });
}

function readVectorStore({ inputs, env, log }: PreflightJob) {
  const url = readUrl(inputs, 'qdrant-url');
  if (!url) return undefined;
  const apiKey = env['QDRANT_API_KEY'] || undefined;
  if (apiKey) log.mask(apiKey);
  const collections = inputs.lines('qdrant-collections').flatMap((line) =>
    line
      .split(',')
      .map((name) => name.trim())
      .filter(Boolean),
  );
  return { url: url.replace(/\/+$/, ''), apiKey, collections };
}
