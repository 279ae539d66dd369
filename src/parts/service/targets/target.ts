import type { NetworkConfiguration, RunTaskRequest } from '../../../aws/ecs.ts';
import type { CandidateAddress } from '../candidate/address.ts';
import type { LifecycleHook } from '../candidate/hooks.ts';
import type { BackendSpec, TargetKind } from '../plan/spec.ts';
import type { StrategyLength } from '../plan/strategy.ts';
import type { Findings } from '../verdict/diagnosis.ts';
import type { Condition, Phase } from '../verdict/verdict.ts';

/** A service as it stands at one moment. */
export interface BackendState {
  readonly target: TargetKind;
  readonly arn: string;
  readonly name: string;
  /** The target's own word, and what it means. */
  readonly status: string;
  readonly condition: Condition;
  /** Public base address, without a slash at its end; `undefined` where it has none. */
  readonly url: string | undefined;
  readonly health: Findings['health'];
  /** Platform that images must have been built for, `linux/amd64`; `undefined` where the target does not tell. */
  readonly platform: string | undefined;
  readonly spec: BackendSpec;
  /** ECS: what the container's command is given to, where the task definition says it. */
  readonly entryPoint?: readonly string[] | undefined;
  /** What a user should know before it is changed, a sentence each. */
  readonly notes?: readonly string[] | undefined;
  /** The service's own way to shift the traffic, where that takes its time; left out for a rolling update. */
  readonly strategy?: StrategyLength | undefined;
  /** ECS: hooks that hold each of its rollouts. */
  readonly hooks?: readonly LifecycleHook[] | undefined;
  /** ECS targets: how many tasks the service wants. */
  readonly desired?: number | undefined;
  /** The same as long as nobody changes the configuration. */
  readonly version: string;
  /** What the target itself needs to send the configuration back; no one else looks inside. */
  readonly native: unknown;
}

/** A rollout that we started. */
export interface Rollout {
  /** The target's own id of it. */
  readonly id: string;
  /** Milliseconds since the epoch, before the update was sent. */
  readonly startedAt: number;
}

/** Id of a rollout that may be on its way and cannot be found: it is in no list, and so never a success. */
export const LOST = 'not found';

/** A hook that holds a rollout until somebody decides: its wait is not ours to time. */
export interface Pause {
  readonly id: string;
  /** `PAUSE` or `AWS_LAMBDA`. */
  readonly type: string;
  /** Where the rollout stands. */
  readonly stage: string;
  /** Percent of the users' requests that the new version has. */
  readonly share: number | undefined;
  /** Where, until when, and what comes then; and how it is answered. A sentence each. */
  readonly said: readonly string[];
}

/** One look at a rollout. */
export interface Observation {
  readonly status: string;
  readonly phase: Phase;
  /** ECS: where a rollout that shifts traffic stands, such as `BAKE_TIME`. */
  readonly stage?: string | undefined;
  /** How far it is: counts of tasks. */
  readonly note?: string | undefined;
  /** Why it stands so, in the target's own words. */
  readonly reason?: string | undefined;
  /** Hooks that wait for a decision. */
  readonly pauses?: readonly Pause[] | undefined;
}

/** The tasks of a service at one moment. */
export interface TaskCount {
  readonly wanted: number;
  /** Tasks of the revision that the service is to run, and that do run. */
  readonly running: number;
  /** What runs beside them, task by task: digests of other revisions, as far as they are known. */
  readonly others: readonly string[];
  /** ECS is on its way to the wanted number: false where it has given this revision up. */
  readonly isComing: boolean;
}

/** What runs at one moment. */
export interface Running {
  readonly state: BackendState;
  /** Of the revision that the service is to run. */
  readonly digests: readonly string[];
  /** Left out where the target has no tasks: there the configuration is all that can be seen. */
  readonly tasks?: TaskCount | undefined;
  /** A later rollout, not ours. */
  readonly replacedBy?: string | undefined;
}

/** Where anybody asks the service. */
export interface PublicAddress {
  /** Without a slash at its end. */
  readonly url: string;
  /** What the health check asks for. */
  readonly path: string;
  /** The name is the load balancer's own, which its certificate is not made for: only what answers is looked at. */
  readonly anyCertificate: boolean;
}

