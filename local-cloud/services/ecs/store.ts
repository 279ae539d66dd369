import { randomBytes } from 'node:crypto';
import { type CloudContext, CloudFault } from '../../core/service.ts';
import type {
  ClusterRecord,
  ContainerInstanceRecord,
  DeploymentRecord,
  RevisionRecord,
  ServiceRecord,
  TaskDefinitionRecord,
  TaskRecord,
} from './model.ts';

export const refuse = (code: string, message: string): CloudFault => new CloudFault(code, message);

/** Stopped tasks are shown for an hour (ECS developer guide, "Stopped tasks"). */
const STOPPED_SHOWN = 3_600_000;

/** All that ECS knows, by ARN. */
export class EcsStore {
  readonly context: CloudContext;
  readonly clusters = new Map<string, ClusterRecord>();
  readonly instances = new Map<string, ContainerInstanceRecord>();
  readonly definitions = new Map<string, TaskDefinitionRecord>();
  readonly services = new Map<string, ServiceRecord>();
  readonly tasks = new Map<string, TaskRecord>();
  readonly revisions = new Map<string, RevisionRecord>();
  readonly deployments = new Map<string, DeploymentRecord>();

  constructor(context: CloudContext) {
    this.context = context;
  }

  arn(region: string, resource: string): string {
    return `arn:aws:ecs:${region}:${this.context.account}:${resource}`;
  }

  newId(): string {
    return randomBytes(16).toString('hex');
  }

  /** Nineteen digits, as deployments and revisions have them. */
  newNumber(): string {
    return String(randomBytes(8).readBigUInt64BE()).padStart(19, '1').slice(0, 19);
  }

  changed(): void {
    this.context.changed('ecs');
  }

  // -- finding

  /** By name or ARN; `default` where none is named. @throws ClusterNotFoundException */
  cluster(id: string | undefined, region: string): ClusterRecord {
    const name = id ?? 'default';
    const cluster = this.clusters.get(name.startsWith('arn:') ? name : this.arn(region, `cluster/${name}`));
    if (cluster && cluster.status === 'ACTIVE' && cluster.region === region) return cluster;
    throw refuse('ClusterNotFoundException', 'Cluster not found.');
  }

  instancesOf(cluster: Pick<ClusterRecord, 'arn'>): ContainerInstanceRecord[] {
    return [...this.instances.values()].filter((one) => one.clusterArn === cluster.arn);
  }

  /** Tasks that are on a container instance now. */
  tasksOn(instanceArn: string): number {
    return [...this.tasks.values()].filter(
      (task) => task.containerInstanceArn === instanceArn && task.lastStatus !== 'STOPPED',
    ).length;
  }

  findService(id: string, cluster: ClusterRecord): ServiceRecord | undefined {
    const name = id.startsWith('arn:') ? id.split('/').at(-1) : id;
    const service = this.services.get(this.arn(cluster.region, `service/${cluster.name}/${name}`));
    return id.startsWith('arn:') && service && service.arn !== id && !shortArn(id, service)
      ? undefined
      : service;
  }

  /** @throws ServiceNotFoundException, ServiceNotActiveException */
  activeService(id: string, cluster: ClusterRecord): ServiceRecord {
    const service = this.findService(id, cluster);
    if (!service) throw refuse('ServiceNotFoundException', 'Service not found.');
    if (service.status !== 'ACTIVE') throw refuse('ServiceNotActiveException', 'Service was not ACTIVE.');
    return service;
  }

  /** `family`, `family:revision` or ARN; the latest active revision without a number. */
  findDefinition(id: string, region: string): TaskDefinitionRecord | undefined {
    const name = id.startsWith('arn:') ? id.replace(/^.*task-definition\//, '') : id;
    if (id.startsWith('arn:') && id.split(':')[3] !== region) return undefined;
    const [family = '', revision] = name.split(':');
    if (revision !== undefined)
      return this.definitions.get(this.arn(region, `task-definition/${family}:${revision}`));
    return this.family(family, region).find((d) => d.status === 'ACTIVE');
  }

  /** Newest revision first. */
  family(family: string, region: string): TaskDefinitionRecord[] {
    return [...this.definitions.values()]
      .filter((d) => d.family === family && d.region === region)
      .sort((a, b) => b.revision - a.revision);
  }

  tasksOf(service: ServiceRecord): TaskRecord[] {
    return [...this.tasks.values()].filter((t) => t.serviceArn === service.arn && t.lastStatus !== 'STOPPED');
  }

  /** The deployment under way. */
  activeDeployment(service: ServiceRecord): DeploymentRecord | undefined {
    const newest = service.deployments[0];
    return newest && newest.finishedAt === undefined ? newest : undefined;
  }

  event(service: ServiceRecord, message: string): void {
    const id = this.newId().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
    service.events.unshift({
      id,
      createdAt: this.context.now(),
      message: `(service ${service.name}) ${message}`,
    });
    service.events.splice(100);
    this.changed();
  }

  forgetOld(): void {
    const now = this.context.now();
    for (const task of this.tasks.values())
      if (task.stoppedAt !== undefined && now - task.stoppedAt > STOPPED_SHOWN) this.tasks.delete(task.arn);
  }

  // -- state

  save(): unknown {
    return {
      clusters: [...this.clusters.values()],
      instances: [...this.instances.values()],
      definitions: [...this.definitions.values()],
      services: [...this.services.values()],
      tasks: [...this.tasks.values()],
      revisions: [...this.revisions.values()],
    };
  }

  load(state: unknown): void {
    const saved = state as {
      clusters: ClusterRecord[];
      instances?: ContainerInstanceRecord[];
      definitions: TaskDefinitionRecord[];
      services: ServiceRecord[];
      tasks: TaskRecord[];
      revisions: RevisionRecord[];
    };
    for (const cluster of saved.clusters) this.clusters.set(cluster.arn, cluster);
    for (const instance of saved.instances ?? []) this.instances.set(instance.arn, instance);
    for (const definition of saved.definitions) this.definitions.set(definition.arn, definition);
    for (const revision of saved.revisions) this.revisions.set(revision.arn, revision);
    for (const task of saved.tasks) this.tasks.set(task.arn, task);
    for (const service of saved.services) {
      this.services.set(service.arn, service);
      for (const deployment of service.deployments) {
        const since = { testWeight: 0, step: 0, hooks: [], ignoredAlarms: [] };
        this.deployments.set(deployment.arn, Object.assign(deployment, { ...since, ...deployment }));
      }
    }
  }
}

/** ARNs of the old format have no cluster in them. */
const shortArn = (id: string, service: ServiceRecord) =>
  id === service.arn.replace(/service\/[^/]+\//, 'service/');
