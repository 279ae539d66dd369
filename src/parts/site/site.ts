import { isHostOfBucket } from '../../aws/bucket-host.ts';
import type { Cdn, Distribution } from '../../aws/cloudfront.ts';
import { isHostOf, mountOf } from '../../aws/distribution-host.ts';
import { awsProblem } from '../../aws/errors.ts';
import { refused } from '../../runtime/errors.ts';
import { publicUrl } from '../../runtime/url.ts';
import { DEFAULT_ERROR_TTL, missingTtl } from './live/cached-errors.ts';
import { otherPaths } from './scan/other-paths.ts';
import type { SitePlace, SitePorts } from './types.ts';

/** How visitors reach the site by one distribution, or without any. */
export interface Face {
  /** Id of the distribution. */
  readonly distribution?: string;
  /** Where the site's `index.html` is, without a slash at its end; `undefined` where nobody has said. */
  readonly siteUrl: string | undefined;
  /** Other hosts that the distribution answers for. */
  readonly aliases: readonly string[];
  /** Path of the site at the distribution, without slashes at its ends: what an invalidation names. */
  readonly mount: string;
  /** True where the distribution signs its requests to the bucket, so that nothing has to be public. */
  readonly signed: boolean;
  /** False where nothing but a bucket is behind the distribution, which knows keys only. */
  readonly findsFiles: boolean;
  /** Path patterns of the distribution that something else than the site's bucket answers: `/api/*`. */
  readonly otherPaths: readonly string[];
  /** Seconds that an error answer for a name which is not there stays in the caches. */
  readonly errorTtl: number;
  /** Paths, without a slash at the start, that the distribution answers with where a file is not there. */
  readonly errorPages: readonly string[];
  /** How the distribution is set to answer for a file that is not there, where that is no error: in words. */
  readonly missingIsPage?: string | undefined;
  /** True where the last activation did not tell it: its caches may hold anything. */
  readonly isNew?: boolean;
}

/** How visitors reach the site: by the face that `site-url` names, else the first, and by others beside it. */
export interface Front extends Face {
  /** Other distributions in front of the same files. */
  readonly others: readonly Face[];
  /** True once the site has been asked for a name that it does not have. */
  readonly absenceAsked?: boolean;
}

/** All faces of a site, the main one first. */
export const facesOf = (front: Front): readonly Face[] => [front, ...front.others];

/** The front whose faces know whether they are new. @param told ids; `undefined` where it is not known */
export function withNewFaces(front: Front, told: readonly string[] | undefined): Front {
  const mark = <T extends Face>(face: T): T =>
    told && face.distribution && !told.includes(face.distribution) ? { ...face, isNew: true } : face;
  return { ...mark(front), others: front.others.map(mark) };
}

/** The front with each of its faces as `change` makes it. */
export async function mapFaces(front: Front, change: (face: Face) => Promise<Face>): Promise<Front> {
  const [main, ...others] = await Promise.all(facesOf(front).map(change));
  return { ...front, ...main, others };
}

/**
 * Asks CloudFront what it serves, and from where. An address that is given is the site's own: a function of the
 * distribution may lead a host such as `pr-7.preview.example.com` to a prefix that no visitor sees.
 * @throws ActionError `refused` where a distribution cannot be the site's.
 */
export async function findFront(
  ports: SitePorts,
  place: SitePlace,
  givenUrl: string | undefined,
): Promise<Front> {
  const given = givenUrl ? publicUrl(givenUrl) : undefined;
  const found = await Promise.all(ports.cdns.map((cdn) => findFace(ports, cdn, place)));
  const main = found.find((face) => given !== undefined && answersFor(face, given)) ?? found[0];
  if (!main) return { ...withoutDistribution(place), siteUrl: given, others: [] };
  const others = found.filter((face) => face !== main);
  return { ...main, siteUrl: given ?? main.siteUrl, others };
}

const withoutDistribution = (place: SitePlace): Omit<Face, 'siteUrl'> => ({
  aliases: [],
  mount: place.prefix,
  signed: false,
  findsFiles: true,
  otherPaths: [],
  errorTtl: DEFAULT_ERROR_TTL,
  errorPages: [],
});

