import { posix } from 'node:path';
import { nearest } from '../../runtime/nearest.ts';
import type { Account } from './account.ts';
import type { Found, ServiceFound, SiteFound } from './found.ts';
import type { SiteBefore, TakenOver } from './take-over.ts';

/** A first release file, before it is written. What is not known is `undefined`, and becomes a variable. */
export interface Draft {
  readonly environment: string;
  readonly region: string | undefined;
  readonly role: string | undefined;
  readonly releaseBucket: string | undefined;
  readonly parts: readonly DraftPart[];
}
export type DraftPart = DraftService | DraftSite;
export interface DraftService {
  readonly kind: 'service';
  readonly found: ServiceFound;
  readonly service: string | undefined;
  readonly cluster: string | undefined;
  readonly repository: string | undefined;
}
export interface DraftSite {
  readonly kind: 'site';
  readonly found: SiteFound;
  readonly bucket: string | undefined;
  readonly prefix: string;
  readonly distribution: string | undefined;
  readonly before: SiteBefore | undefined;
}

/** What was given by flags, for a part `name=value`, or a value for the only part of its kind. */
export interface Given {
  readonly environment: string;
  readonly region: string;
  readonly role: string;
  readonly releaseBucket: string;
  readonly services: readonly string[];
  readonly repositories: readonly string[];
  readonly buckets: readonly string[];
  readonly distributions: readonly string[];
}

/** What each part is in the account: what was given, else what a workflow said, else what the account has and fits. */
export function draftOf(found: readonly Found[], given: Given, before: TakenOver, account: Account): Draft {
  const services = found.filter((part) => part.kind === 'service');
  const sites = found.filter((part) => part.kind === 'site');
  const parts = [
    ...services.map((part) => draftService(part, services, given, before, account)),
    ...sites.map((part) => draftSite(part, sites, given, before, account)),
  ];
  const bucket = parts.find((part) => part.kind === 'site')?.bucket;
  return {
    environment: given.environment,
    region: given.region || before.region || account.region,
    role: given.role || before.role,
    // deploy-frontend's own default, which a release with a site has kept its records in until now.
    releaseBucket: given.releaseBucket || (bucket && !bucket.includes('$') ? `${bucket}-backup` : undefined),
    parts,
  };
}

/** `name=value` of this part, or the one value that has no name where the part is the only one. */
export function givenFor(name: string, values: readonly string[], only: boolean): string | undefined {
  const own = values.find((value) => value.startsWith(`${name}=`));
  if (own !== undefined) return own.slice(name.length + 1);
  const plain = values.filter((value) => !/^[a-z0-9-]{1,40}=/.test(value));
  return only && plain.length === 1 ? plain[0] : undefined;
}

/** The one that fits: the only one where there is one part, else the one whose name is like the part's. */
function fitting<T>(
  name: string,
  all: readonly T[],
  nameOf: (one: T) => string,
  only: boolean,
): T | undefined {
  if (only && all.length === 1) return all[0];
  const like = all.filter((one) =>
    nameOf(one)
      .toLowerCase()
      .split(/[^a-z0-9]+/)
      .includes(name),
  );
  if (like.length === 1) return like[0];
  const near = nearest(name, all.map(nameOf));
  return like.length === 0 && near !== undefined ? all.find((one) => nameOf(one) === near) : undefined;
}

function draftService(
  found: ServiceFound,
  all: readonly ServiceFound[],
  given: Given,
  before: TakenOver,
  account: Account,
): DraftService {
  const only = all.length === 1;
  const said = fitting(
    found.name,
    before.services,
    ({ service }) => service.split('/').at(-1) ?? service,
    only,
  );
  const live = fitting(found.name, account.services, ({ name }) => name, only);
  // A name needs its target and its cluster; the account's ARN says both.
  const known = account.services.find(
    ({ name, arn }) => said && (name === said.service || arn === said.service),
  );
  const service = givenFor(found.name, given.services, only) ?? known?.arn ?? said?.service ?? live?.arn;
  const names = [...new Set([...before.repositories, ...account.repositories])];
  const repository =
    givenFor(found.name, given.repositories, only) ??
    (only && before.repositories.length === 1 ? before.repositories[0] : undefined) ??
    fitting(found.name, names, (name) => name, only);
  const isName = service !== undefined && !service.startsWith('arn:') && !service.startsWith('$');
  return { kind: 'service', found, service, cluster: isName ? said?.cluster : undefined, repository };
}

function draftSite(
  found: SiteFound,
  all: readonly SiteFound[],
  given: Given,
  before: TakenOver,
  account: Account,
): DraftSite {
  const only = all.length === 1;
  const folder = posix.join(found.directory, found.output);
  const said =
    before.sites.find(({ source }) => source === folder) ??
    before.sites.find(({ source }) => source.startsWith(`${found.directory}/`)) ??
    (only && before.sites.length === 1 ? before.sites[0] : undefined);
  const bucket = givenFor(found.name, given.buckets, only) ?? said?.bucket;
  const live = bucket
    ? account.distributions.find((one) => one.bucket === bucket)
    : fitting(found.name, account.distributions, (one) => one.bucket, only);
  const told = only && before.distributions.length === 1 ? before.distributions[0] : undefined;
  return {
    kind: 'site',
    found,
    bucket: bucket ?? live?.bucket,
    prefix: said?.prefix || live?.prefix || '',
    distribution: givenFor(found.name, given.distributions, only) ?? told ?? live?.id,
    before: said,
  };
}
