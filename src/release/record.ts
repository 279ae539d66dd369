import type { AnyOutcome, Outcome } from '../runtime/outcome.ts';

/** The two halves of a release. */
export type Part = 'backend' | 'frontend';

/**
 * How far one half has come. `in-progress` in an old record means that its run died. `unknown`: its change was sent, and
 * then the run lost its credentials or permissions, so that nobody could say whether it is live.
 */
export type Result = 'in-progress' | 'unknown' | Outcome;

/** The backend half: enough to put exactly this backend back, and nothing secret. */
export interface BackendHalf {
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
  /** Share of probe requests that were answered, 0 to 1, during the rollout. */
  readonly availability?: number;
  readonly result: Result;
  readonly cause?: string;
  readonly startedAt: string;
  readonly finishedAt?: string;
}

/** The frontend half: which site, and the manifest that says every byte of it. */
export interface FrontendHalf {
  readonly bucket: string;
  readonly prefix: string;
  readonly distribution?: string;
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

/** Which release's halves are live together. A release that has one half runs with another's other half. */
export interface Pair {
  readonly backend?: string;
  readonly frontend?: string;
}

/** The JSON document of one release in the release bucket. Fields that a reader does not know are kept. */
export interface ReleaseRecord {
  readonly version: 1;
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
  /** The release as a whole: the worse of its halves. */
  readonly result: Result;
  readonly backend?: BackendHalf;
  readonly frontend?: FrontendHalf;
  /** What was live when this one was sealed: to go back to this release is to go back to this pair. */
  readonly pair?: Pair;
  /** The release that this one took the place of. */
  readonly replaces?: string;
  /** A rollback: the release that was gone back to, and why. */
  readonly restores?: string;
  readonly reason?: string;
  /** How the smoke checks ended, where there were any. */
  readonly checks?: AnyOutcome;
}

/** `<environment>/current.json`: what is live. Written with If-Match only. */
export interface Pointer extends Pair {
  readonly version: 1;
  readonly environment: string;
  /** The newest release of the two. */
  readonly release: string;
  readonly commit: string;
  readonly runNumber: number;
  /** Web address of the run that moved it: run ids grow across workflows, run numbers within one only. */
  readonly runUrl?: string;
  readonly updatedAt: string;
}
