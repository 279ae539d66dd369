import { randomUUID } from 'node:crypto';
import pMap from 'p-map';
import { failed, messageOf, refused } from '../../../runtime/errors.ts';
import { hasBytes, type RawAnswer } from '../../../runtime/http-get.ts';
import { isPage } from '../scan/is-page.ts';
import { type Front, facesOf } from '../site.ts';
import { INDEX } from '../store/manifest.ts';
import type { ActivationOptions, SiteFile, SitePorts } from '../types.ts';
import { askSite, urlOf } from './ask-site.ts';
import { accessOf, LET_IN } from './site-access.ts';

/** Pages and other files that are read back, at most. */
const MOST_PAGES = 25;
const MOST_OTHERS = 5;
/** Milliseconds in which edges may still answer with what was there before. */
export const SETTLE = { invalidated: 4000, notWaitedFor: 60_000 };
const LOOK_EVERY = 500;

/** What to read back: the entry pages, then what was written, pages before others. */
export function filesToVerify(
  all: readonly SiteFile[],
  written: ReadonlySet<string>,
  entries: readonly string[] = INDEX,
): SiteFile[] {
  const named = all.filter((file) => entries.includes(file.path));
  // A site without a page to begin with is there where one of its files is.
  const index = named.length > 0 ? named : all.filter((file) => file.size < 5_000_000).slice(0, 1);
  const changed = all.filter((file) => written.has(file.path) && !index.includes(file));
  const pages = changed.filter((file) => isPage(file.headers.contentType));
  const others = changed.filter((file) => !isPage(file.headers.contentType) && file.size < 5_000_000);
  // What a wrong header breaks altogether goes before what it does not.
  others.sort(
    (a, b) =>
      Number(b.headers.contentEncoding !== undefined) - Number(a.headers.contentEncoding !== undefined),
  );
  return [...index, ...pages.slice(0, MOST_PAGES), ...others.slice(0, MOST_OTHERS)];
}

/** How an answer differs from what was deployed; `undefined` where it does not. */
export function mismatch(file: SiteFile, answer: RawAnswer, level: 'full' | 'pages'): string | undefined {
  if (answer.status !== 200) return `HTTP ${answer.status} and not 200${cachedError(answer)}`;
  if (!hasBytes(answer, file.sha256)) {
    return `other bytes: ${answer.size} of them, SHA-256 ${answer.sha256.slice(0, 12)}…; deployed were ${file.size}, ${file.sha256.slice(0, 12)}…`;
  }
  const type = answer.headers['content-type'] ?? '';
  if (normal(type) !== normal(file.headers.contentType)) {
    return `Content-Type ${JSON.stringify(type)} and not ${JSON.stringify(file.headers.contentType)}`;
  }
  const { contentEncoding = '', contentDisposition, contentLanguage } = file.headers;
  const encoding = answer.headers['content-encoding'] ?? '';
  // A CDN may compress what is stored as it is: the bytes that come out of it are the file's.
  const isCompressedOnItsWay = contentEncoding === '' && answer.decoded?.sha256 === file.sha256;
  if (normal(encoding) !== normal(contentEncoding) && !isCompressedOnItsWay) {
    return `Content-Encoding ${JSON.stringify(encoding)} and not ${JSON.stringify(contentEncoding)}`;
  }
  if (level === 'pages') return undefined;
  for (const [name, wanted] of [
    ['Content-Disposition', contentDisposition],
    ['Content-Language', contentLanguage],
  ] as const) {
    const found = answer.headers[name.toLowerCase()] ?? '';
    if (wanted !== undefined && normal(found) !== normal(wanted))
      return `${name} ${JSON.stringify(found)} and not ${JSON.stringify(wanted)}`;
  }
  const cache = answer.headers['cache-control'] ?? '';
  if (normal(cache) !== normal(file.headers.cacheControl)) {
    return `Cache-Control ${JSON.stringify(cache)} and not ${JSON.stringify(file.headers.cacheControl)}`;
  }
  return undefined;
}

/** What tells that an error is one of before, which a cache still gives: its age, and CloudFront's own word for it. */
export function cachedError({ status, headers }: RawAnswer): string {
  const { age, 'x-cache': xCache } = headers;
  if ((status !== 403 && status !== 404) || age === undefined) return '';
  return `: a cached ${status} (Age: ${age} s${xCache ? `, X-Cache: ${xCache}` : ''}), from before the file was there`;
}

const normal = (header: string) => header.toLowerCase().replaceAll(/\s+/g, '');

