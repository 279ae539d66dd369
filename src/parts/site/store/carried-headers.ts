import { type HeaderRule, saysOf } from '../scan/header-rules.ts';
import { HeaderSets } from '../scan/headers.ts';
import type { CarriedField, FileHeaders, Manifest, SiteFile } from '../types.ts';
import { byPath } from './manifest.ts';

const CARRIED: Readonly<Record<CarriedField, string>> = {
  contentEncoding: 'Content-Encoding',
  contentDisposition: 'Content-Disposition',
  contentLanguage: 'Content-Language',
  metadata: 'metadata',
};
const NAMES = Object.keys(CARRIED) as CarriedField[];
/** Types that say nothing of what is inside. */
const PLAIN = /^application\/(?:octet-stream|gzip)$/;

/** The headers of an object that we did not write. */
export function asCarried(headers: FileHeaders): FileHeaders {
  const carried = NAMES.filter((field) => headers[field] !== undefined);
  return carried.length > 0 ? { ...headers, carried } : headers;
}

/**
 * The files of a build, with the headers that somebody else gave the live objects while their bytes stay, and what is lost
 * with bytes that do not. A rule of the user goes before. Pure.
 * @param base what is live
 */
export function withCarried(
  files: readonly SiteFile[],
  base: Manifest,
  rules: readonly HeaderRule[],
): { files: readonly SiteFile[]; losses: readonly string[] } {
  if (!base.files.some((file) => file.headers.carried)) return { files, losses: [] };
  const live = byPath(base);
  const sets = new HeaderSets();
  const losses: string[] = [];
  const kept = files.map((file) => {
    const before = live.get(file.path);
    const fields = (before?.headers.carried ?? []).filter(
      (field) => file.headers[field] === undefined && !saysOf(file.path, field, rules),
    );
    if (!before || fields.length === 0) return file;
    if (before.sha256 === file.sha256)
      return { ...file, headers: sets.unique(carry(file.headers, before.headers, fields)) };
    losses.push(`${file.path}: ${fields.map((field) => inWords(field, before.headers)).join(', ')}`);
    return file;
  });
  return { files: kept, losses };
}

function carry(own: FileHeaders, before: FileHeaders, fields: readonly CarriedField[]): FileHeaders {
  const values = Object.fromEntries(fields.map((field) => [field, before[field]]));
  // What is decoded on arrival has the type of what is inside.
  const typed = fields.includes('contentEncoding') && PLAIN.test(own.contentType) && before.contentType;
  return { ...own, ...values, ...(typed ? { contentType: before.contentType } : {}), carried: fields };
}

const inWords = (field: CarriedField, headers: FileHeaders): string =>
  field === 'metadata'
    ? Object.keys(headers.metadata ?? {})
        .map((name) => `x-amz-meta-${name}`)
        .join(', ')
    : `${CARRIED[field]} ${JSON.stringify(headers[field])}`;