/** A one-off task that runs the new image, with a command of its own. */
export interface OneOff {
  readonly cluster: string;
  /** ARN of a task definition with the new image. */
  readonly taskDefinition: string;
  readonly container: string;
  readonly network?: NetworkConfiguration | undefined;
  /** Launch type or capacity providers, platform version. */
  readonly placement: Pick<RunTaskRequest, 'launchType' | 'capacityProviderStrategy' | 'platformVersion'>;
}

/** Thrown by `start` where the service is busy with something that is not ours: nothing was changed. */
export class BusyError extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'BusyError';
  }
}

/** A newer revision of the task definition's family than the one that runs. */
export interface NewerRevision {
  readonly arn: string;
  /** ARN of who registered it, where AWS tells. */
  readonly by: string | undefined;
  /** What it has differently, a field each; never empty. */
  readonly differences: readonly string[];
  /** The service as it would be with this revision. @throws ActionError `refused`: no container of it gets the image. */
  asBase(): BackendState;
}

/**
 * What runs a backend. The flow in deploy.ts is the same for all of them; a target only knows how to read, change and
 * watch its own kind of service. All methods reject with an ActionError that names the call, or with the SDK's error.
 */
export interface Target {
  readonly kind: TargetKind;
  readonly arn: string;
  read(): Promise<BackendState>;
  /**
   * Refuses what the target is known not to take, before anything is changed.
   * @throws ActionError `refused`.
   */
  refuse(now: BackendState, wanted: BackendSpec): void;
  /**
   * Asks once for what watching and proving a rollout will need, so that a missing permission is known before the update.
   * @throws ActionError `refused`, with the permission.
   */
  rehearse(now: BackendState): Promise<void>;
  /** Who else deploys the service, where `read` does not tell. Never throws. */
  owners?(): Promise<readonly string[]>;
  /**
   * The newest revision of the family, where it is newer than the one that runs and differs in more than our image. Left
   * out where the target has no families.
   */
  newer?(now: BackendState): Promise<NewerRevision | undefined>;
  /** What is under way on the service now, whoever started it. */
  underWay(): Promise<string | undefined>;
  /**
   * Sends the configuration of `now` with what differs in `wanted`. Found out by itself: an update whose answer was
   * lost. Where it may have been done and cannot be found, the rollout has the id {@link LOST}.
   * @param evenBlind a way back: the update is sent also where the rollout cannot be followed
   * @throws BusyError when something else is under way; ActionError `refused`: in both cases the update is known not to
   * have been done.
   */
  start(now: BackendState, wanted: BackendSpec, evenBlind?: boolean): Promise<Rollout>;
  /** What runs a command in the new image, on the service's own network; left out where the target has nothing such. */
  oneOff?(now: BackendState, wanted: BackendSpec): Promise<OneOff>;
  /**
   * Takes back the revisions that were registered for a rollout or a one-off task and that the service was not updated to.
   * Never throws. Left out where the target registers nothing.
   */
  discard?(): Promise<void>;
  /** One status request. `undefined`: the target does not know this rollout. */
  observe(rollout: Rollout): Promise<Observation | undefined>;
  /** Reads what runs; `rollout` is left out where nothing was rolled out. */
  running(rollout: Rollout | undefined): Promise<Running>;
  /** Looks for an address where `read` tells none. @returns it, or in a sentence why there is none. Never throws. */
  findAddress?(now: BackendState): Promise<PublicAddress | { readonly why: string }>;
  /** Where a candidate could be asked. @returns it, or in a sentence why nobody can tell. Never throws. */
  findCandidate?(now: BackendState): Promise<CandidateAddress | { readonly why: string }>;
  /** Digests of what a rollout brings, before users reach it. */
  candidateDigests?(rollout: Rollout): Promise<readonly string[]>;
  /** Answers a hook that holds the rollout. @returns false where it does not wait any more. */
  answer?(rollout: Rollout, hook: string, action: 'CONTINUE' | 'ROLLBACK'): Promise<boolean>;
  /**
   * A rollout under way that brings this image, where the target can tell: of a run that died before it heard which
   * rollout it had started.
   */
  bringing?(image: string): Promise<Rollout | undefined>;
  /** Asks the target to give the rollout up and go back. @returns false where the target has no such call. */
  stop(rollout: Rollout): Promise<boolean>;
  /** What a person would look up. Never throws: what cannot be read is left out. */
  findings(state: BackendState, rollout: Rollout | undefined): Promise<Findings>;
  /**
   * The digest that runs at this moment where the spec names a tag only; `undefined` where the target cannot tell.
   */
  digestNow(state: BackendState): Promise<string | undefined>;
}
