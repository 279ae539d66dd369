import type {
  ContainerDefinition,
  CreateServiceRequest,
  DeploymentConfiguration,
  ExpressGatewayContainer,
  ExpressGatewayScalingTarget,
  ExpressGatewayServiceNetworkConfiguration,
  Inputs,
  RegisterTaskDefinitionRequest,
  RunTaskRequest,
} from '../shapes/inputs/ecs.ts';
import type { HookRun } from './hooks.ts';
import type { Course } from './strategy.ts';

/** A container of a task definition that was checked: it has a name and an image. */
export type ContainerDocument = ContainerDefinition & { readonly name: string; readonly image: string };

/** RegisterTaskDefinition's input with AWS's defaults filled in. */
export type TaskDefinitionDocument = Omit<RegisterTaskDefinitionRequest, 'containerDefinitions' | 'tags'> & {
  readonly containerDefinitions: readonly ContainerDocument[];
};

/** Members of a service: CreateService's input, with what UpdateService changed. */
export type ServiceSettings = Partial<CreateServiceRequest>;

/** What a task has of RunTask's input, or of its service. */
export type TaskInput = Pick<
  RunTaskRequest,
  | 'capacityProviderStrategy'
  | 'enableECSManagedTags'
  | 'enableExecuteCommand'
  | 'launchType'
  | 'networkConfiguration'
  | 'overrides'
  | 'propagateTags'
  | 'tags'
>;

/** An Express service's configuration with all defaults of the API filled in. */
export interface ExpressConfiguration {
  readonly executionRoleArn?: string | undefined;
  readonly taskRoleArn?: string | undefined;
  readonly cpu: string;
  readonly memory: string;
  readonly cpuArchitecture?: 'X86_64' | 'ARM64' | undefined;
  readonly networkConfiguration: ExpressGatewayServiceNetworkConfiguration;
  readonly healthCheckPath: string;
  readonly primaryContainer: ExpressGatewayContainer & { readonly containerPort: number };
  readonly scalingTarget: ExpressScaling;
}

export type ExpressScaling = ExpressGatewayScalingTarget & {
  readonly minTaskCount: number;
  readonly maxTaskCount: number;
};

/** Times are epoch milliseconds; members of AWS's own documents are kept as they came. */
export interface ClusterRecord {
  readonly name: string;
  readonly arn: string;
  readonly region: string;
  status: 'ACTIVE' | 'INACTIVE';
  readonly input: Inputs['CreateCluster'];
  tags: Record<string, string>;
}

export interface TaskDefinitionRecord {
  readonly arn: string;
  readonly region: string;
  readonly family: string;
  readonly revision: number;
  status: 'ACTIVE' | 'INACTIVE' | 'DELETE_IN_PROGRESS';
  readonly registeredAt: number;
  deregisteredAt?: number;
  readonly document: TaskDefinitionDocument;
  tags: Record<string, string>;
}

export interface ContainerRecord {
  readonly name: string;
  readonly arn: string;
  readonly image: string;
  imageDigest?: string;
  runtimeId?: string;
  /** Real port on the host, where it is reached from outside. */
  hostPort?: number;
  lastStatus: 'PENDING' | 'RUNNING' | 'STOPPED';
  exitCode?: number;
  reason?: string;
  healthStatus: 'HEALTHY' | 'UNHEALTHY' | 'UNKNOWN';
}

/** An EC2 instance of a cluster, added through `/_cloud`. */
export interface ContainerInstanceRecord {
  readonly arn: string;
  readonly clusterArn: string;
  readonly ec2InstanceId: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly status: 'ACTIVE' | 'DRAINING';
  readonly registeredAt: number;
}

export type TaskStatus =
  | 'PROVISIONING'
  | 'PENDING'
  | 'ACTIVATING'
  | 'RUNNING'
  | 'DEACTIVATING'
  | 'STOPPING'
  | 'DEPROVISIONING'
  | 'STOPPED';