export interface VerifyRequest {
  readonly siteUrl: string;
  readonly files: readonly SiteFile[];
  readonly level: ActivationOptions['verify'];
  readonly invalidated: boolean;
  /** Paths that were not there before: a CDN may answer for them with the error of before, for `errorTtl` seconds. */
  readonly waitedOut: ReadonlySet<string>;
  readonly errorTtl: number;
}

/**
 * Reads files back through the CDN and compares them byte for byte.
 * @throws ActionError `failed` that names every difference.
 */
export async function verifySite(ports: SitePorts, request: VerifyRequest): Promise<number> {
  const { level, files, siteUrl, waitedOut } = request;
  if (level === 'off') return 0;
  const now = ports.clock.now();
  const until = now + (request.invalidated ? SETTLE.invalidated : SETTLE.notWaitedFor);
  const untilForNew = Math.max(until, now + request.errorTtl * 1000 + SETTLE.invalidated);
  const wrong: string[] = [];
  let denied = false;
  await pMap(
    files,
    async (file) => {
      const patience = waitedOut.has(file.path) ? untilForNew : until;
      const problem = await settled(ports, urlOf(siteUrl, file.path), patience, (answer) => {
        const difference = mismatch(file, answer, level);
        denied ||=
          difference !== undefined && accessOf(urlOf(siteUrl, file.path), answer, []).kind === 'denied';
        return difference;
      });
      if (problem) wrong.push(`${urlOf(siteUrl, file.path)}: ${problem}`);
    },
    { concurrency: 6 },
  );
  if (wrong.length > 0) {
    throw failed({
      what: `${wrong.length} of ${files.length} files that were read back from ${siteUrl} are not as deployed`,
      details: wrong.slice(0, 10),
      fix: denied
        ? LET_IN
        : 'see that `distribution` (or `site-url`) serves this bucket and prefix, and that no response headers policy or function rewrites it; `verify: pages` compares no cache headers, `verify: false` nothing',
    });
  }
  return files.length;
}

/** Asks again until the answer is right, or the time is over. @returns what is wrong with the last answer */
export async function settled(
  ports: SitePorts,
  url: string,
  until: number,
  judge: (answer: RawAnswer) => string | undefined | Promise<string | undefined>,
): Promise<string | undefined> {
  for (;;) {
    ports.signal.throwIfAborted();
    let problem: string | undefined;
    try {
      problem = await judge(await askSite(ports, url));
    } catch (error) {
      ports.signal.throwIfAborted();
      problem = messageOf(error);
    }
    if (!problem || ports.clock.now() >= until) return problem;
    await ports.clock.sleep(LOOK_EVERY, ports.signal);
  }
}

/**
 * A distribution's settings tell while the bucket is still empty whether a missing file is answered with a page.
 * @throws ActionError `refused`
 */
export function refuseMissingIsPage(front: Front): void {
  const answers = facesOf(front).find(({ missingIsPage }) => missingIsPage)?.missingIsPage;
  if (answers) throw answersForMissing(answers);
}

/** A name that no site has, and another each time: the answer stays in the cache. */
export const missingName = () => `wwhd-missing-${randomUUID()}.js`;

/**
 * A script that does not exist must not be answered with a page: the browser would run HTML as JavaScript, and no tab
 * could tell that it is out of date.
 * @throws ActionError `refused`
 */
export async function checkMissingIsMissing(ports: SitePorts, siteUrl: string): Promise<void> {
  const url = urlOf(siteUrl, missingName());
  let answer: RawAnswer;
  try {
    answer = await askSite(ports, url);
  } catch (error) {
    ports.signal.throwIfAborted();
    ports.log.debug(`asking for a missing file did not work: ${messageOf(error)}`);
    return;
  }
  refuseAnsweredMissing(url, answer);
}

/** @throws ActionError `refused` where the answer to a name that is not there is no error */
export function refuseAnsweredMissing(url: string, answer: RawAnswer): void {
  if (answer.status < 200 || answer.status > 299) return;
  throw answersForMissing(`${url}: HTTP ${answer.status}, ${answer.headers['content-type'] ?? 'no type'}`);
}

const answersForMissing = (found: string) =>
  refused({
    input: 'verify',
    what: 'the CDN answers for a file that does not exist',
    found,
    details: [
      'a browser would get a page where it asked for a script, and an open tab could not tell that it is out of date',
      'a single-page app whose routes are answered with index.html: set `verify: pages` in this step, and that is all',
      'better: take these error pages away, and route in a CloudFront function; docs/frontend.md, "Single-page apps", has it',
    ],
    fix: 'set `verify: pages` to deploy with the distribution as it is',
  });
