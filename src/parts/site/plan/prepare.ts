import { readFileSync } from 'node:fs';
import { refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import type { DeploySiteConfig, PreparePorts } from '../deploy-types.ts';
import {
  type Address,
  addressesOf,
  basePath,
  distinct,
  pagesOf,
  refuseUnfindable,
} from '../live/addresses.ts';
import { reachSite } from '../live/site-access.ts';
import { missingName, refuseAnsweredMissing, refuseMissingIsPage } from '../live/verify.ts';
import {
  checkIsSite,
  type MissingReference,
  missingIcons,
  missingReferences,
  refuseMissing,
} from '../scan/guards.ts';
import { POLICY } from '../scan/header-rules.ts';
import { isElsewhere } from '../scan/other-paths.ts';
import { refuseCircle } from '../scan/redirect-circles.ts';
import { type Scanned, scan } from '../scan/scan.ts';
import { type Front, facesOf, findFront, mapFaces, pathAt } from '../site.ts';
import { type SiteKeys, siteKeys } from '../store/keys.ts';
import { refuseLosingAcl } from '../store/write-options.ts';
import type { SitePorts } from '../types.ts';
import { type Prepared, planFor } from './plan-deployment.ts';
import { readSituation, type Situation } from './situation.ts';

/**
 * Reads the folder and the site, and plans.
 * @throws ActionError for everything that can be wrong with the folder, the bucket or the distribution
 */
export async function prepare(config: DeploySiteConfig, ports: PreparePorts): Promise<Prepared> {
  const keys = siteKeys(config.place);
  const { log, clock } = ports;
  // The folder is read by other threads while the cloud answers; what is wrong with the folder is told first.
  const looking = lookAround(config, ports, keys);
  looking.catch(() => {});
  const started = clock.now();
  const scanned = await scan({ ...config.scan, livePrefix: keys.livePrefix }, log);
  log.info(`read ${scanned.files.length} files in ${clock.now() - started} ms`);
  if (scanned.skippedDotfiles.length > 0) {
    log.notice(
      `left out, for their names start with a dot: ${scanned.skippedDotfiles.slice(0, 10).join(', ')}`,
    );
  }
  if (scanned.beyondS3.length > 0) {
    log.warning(`_headers: S3 keeps no ${scanned.beyondS3.join('; ')}: ${POLICY}`);
  }
  checkIsSite(scanned.files, config.scan.source, config.scan.entries);
  const { front: found, situation } = await looking;
  refuseCircleOverHosts(scanned, found);
  const addresses = readPages(config, scanned, found, log);
  if (!config.writes.acl) await refuseLosingAcl(ports, keys, found, situation);
  const front = found.absenceAsked ? found : await askSiteFirst(config, ports, found, situation, scanned);
  return planFor(config, clock, { keys, scanned, front, situation, addresses });
}

/** Only here it is known which hosts are the site's own: a URL at one of them leads to another line, or the same. */
function refuseCircleOverHosts({ redirects, files }: Scanned, front: Front): void {
  if (redirects.length === 0) return;
  const pages = new Set(
    files.filter(({ headers }) => headers.redirect === undefined).map(({ path }) => path),
  );
  refuseCircle(redirects, (path) => pages.has(path), pathAt(front));
}

/** Plans anew on the site as it is now; the folder is read once. */
export async function lookAgain(
  config: DeploySiteConfig,
  ports: PreparePorts,
  before: Prepared,
): Promise<Prepared> {
  const { keys, scanned, front, addresses } = before;
  const situation = await lookAtSite(config, ports, keys);
  return planFor(config, ports.clock, { keys, scanned, front, situation, addresses });
}

async function lookAround(
  config: DeploySiteConfig,
  ports: PreparePorts,
  keys: SiteKeys,
): Promise<{ front: Front; situation: Situation }> {
  const looking = lookAtSite(config, ports, keys);
  // Whoever awaits it is told.
  looking.catch(() => {});
  const front = await findFront(ports, config.place, config.options.siteUrl);
  if (config.options.verify !== 'full') return { front, situation: await looking };
  refuseMissingIsPage(front);
  if (facesOf(front).some(({ errorPages }) => errorPages.length > 0))
    return { front, situation: await looking };
  return { front: await askForMissing(ports, front), situation: await looking };
}

/** Is a missing file missing, and are we let in? */
async function askForMissing(ports: SitePorts, front: Front): Promise<Front> {
  if (!front.siteUrl) return front;
  const asked = await mapFaces(front, async (face) => {
    const { face: reached, url, answer } = await reachSite(ports, face, missingName());
    if (answer) refuseAnsweredMissing(url, answer);
    return reached;
  });
  return { ...asked, absenceAsked: true };
}

/** What can be asked now that the listing and the folder are known, without making the CDN keep an error that matters. */
async function askSiteFirst(
  { options, scan }: DeploySiteConfig,
  ports: SitePorts,
  front: Front,
  situation: Situation,
  scanned: Scanned,
): Promise<Front> {
  if (options.verify === 'off' || !front.siteUrl) return front;
  const mayMiss = !bringsErrorPage(front, situation, scanned);
  if (options.verify === 'full' && mayMiss) return askForMissing(ports, front);
  const entry = scan.entries.find((path) => situation.live.has(path));
  const path = entry ?? (mayMiss ? missingName() : undefined);
  if (path === undefined) return front;
  return mapFaces(front, async (face) => (await reachSite(ports, face, path)).face);
}

/**
 * True where this release brings the page that the distribution answers with for a missing name: whoever asks for such a
 * name before makes the CDN ask for that page, and keep that it is not there. Then the proof asks, after the writes.
 */
function bringsErrorPage(front: Front, { live }: Situation, { files }: Scanned): boolean {
  const paths = facesOf(front).flatMap(({ errorPages, mount }) => {
    const folder = mount ? `${mount}/` : '';
    return errorPages.filter((path) => path.startsWith(folder)).map((path) => path.slice(folder.length));
  });
  return paths.some((path) => !live.has(path) && files.some((file) => file.path === path));
}

async function lookAtSite(config: DeploySiteConfig, ports: PreparePorts, keys: SiteKeys): Promise<Situation> {
  const situation = await readSituation(ports, keys, config.scan.excluded, ports);
  const owner = situation.found?.state.environment;
  if (owner && owner !== config.place.environment) {
    const { environment } = config.place;
    // Where this is the old name of an environment, its pointer says so, and what is to be done is another thing.
    await ports.pointerManifest();
    throw refused({
      input: 'environment',
      what: `this site belongs to the environment ${owner}`,
      found: `environment: ${environment}`,
      fix: `give each environment a bucket or a prefix of its own${renaming(owner, environment, ports.release.bucket)}`,
    });
  }
  return situation;
}

/** The command that a renamed environment needs; a text that is no name is nothing to paste into a terminal. */
function renaming(owner: string, environment: string, releaseBucket: string): string {
  if (!/^[\w.+-]+$/.test(owner)) return '';
  return `; where ${owner} is called ${environment} now, carry its releases over, once: wwhd-deploy history --release-bucket ${releaseBucket} --environment ${environment} --adopt-environment ${owner}`;
}

/**
 * Reads each page once: what it makes the browser load must be there (files that stay live for open tabs are no excuse),
 * and where its links lead must be found.
 * @returns the addresses of pages that pages link to
 */
function readPages(config: DeploySiteConfig, scanned: Scanned, front: Front, log: Log): Address[] {
  const present = new Set(scanned.files.map((file) => file.path));
  const faces = facesOf(front);
  const isPresent = (path: string) =>
    present.has(path) ||
    present.has(`${path}/index.html`) ||
    config.mayBeMissing(path) ||
    faces.some((face) => isElsewhere(path, face)) ||
    config.scan.excluded(path);
  const mounts = [...new Set(['', ...faces.map(({ mount }) => mount), config.place.prefix])];
  const pages = pagesOf(scanned.files);
  const base = basePath(front.siteUrl);
  const missing: MissingReference[] = [];
  const addresses: Address[] = [];
  for (const path of pages.keys()) {
    const source = scanned.sources.get(path);
    if (source?.kind === 'bytes' || !source) continue;
    const html = readFileSync(source.full, 'utf8');
    missing.push(...missingReferences(html, path, mounts, isPresent));
    addresses.push(...addressesOf(html, path, base, pages));
  }
  refuseMissing(missing);
  const icons = missingIcons(missing);
  if (icons) log.warning(icons);
  const asked = distinct(addresses, config.scan.entries).filter(
    ({ address }) => !config.mayBeMissing(address.replace(/\/+$/, '')),
  );
  const blind = faces.find(({ findsFiles }) => !findsFiles);
  if (config.options.verify !== 'off' && blind) refuseUnfindable(asked, blind.distribution ?? '');
  return asked;
}
