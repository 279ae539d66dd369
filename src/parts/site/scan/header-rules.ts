import { refused } from '../../../runtime/errors.ts';
import type { FileHeaders } from '../types.ts';
import { type CacheRule, globMatcher } from './cache-rules.ts';

/** One header of the files that match; before all that we know ourselves. */
export interface HeaderRule {
  /** In lower case. */
  readonly name: string;
  /** `undefined` takes away what a rule after this one sets. */
  readonly value: string | undefined;
  matches(path: string): boolean;
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html */
const FIELDS = {
  'cache-control': 'cacheControl',
  'content-type': 'contentType',
  'content-disposition': 'contentDisposition',
  'content-language': 'contentLanguage',
  'content-encoding': 'contentEncoding',
} as const satisfies Readonly<Record<string, keyof FileHeaders>>;
const META = 'x-amz-meta-';
/** Bytes of all names and values of an object's metadata together. */
const MOST_METADATA = 2048;

/** Whether S3 keeps a header with an object and answers with it. */
export const isKept = (name: string): boolean => name in FIELDS || /^x-amz-meta-[\w.-]+$/.test(name);

/** What is wrong with a header, in words without its value; `undefined` where nothing is. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)) return 'has no name of a header before its colon';
  if (!/^[\x20-\x7e\t]*$/.test(value)) return `${name} has characters that are no printable ASCII`;
  if (name === 'content-type' && !/^[\w.+-]+\/[\w.+-]+\s*(?:;.*)?$/.test(value))
    return 'Content-Type is not like text/html; charset=utf-8';
  if (name === 'content-encoding' && !/^[a-z0-9-]+(?:\s*,\s*[a-z0-9-]+)*$/i.test(value))
    return 'Content-Encoding is not like br or gzip';
  return undefined;
}

/**
 * One line of the input `headers`: `glob: name: value`.
 * @throws ActionError `refused` for what S3 does not keep
 */
export function headerLine(line: string): HeaderRule {
  const [, glob = '', name = '', value = ''] = /^(.+?):\s+([^\s:]+):\s*(.*)$/.exec(line) ?? [];
  const wrong = (what: string, fix: string) => refused({ input: 'headers', what, found: line, fix });
  const example = 'write it like downloads/**: Content-Disposition: attachment';
  if (name === '' || value === '') throw wrong('has a line that is not `glob: name: value`', example);
  const problem = headerProblem(name.toLowerCase(), value);
  if (problem) throw wrong(problem, example);
  if (!isKept(name.toLowerCase())) throw wrong(`S3 keeps no ${name} with a file`, POLICY);
  return { name: name.toLowerCase(), value, matches: globMatcher(glob.trim()) };
}

/** Where a header goes that S3 does not keep. */
export const POLICY =
  'set it in the distribution\'s response headers policy (infra/terraform makes one, with content_security_policy; docs/frontend.md, "Headers")';

/** The rules' answer for one file: what they set, and what they say nothing may set. Earlier rules win. */
export function headersBy(path: string, rules: readonly HeaderRule[]): Partial<FileHeaders> {
  const set: Record<string, string> = {};
  const metadata: Record<string, string> = {};
  const said = new Set<string>();
  for (const { name, value, matches } of rules) {
    if (said.has(name) || !matches(path)) continue;
    said.add(name);
    if (value === undefined) continue;
    const field = FIELDS[name as keyof typeof FIELDS];
    if (field) set[field] = value;
    else metadata[name.slice(META.length)] = value;
  }
  return { ...set, ...(Object.keys(metadata).length > 0 ? { metadata: checkSize(path, metadata) } : {}) };
}

/** Whether a rule says something of a header of a file. */
export const saysOf = (path: string, field: keyof FileHeaders, rules: readonly HeaderRule[]): boolean =>
  rules.some(
    ({ name, matches }) =>
      (field === 'metadata' ? name.startsWith(META) : FIELDS[name as keyof typeof FIELDS] === field) &&
      matches(path),
  );

function checkSize(path: string, metadata: Record<string, string>): Record<string, string> {
  const size = Object.entries(metadata).reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (size <= MOST_METADATA) return metadata;
  throw refused({
    input: 'headers',
    what: `${path} would have more metadata than S3 keeps`,
    found: `${size} bytes of x-amz-meta-… names and values; ${MOST_METADATA} are possible`,
    fix: 'set fewer of them, or shorter ones',
  });
}

/** What of these rules is about caching, in the form of the input `cache-control`. */
export function cacheRulesOf(rules: readonly HeaderRule[]): CacheRule[] {
  const about = rules.filter(({ name }) => name === 'cache-control');
  return about.flatMap(({ value, matches }, i): CacheRule[] => {
    if (value === undefined) return [];
    const before = about.slice(0, i).filter((rule) => rule.value === undefined);
    return [
      {
        glob: '_headers',
        value,
        matches: (path) => matches(path) && !before.some((rule) => rule.matches(path)),
      },
    ];
  });
}