export interface TaskRecord {
  readonly arn: string;
  readonly id: string;
  readonly region: string;
  readonly clusterArn: string;
  readonly taskDefinitionArn: string;
  /** `service:name` or `family:name`. */
  readonly group: string;
  readonly startedBy?: string;
  readonly serviceArn?: string;
  readonly revisionArn?: string;
  readonly input: TaskInput;
  /** Of a task on EC2. */
  readonly containerInstanceArn?: string;
  /** Of a task by a capacity provider strategy. */
  readonly capacityProvider?: string;
  readonly createdAt: number;
  lastStatus: TaskStatus;
  desiredStatus: 'RUNNING' | 'STOPPED';
  /** It passed its health checks once: from then on it counts and gets traffic. */
  healthy: boolean;
  startedAt?: number;
  pullStartedAt?: number;
  pullStoppedAt?: number;
  stoppingAt?: number;
  stoppedAt?: number;
  stopCode?: string;
  stoppedReason?: string;
  readonly containers: ContainerRecord[];
  tags: Record<string, string>;
}

export interface RevisionRecord {
  readonly arn: string;
  readonly serviceArn: string;
  readonly clusterArn: string;
  readonly region: string;
  readonly taskDefinition: string;
  readonly createdAt: number;
  /** Members of the service that belong to the revision: network, launch type, load balancers, … */
  readonly settings: ServiceSettings;
  /** Resolved when the revision was made: `imageDigest` is missing where the image was not there. */
  readonly images: Array<{ containerName: string; image: string; imageDigest?: string }>;
  /** Its tasks are in the load balancers' alternate target groups. */
  readonly alternate?: boolean;
  /** The configuration of an Express service that this revision stands for. */
  readonly express?: ExpressConfiguration;
}

export type DeploymentStatus =
  | 'PENDING'
  | 'IN_PROGRESS'
  | 'STOP_REQUESTED'
  | 'STOPPED'
  | 'ROLLBACK_REQUESTED'
  | 'ROLLBACK_IN_PROGRESS'
  | 'ROLLBACK_SUCCESSFUL'
  | 'ROLLBACK_FAILED'
  | 'SUCCESSFUL';

export interface DeploymentRecord {
  readonly arn: string;
  /** As a service's `deployments[].id` has it: `ecs-svc/1234567890123456789`. */
  readonly id: string;
  readonly region: string;
  readonly serviceArn: string;
  readonly clusterArn: string;
  readonly createdAt: number;
  updatedAt: number;
  startedAt?: number;
  finishedAt?: number;
  stoppedAt?: number;
  readonly source: string[];
  readonly target: string;
  /** A `DeploymentStatus`, or what the fault `operation-status` says. */
  status: string;
  statusReason?: string;
  lifecycleStage?: string;
  /** When the stage began. */
  stageAt: number;
  readonly configuration: DeploymentConfiguration;
  failedTasks: number;
  readonly threshold: number;
  breaker: 'TRIGGERED' | 'MONITORING' | 'MONITORING_COMPLETE' | 'DISABLED';
  triggeredAlarms: string[];
  rollback?: { readonly reason: string; readonly startedAt: number; readonly revisionArn?: string };
  /** Percent of new requests, and of test traffic, that go to the target revision. */
  weight: number;
  testWeight: number;
  /** Of a deployment that shifts traffic, from its begin on: what its strategy is made of, and which step it is at. */
  course?: Course;
  step: number;
  /** Lifecycle hooks of the stage that it is in. */
  hooks: HookRun[];
  /** Alarms that rang when it began: they do not count. */
  ignoredAlarms: string[];
  /** The fault `vanish`: it is worked on, and no list shows it. */
  readonly hidden?: true;
}

export interface ServiceRecord {
  readonly name: string;
  readonly arn: string;
  readonly clusterArn: string;
  readonly region: string;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
  desired: number;
  settings: ServiceSettings;
  /** Of its public address; 0 where no container has a port. */
  port: number;
  readonly createdAt: number;
  updatedAt: number;
  /** Newest first. */
  readonly events: Array<{ id: string; createdAt: number; message: string }>;
  /** What was deployed last with success. */
  currentRevision?: string;
  /** Newest first. */
  readonly deployments: DeploymentRecord[];
  tags: Record<string, string>;
  /** Of an Express service. */
  express?: { readonly infrastructureRoleArn: string; scalingTarget: ExpressScaling };
}

export const isOver = (status: string): boolean =>
  ['SUCCESSFUL', 'STOPPED', 'ROLLBACK_SUCCESSFUL', 'ROLLBACK_FAILED'].includes(status);
