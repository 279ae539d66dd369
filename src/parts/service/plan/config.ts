import type { AlarmsApi } from '../../../aws/alarms.ts';
import type { AppRunnerApi } from '../../../aws/apprunner.ts';
import type { AutoScalingApi } from '../../../aws/autoscaling.ts';
import type { EcrApi } from '../../../aws/ecr.ts';
import type { EcsApi, NetworkConfiguration } from '../../../aws/ecs.ts';
import type { LoadBalancersApi } from '../../../aws/load-balancers.ts';
import type { LogsApi } from '../../../aws/logs.ts';
import type { ParametersApi } from '../../../aws/parameters.ts';
import type { SecretsApi } from '../../../aws/secrets.ts';
import type { Clock } from '../../../runtime/clock.ts';
import type { Log } from '../../../runtime/log.ts';
import type { BackendResult } from '../deploy/result.ts';
import type { Undo } from '../deploy/undo.ts';
import type { GateAnswer } from '../verdict/gate-answer.ts';
import type { Environment } from './env-file.ts';
import type { ImageRef } from './image-ref.ts';
import type { RecordedSecrets } from './secrets.ts';
import type { ServiceRef } from './service-ref.ts';
import type { SpecChange } from './spec.ts';

/** A command that runs once in the new image. The rest is for App Runner only, which has no tasks of its own. */
export interface MigrationConfig {
  readonly command: string;
  readonly cluster: string;
  readonly taskDefinition: string;
  readonly network: NetworkConfiguration | undefined;
}

/** The candidate is asked before users reach it: a hook of the service holds the rollout for us. */
export interface GateConfig {
  /** Base address of the candidate; '' where the test listener tells it. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Requests of the short load; 0 for none. */
  readonly load: number;
}

/** A deployment as the user wants it: inputs, typed and checked. Durations in milliseconds. */
export interface BackendConfig {
  readonly service: ServiceRef;
  /** ECS: names of the containers that get the image; '' where its repository decides. */
  readonly container: string;
  readonly image: ImageRef;
  /** ECS: the revision that is copied. Left out, nobody asks whether there is a newer one than the one that runs. */
  readonly base?: 'running' | 'latest' | undefined;
  readonly environment: Environment;
  /** Port, start command, sizes and scaling, as far as they are given. */
  readonly change: Pick<
    SpecChange,
    'port' | 'accessRole' | 'startCommand' | 'cpu' | 'memory' | 'scaling' | 'taskDefinition'
  >;
  /** A return to a release: secret references that it did not have are taken away. */
  readonly keepSecrets?: readonly string[] | undefined;
  readonly probe: {
    readonly url: string;
    readonly interval: number;
    readonly maxErrorRate: number;
    /** True where it decides nothing: no time is spent on a baseline then. */
    readonly forRecordOnly?: boolean;
  };
  /** Run in the new image before the switch. */
  readonly migration?: MigrationConfig | undefined;
  /** Left out: nobody is asked before users reach the new version. */
  readonly gate?: GateConfig | undefined;
  /** The service's PAUSE hook is ours, and what goes live has been proved before: it is let through at once. */
  readonly letsThrough?: boolean | undefined;
  readonly alarms: readonly string[];
  readonly bakeTime: number;
  /** False: a secret with a newer version is no reason to start the app anew. */
  readonly restart: boolean;
  readonly rollbackOnFailure: boolean;
  readonly waitTimeout: number;
  readonly lockTimeout: number;
  /** `timeout-minutes` of the job, where it is told: nobody else can know it. */
  readonly jobTimeout?: number | undefined;
  readonly dryRun: boolean;
}

/** The AWS services that a backend deployment talks to, each for the region it is asked about. */
export interface BackendAws {
  appRunner(region: string | undefined): AppRunnerApi;
  ecs(region: string | undefined): EcsApi;
  autoScaling(region: string | undefined): AutoScalingApi;
  ecr(region: string | undefined, account: string | undefined): EcrApi;
  secrets(region: string | undefined): SecretsApi;
  parameters(region: string | undefined): ParametersApi;
  loadBalancers(region: string | undefined): LoadBalancersApi;
  logs(region: string | undefined): LogsApi;
  alarms(region: string | undefined): AlarmsApi;
  /** When the credentials end, in milliseconds since the epoch; `undefined` where that is not known. Never throws. */
  credentialsEnd(): Promise<number | undefined>;
}

/** What ran before us, as a release would have recorded it. */
export type BeforeUs = Pick<BackendResult, 'image' | 'taskDefinition' | 'variables' | 'secrets'>;

/** How a deployment is bound to the ledger; see src/actions/deploy-backend. */
export interface Journal {
  /** Refuses what can be refused before the lock is asked for: an older commit, another service. Writes nothing. */
  check(service: string): Promise<void>;
  /** Takes the lock and refuses an older commit. @returns a signal that says the lock was lost. */
  open(): Promise<AbortSignal>;
  /** Opens the record, before anything is changed: a run that dies leaves its trace. */
  begin(draft: Omit<BackendResult, 'outcome'>, before: BeforeUs): Promise<void>;
  /**
   * Where the image that runs was brought by a run that died before it had proved it: the image that the ledger calls
   * live, by digest. A way back leads there and not to what nobody has proved.
   */
  provedInstead(service: string, image: string): Promise<string | undefined>;
  /** Images that runs which died were about to bring to the service, newest first. The lock is held by us. */
  unfinished(service: string): Promise<readonly string[]>;
}

export interface BackendPorts {
  /** What the ledger says of the secrets of the live release of this service; `undefined` where it says nothing. */
  readonly recordedSecrets?: ((service: string) => Promise<RecordedSecrets | undefined>) | undefined;
  readonly aws: BackendAws;
  readonly log: Log;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /**
   * Runs the smoke checks, where there are any: against the file's own address, else `baseUrl`. With `headers` it is a
   * candidate that is asked, and its address comes before the file's.
   */
  readonly gate?:
    | ((baseUrl: string | undefined, headers?: Readonly<Record<string, string>>) => Promise<GateAnswer>)
    | undefined;
  /** Told before the service is changed, and again when the rollout has an id: for the `post:` step. */
  readonly onUndo?: ((undo: Undo) => void) | undefined;
  /** Told when the service needs no `post:` step any more. */
  readonly onSettled?: (() => void) | undefined;
}