/** Whether an address is at a host of that distribution. */
function answersFor({ siteUrl, aliases }: Face, url: string): boolean {
  const { hostname } = new URL(url);
  return hostname === new URL(siteUrl ?? '').hostname || aliases.some((alias) => isHostOf(alias, hostname));
}

/**
 * The path below the site, with a slash at its start, of a URL at one of the site's hosts: what `site-url` names, each
 * distribution's own, and its aliases. `undefined` for any other URL. Pure.
 */
export const pathAt =
  (front: Front) =>
  (text: string): string | undefined => {
    if (!URL.canParse(text, 'https://x.invalid')) return undefined;
    const url = new URL(text, 'https://x.invalid');
    for (const { siteUrl, aliases, mount } of facesOf(front)) {
      const at = siteUrl === undefined ? undefined : new URL(siteUrl);
      const isAlias = aliases.some((alias) => isHostOf(alias, url.hostname));
      const base = at?.host === url.host ? at.pathname : isAlias ? `/${mount}` : undefined;
      const folder = base?.replace(/\/+$/, '');
      if (folder !== undefined && `${url.pathname}/`.startsWith(`${folder}/`))
        return `/${url.pathname.slice(folder.length + 1)}`;
    }
    return undefined;
  };

async function findFace(ports: SitePorts, cdn: Cdn, place: SitePlace): Promise<Face> {
  const distribution = await cdn.describe().catch((error) => {
    throw awsProblem(error, {
      operation: 'cloudfront:GetDistribution',
      resource: cdn.id,
      input: 'distribution',
    });
  });
  if (!distribution.enabled) ports.log.warning(`the distribution ${distribution.id} is disabled`);
  const mount = findMount(ports, place, distribution);
  const answering = distribution.errorPages.filter(
    ({ code, path }) => path && (code === 403 || code === 404),
  );
  return {
    distribution: cdn.id,
    signed: distribution.origins.some(({ domain, signed }) => signed && isHostOfBucket(domain, place.bucket)),
    siteUrl: publicUrl(`${distribution.domain}/${mount}`),
    aliases: distribution.aliases,
    mount,
    findsFiles: distribution.findsFiles,
    otherPaths: otherPaths(distribution, place.bucket),
    errorTtl: missingTtl(distribution.errorPages),
    errorPages: answering.map(({ path }) => path.replace(/^\//, '')),
    missingIsPage: missingIsPage(distribution),
  };
}

/** Custom error responses that answer 403 or 404 (what a private bucket says of a missing file) with success. */
function missingIsPage({ id, errorPages }: Distribution): string | undefined {
  const turned = errorPages.filter(
    ({ code, status }) => (code === 403 || code === 404) && status >= 200 && status < 300,
  );
  if (turned.length === 0) return undefined;
  const codes = turned.map(({ code }) => code).join(' and ');
  const pages = [...new Set(turned.map(({ path }) => path))].join(', ');
  return `the custom error responses of ${id} turn ${codes} into ${pages} with HTTP ${turned[0]?.status}`;
}

function findMount(ports: SitePorts, place: SitePlace, distribution: Distribution): string {
  const { ours, mount } = mountAt(distribution, place);
  if (ours.length === 0) {
    ports.log.warning(
      `none of the origins of ${distribution.id} is the bucket ${place.bucket} (${distribution.origins.map((o) => o.domain).join(', ')}): is it the right distribution?`,
    );
    return place.prefix;
  }
  if (mount !== undefined) return mount;
  throw refused({
    input: 'prefix',
    what: `the distribution ${distribution.id} does not serve this part of the bucket`,
    found: `prefix ${JSON.stringify(place.prefix)}, origin path ${ours.map((o) => JSON.stringify(o.path)).join(', ')}`,
    fix: 'let `prefix` begin with the origin path',
  });
}

/** The origins that are the site's bucket, and where the first of them that reaches the prefix puts it in URLs. */
export function mountAt(
  { origins }: Pick<Distribution, 'origins'>,
  place: Pick<SitePlace, 'bucket' | 'prefix'>,
) {
  const ours = origins.filter(({ domain }) => isHostOfBucket(domain, place.bucket));
  const [mount] = ours
    .map((origin) => mountOf(place.prefix, origin.path))
    .filter((found) => found !== undefined);
  return { ours, mount };
}
