import { awsProblem } from '../../../aws/errors.ts';
import type { WriteHeaders } from '../../../aws/write-headers.ts';
import { refused } from '../../../runtime/errors.ts';
import type { Situation } from '../plan/situation.ts';
import { type Front, facesOf } from '../site.ts';
import type { SitePorts } from '../types.ts';
import type { SiteKeys } from './keys.ts';

/** From now on everything that is written carries these: the ACL is the live bucket's alone. */
export function carry({ live, release }: Pick<SitePorts, 'live' | 'release'>, headers: WriteHeaders): void {
  live.carry(headers);
  release.carry({ encryption: headers.encryption });
}

/**
 * S3 makes each object that is written private, also where it takes the place of one that everybody may read by its ACL:
 * a site that is public so would answer 403 to everybody, and going back would not mend it.
 * @throws ActionError `refused`
 */
export async function refuseLosingAcl(
  ports: SitePorts,
  keys: SiteKeys,
  front: Front,
  situation: Situation,
): Promise<void> {
  const key = await publicByAcl(ports, keys, front, situation);
  if (!key) return;
  throw refused({
    input: 'acl',
    what: 'the files of this site are public by their ACLs, and what is deployed would be private: 403 for everybody',
    found: `s3://${ports.live.bucket}/${key} grants READ to everybody`,
    fix: 'set `acl: public-read` in this step to keep it so; better: a private bucket behind CloudFront with Origin Access Control (infra/terraform makes it)',
  });
}

/** What a release that goes back is written with: as the site was last deployed, or as its live objects show. */
export async function writesToKeep(
  ports: SitePorts,
  keys: SiteKeys,
  front: Front,
  situation: Situation,
): Promise<WriteHeaders> {
  const known = situation.found?.state.writes ?? {};
  if (known.acl) return known;
  const key = await publicByAcl(ports, keys, front, situation);
  if (!key) return known;
  ports.log.notice(`${key} is public by its ACL, and so will be what goes back`);
  return { ...known, acl: 'public-read' };
}

/** Key of a live object that everybody may read by its ACL. Where all distributions sign their requests, nobody needs that. */
async function publicByAcl(
  ports: SitePorts,
  keys: SiteKeys,
  front: Front,
  { live }: Situation,
): Promise<string | undefined> {
  const path = live.has('index.html') ? 'index.html' : live.keys().next().value;
  if (path === undefined || facesOf(front).every(({ signed }) => signed)) return undefined;
  const key = keys.live(path);
  const isPublic = await ports.live.isPublicByAcl(key).catch((error) => {
    const resource = `s3://${ports.live.bucket}/${key}`;
    throw awsProblem(error, { operation: 's3:GetObjectAcl', resource, input: 'bucket' });
  });
  if (isPublic === undefined)
    ports.log.debug(`${key}: its ACL may not be read (s3:GetObjectAcl); it is taken to be private`);
  return isPublic ? key : undefined;
}
