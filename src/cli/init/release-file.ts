import { posix } from 'node:path';
import type { Draft, DraftPart, DraftService, DraftSite } from './draft.ts';

/** What is written where a value is not known: a variable, and what a person has to find out. */
export interface Unknown {
  readonly variable: string;
  readonly what: string;
}

/** The name of the variable that stands for a value of a part. */
export const variableFor = (part: string, key: string) =>
  `${part}-${key}`.toUpperCase().replaceAll(/[^A-Z0-9]+/g, '_');

const SCHEMA_LINE =
  '# yaml-language-server: $schema=https://raw.githubusercontent.com/org/wwhd-deploy/v1/schemas/release-file.schema.json';

/** The text of wwhd-deploy.yml, and the variables in it that nobody has said yet. */
export function releaseFileText(
  draft: Draft,
  checks: string | undefined,
): { text: string; unknown: Unknown[] } {
  const unknown: Unknown[] = [];
  const or = (value: string | undefined, variable: string, what: string) => {
    if (value) return scalar(value);
    unknown.push({ variable, what });
    return `\${${variable}}`;
  };
  const first = draft.parts.find(({ kind, found }) => kind === 'service' && found.answers);
  const lines = [
    SCHEMA_LINE,
    'version: 1',
    `release-bucket: ${or(draft.releaseBucket, 'RELEASE_BUCKET', 'the S3 bucket of the ledger and of the backup')}`,
    ...(draft.region ? [`region: ${scalar(draft.region)}`] : []),
    'parts:',
    ...draft.parts.flatMap((part) => [
      `  ${part.found.name}:`,
      ...(part.kind === 'service'
        ? serviceLines(part, or, part === first ? checks : undefined)
        : siteLines(part, or, first ? undefined : checks)),
    ]),
    ...(draft.parts.length > 1 ? [`order: [${draft.parts.map(({ found }) => found.name).join(', ')}]`] : []),
    'environments:',
    `  ${draft.environment}: {}`,
  ];
  return { text: `${lines.join('\n')}\n`, unknown };
}

type Or = (value: string | undefined, variable: string, what: string) => string;

function serviceLines(
  { found, service, cluster, repository }: DraftService,
  or: Or,
  checks: string | undefined,
) {
  const { name, context, dockerfile, suggestions } = found;
  return [
    `    service: ${or(service, variableFor(name, 'service'), `the ARN of the service of ${name}`)}`,
    ...(cluster ? ['    target: ecs', `    cluster: ${scalar(cluster)}`] : []),
    '    image:',
    `      repository: ${or(repository, variableFor(name, 'repository'), `the ECR repository of ${name}`)}`,
    `      context: ${scalar(context)}`,
    ...(dockerfile ? [`      dockerfile: ${scalar(dockerfile)}`] : []),
    ...(checks ? [`    checks: ${checks}`] : []),
    ...suggestions.map((line) => `    # ${line}`),
  ];
}

function siteLines(
  { found, bucket, prefix, distribution, before }: DraftSite,
  or: Or,
  checks: string | undefined,
) {
  const { name, directory, command, output } = found;
  return [
    `    bucket: ${or(bucket, variableFor(name, 'bucket'), `the S3 bucket of ${name}`)}`,
    ...(prefix ? [`    prefix: ${scalar(prefix)}`] : []),
    `    distribution: ${or(distribution, variableFor(name, 'distribution'), `the id of the CloudFront distribution of ${name}`)}`,
    ...(command === undefined
      ? [`    source: ${scalar(posix.join(directory, output))}`]
      : [
          '    build:',
          `      directory: ${scalar(directory)}`,
          `      command: ${scalar(command)}`,
          `      output: ${scalar(output)}`,
        ]),
    ...(before?.exclude.length
      ? ['    exclude:', ...before.exclude.map((glob) => `      - ${scalar(glob)}`)]
      : []),
    ...(before?.cacheControl ? ['    cache-control:', `      "**": ${scalar(before.cacheControl)}`] : []),
    ...(before?.acl === 'public-read' ? ['    acl: public-read'] : []),
    ...(checks ? [`    checks: ${checks}`] : []),
  ];
}

/** A scalar of YAML in block style: plain where that is what it is, else as JSON, which YAML reads alike. */
export function scalar(text: string): string {
  const plain = /^(?!(?:true|false|null|yes|no|on|off|~)$)[A-Za-z./$][\w./:${}@ =+-]*$/i.test(text);
  return plain && !/: |:$| #|\s$/.test(text) ? text : JSON.stringify(text);
}

/** Parts by kind, for whoever writes about them. */
export const servicesOf = (draft: Draft) =>
  draft.parts.filter((part): part is DraftService => part.kind === 'service');
export const sitesOf = (draft: Draft) =>
  draft.parts.filter((part: DraftPart): part is DraftSite => part.kind === 'site');
