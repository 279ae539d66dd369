import type { AnyOutcome, Outcome } from '../runtime/outcome.ts';
import { ownValue } from './part-name.ts';

/** What a part is: container images on a target, or a folder behind a CDN. */
export type PartKind = 'service' | 'site';

export const PART_KINDS: readonly PartKind[] = ['service', 'site'];

/**
 * How far one part has come. `in-progress` in an old record means that its run died. `unknown`: its change was sent, and
 * then the run lost its credentials or permissions, so that nobody could say whether it is live.
 */
export type Result = 'in-progress' | 'unknown' | Outcome;

/** A service as a release left it: enough to put exactly this one back, and nothing secret. */
export interface ServicePart {
  readonly kind: 'service';
  readonly target: 'apprunner' | 'ecs-express' | 'ecs';
  /** ARN of the service. */
  readonly service: string;
  /** `registry/repository@sha256:…`. */
  readonly image: string;
  /** What ran before, by digest where it was known. */
  readonly previousImage?: string;
  readonly serviceUrl?: string;
  /** The target's own id of the rollout that made it live. */
  readonly operationId?: string;
  /** ECS: ARN of the task definition that ran. */
  readonly taskDefinition?: string;
  /** Plain variables: name to a fingerprint of the value (never the value). */
  readonly variables?: Readonly<Record<string, string>>;
  /** Secret references: name to ARN, the way the target was given it. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Versions of those secrets when the app was started with them: name to the id of the version. */
  readonly secretVersions?: Readonly<Record<string, string>>;
  /** The service's PAUSE hook is ours, said with `gate: pause`: a return to a release lets itself through. */
  readonly gate?: 'pause';
  /** Share of probe requests that were answered, 0 to 1, during the rollout. */
  readonly availability?: number;
  readonly result: Result;
  readonly cause?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
}

/** A site as a release left it: which one, and the manifest that says every byte of it. */
export interface SitePart {
  readonly kind: 'site';
  readonly bucket: string;
  readonly prefix: string;
  /** Id of the distribution in front of it; of several, the one that `siteUrl` is of. */
  readonly distribution?: string;
  /** Ids of all of them, where there are several. */
  readonly distributions?: readonly string[];
  readonly siteUrl?: string;
  /** Key of the manifest in the release bucket. */
  readonly manifest: string;
  readonly files: number;
  readonly bytes: number;
  readonly uploaded?: number;
  readonly deleted?: number;
  readonly invalidationId?: string;
  readonly result: Result;
  readonly cause?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
}

export type PartRecord = ServicePart | SitePart;

/** All distributions of a site, the main one first. */
export const distributionsOf = ({
  distribution,
  distributions,
}: {
  readonly distribution?: string | undefined;
  readonly distributions?: readonly string[] | undefined;
}): readonly string[] => distributions ?? (distribution ? [distribution] : []);

/** As a record has them. @param ids the main one first */
export const recordedDistributions = (
  ids: readonly string[],
): Pick<SitePart, 'distribution' | 'distributions'> => ({
  ...(ids[0] ? { distribution: ids[0] } : {}),
  ...(ids.length > 1 ? { distributions: ids } : {}),
});

/** Parts by name. */
export type Parts = Readonly<Record<string, PartRecord>>;

/** Which release each part is of: a release that has one part runs with other releases' other parts. By name of the part. */
export type Composition = Readonly<Record<string, string>>;

/** The newest version of record and pointer: the one that this code writes, and has in its hands. */
export const VERSION = 2;

/** The JSON document of one release in the release bucket. Fields that a reader does not know are kept. */
export interface ReleaseRecord {
  readonly version: typeof VERSION;
  readonly id: string;
  readonly environment: string;
  /** `adoption`: what was live before our first deployment, recorded so that it can be gone back to. */
  readonly type: 'deployment' | 'rollback' | 'adoption';
  readonly commit: string;
  readonly ref: string;
  readonly repository: string;
  readonly actor: string;
  readonly run: { readonly url: string; readonly number: number };
  readonly startedAt: string;
  readonly finishedAt?: string;
  /** When the commit was made, ISO 8601, where it is known: lead time is counted from it. */
  readonly committedAt?: string;
  /** The release as a whole: the worst of its parts. */
  readonly result: Result;
  /** What this release took live. */
  readonly parts: Parts;
  /** What was live when this one was sealed: to go back to this release is to go back to this composition. */
  readonly composition?: Composition;
  /** The release that this one took the place of. */
  readonly replaces?: string;
  /** A rollback: the release that was gone back to, and why. */
  readonly restores?: string;
  readonly reason?: string;
  /** How the smoke checks ended, where there were any. */
  readonly checks?: AnyOutcome;
}

/** `<environment>/current.json`: what is live. Written with If-Match only. */
export interface Pointer {
  readonly version: typeof VERSION;
  readonly environment: string;
  /** The newest of the releases whose parts are live. */
  readonly release: string;
  /** What is live: the release of each part. */
  readonly parts: Composition;
  readonly commit: string;
  readonly runNumber: number;
  /** Web address of the run that moved it: run ids grow across workflows, run numbers within one only. */
  readonly runUrl?: string;
  readonly updatedAt: string;
  /** The name that the environment had, whose ledger was carried over, with that one's pointer as it was then. */
  readonly adoptedFrom?: {
    readonly environment: string;
    readonly release: string;
    readonly updatedAt: string;
  };
  /** The name that the environment has now: its ledger was carried over there, and nothing is deployed under this one. */
  readonly movedTo?: string;
}

type WithParts = Pick<ReleaseRecord, 'parts'> | undefined;

/** The part of that name; `undefined` where the record has none. */
export const partOf = (record: WithParts, name: string): PartRecord | undefined =>
  ownValue(record?.parts, name);

/** The same where it is a service. */
export function serviceOf(record: WithParts, name: string): ServicePart | undefined {
  const part = partOf(record, name);
  return part?.kind === 'service' ? part : undefined;
}

/** The same where it is a site. */
export function siteOf(record: WithParts, name: string): SitePart | undefined {
  const part = partOf(record, name);
  return part?.kind === 'site' ? part : undefined;
}

/** The release whose part of that name is live; `undefined` where there is none. */
export const liveRelease = (pointer: Pick<Pointer, 'parts'> | undefined, name: string): string | undefined =>
  ownValue(pointer?.parts, name);
