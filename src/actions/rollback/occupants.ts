import { recordedPart } from '../../release/composition.ts';
import {
  crossesOccupants,
  isSameOccupant,
  nameOfOccupant,
  namesService,
  type Occupant,
  otherOccupants,
} from '../../release/occupant.ts';
import { ownValue } from '../../release/part-name.ts';
import { distributionsOf, type PartKind, recordedDistributions } from '../../release/record.ts';
import { refused } from '../../runtime/errors.ts';
import type { RollbackConfig } from './inputs.ts';
import type { Survey } from './survey.ts';

type Places = Pick<RollbackConfig, 'service' | 'bucket' | 'distributions'>;
type Found = Pick<Survey, 'wanted' | 'kinds' | 'current' | 'byId' | 'records'>;

/** The input that says which service or site is meant, where one does. */
function saysWhich(kind: PartKind, { service, bucket, distributions }: Places): string | undefined {
  if (kind === 'service') return service ? 'service' : undefined;
  if (bucket) return 'bucket';
  return distributions.length > 0 ? 'distribution' : undefined;
}

/**
 * `service`, `bucket` and `distribution` say where one part goes back to, and not which.
 * @throws ActionError `refused` where not exactly one part of that kind goes back
 */
export function refuseVague({ wanted, kinds }: Pick<Survey, 'wanted' | 'kinds'>, config: Places): void {
  for (const kind of ['service', 'site'] as const satisfies PartKind[]) {
    const input = saysWhich(kind, config);
    const names = Object.keys(wanted).filter((name) => kinds.get(name) === kind);
    if (!input || names.length === 1) continue;
    throw refused({
      input,
      what: `says where one ${kind} goes back to, and ${names.length === 0 ? 'none goes' : `${names.length} go`} back`,
      found: names.length === 0 ? `parts that go back: ${Object.keys(wanted).join(', ')}` : names.join(', '),
      fix:
        names.length === 0
          ? `leave \`${input}\` out`
          : `name the one that is meant in \`parts\`, such as parts: ${names[0]}`,
    });
  }
}

/**
 * A part may have been given another service or site since the release that is gone back to.
 * @throws ActionError `refused`, unless an input says which one is meant.
 */
export function refuseOther(found: Found, config: Places): void {
  for (const [name, then] of Object.entries(found.wanted)) {
    const crossing = crossingOf(name, found);
    if (!crossing) continue;
    const kind = 'service' in crossing.then ? 'service' : 'site';
    if (saysWhich(kind, config)) continue;
    throw refused(
      crossesOccupants(
        name,
        { release: then, occupant: crossing.then },
        { release: crossing.release, occupant: crossing.now },
        found.records,
      ),
    );
  }
}

/** What a part was then and is now, where that is not the same thing. */
function crossingOf(
  name: string,
  { wanted, current, byId }: Found,
): { then: Occupant; now: Occupant; release: string } | undefined {
  const release = ownValue(current.parts, name);
  const [then, now] = [recordedPart(wanted, name, byId), recordedPart(current.parts, name, byId)];
  return release && then && now && !isSameOccupant(then, now) ? { then, now, release } : undefined;
}

/**
 * Lines of the plan: where a part goes whose service or site was replaced, and what else was deployed under the name of a
 * part that goes back, and stays as it is.
 */
export function placesOf(found: Found, config: Places): string[] {
  return Object.keys(found.wanted).flatMap((name) => {
    const recorded = recordedPart(found.wanted, name, found.byId);
    if (!recorded) return [];
    const goes = destination(recorded, config, found);
    const crossing = crossingOf(name, found);
    const where = crossing
      ? [
          `${name} was ${nameOfOccupant(crossing.then)} then and is ${nameOfOccupant(crossing.now)} now: it goes back on ${nameOfOccupant(goes)}`,
        ]
      : [];
    const left = otherOccupants(found.records, name, goes).map(
      ({ occupant, release }) =>
        `not touched: ${nameOfOccupant(occupant)}, which release ${release} went to under the same name`,
    );
    return [...where, ...left];
  });
}

/** The service or site that is changed: the recorded one, unless an input names another. */
function destination(recorded: Occupant, config: Places, { records }: Found): Occupant {
  if ('service' in recorded) {
    if (!config.service) return recorded;
    const services = records.flatMap(({ parts }) =>
      Object.values(parts).flatMap((part) => (part.kind === 'service' ? [part.service] : [])),
    );
    return { service: services.find((arn) => namesService(arn, config.service)) ?? config.service };
  }
  return {
    bucket: config.bucket || recorded.bucket,
    prefix: recorded.prefix,
    ...recordedDistributions(
      config.distributions.length > 0 ? config.distributions : distributionsOf(recorded),
    ),
  };
}
