import type {
  EncryptionConfiguration,
  NetworkConfiguration,
  ServiceObservabilityConfiguration,
} from '../shapes/inputs/apprunner.ts';

/** What CreateService and UpdateService set: complete, with App Runner's defaults filled in, as DescribeService shows it. */
export interface Configuration {
  readonly source: {
    readonly ImageRepository: {
      readonly ImageIdentifier: string;
      readonly ImageRepositoryType: 'ECR' | 'ECR_PUBLIC';
      readonly ImageConfiguration: {
        readonly Port: string;
        readonly StartCommand?: string;
        readonly RuntimeEnvironmentVariables?: Readonly<Record<string, string>>;
        readonly RuntimeEnvironmentSecrets?: Readonly<Record<string, string>>;
      };
    };
    readonly AutoDeploymentsEnabled: boolean;
    readonly AuthenticationConfiguration?: { readonly AccessRoleArn: string };
  };
  readonly instance: { readonly Cpu: string; readonly Memory: string; readonly InstanceRoleArn?: string };
  readonly health: HealthCheckConfiguration;
  readonly network: NetworkConfiguration;
  readonly observability: ServiceObservabilityConfiguration;
  readonly scalingArn: string;
}

/** Seconds and counts. */
export interface HealthCheckConfiguration {
  readonly Protocol: 'TCP' | 'HTTP';
  readonly Path: string;
  readonly Interval: number;
  readonly Timeout: number;
  readonly HealthyThreshold: number;
  readonly UnhealthyThreshold: number;
}

export type ServiceStatus =
  | 'CREATE_FAILED'
  | 'RUNNING'
  | 'DELETED'
  | 'DELETE_FAILED'
  | 'PAUSED'
  | 'OPERATION_IN_PROGRESS';

export type OperationType =
  | 'CREATE_SERVICE'
  | 'START_DEPLOYMENT'
  | 'UPDATE_SERVICE'
  | 'PAUSE_SERVICE'
  | 'RESUME_SERVICE'
  | 'DELETE_SERVICE';

export interface OperationRecord {
  readonly id: string;
  readonly type: OperationType;
  /** PENDING, IN_PROGRESS, SUCCEEDED, FAILED, ROLLBACK_IN_PROGRESS, ROLLBACK_SUCCEEDED, ROLLBACK_FAILED. */
  status: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  updatedAt: number;
  endedAt?: number;
  /** The fault `vanish`: it is worked on, and no list shows it. */
  readonly hidden?: true;
}

export interface ServiceRecord {
  readonly name: string;
  readonly id: string;
  readonly region: string;
  readonly arn: string;
  /** Its address for life. */
  port: number;
  readonly createdAt: number;
  updatedAt: number;
  deletedAt?: number;
  status: ServiceStatus;
  /** What runs, or was asked for first where nothing ran yet. */
  current: Configuration;
  /** What the operation under way is to bring. */
  pending?: Configuration;
  /** Digest that runs now. */
  digest?: string;
  readonly encryption?: EncryptionConfiguration;
  tags: Record<string, string>;
  /** Oldest first. */
  readonly operations: OperationRecord[];
}

export interface ScalingRecord {
  readonly arn: string;
  readonly name: string;
  readonly revision: number;
  readonly region: string;
  readonly createdAt: number;
  deletedAt?: number;
  readonly maxConcurrency: number;
  readonly minSize: number;
  readonly maxSize: number;
  isDefault: boolean;
  tags: Record<string, string>;
}
