import { rpcService } from '../../core/rpc.ts';
import type { CloudContext, Service } from '../../core/service.ts';
import { runnerOf } from '../../images/runner.ts';
import { expressOperations } from '../ecs-express/index.ts';
import { model } from '../shapes/ecs.ts';
import type { Inputs } from '../shapes/inputs/ecs.ts';
import { modelled } from '../shapes/modelled.ts';
import { clusterOperations } from './clusters.ts';
import { addInstances, containerInstanceOperations } from './container-instances.ts';
import { deploymentOperations } from './deployments.ts';
import { Fleet } from './fleet.ts';
import { Scheduler } from './scheduler.ts';
import { serviceOperations } from './services.ts';
import { EcsStore } from './store.ts';
import { taskDefinitionOperations } from './task-definitions.ts';
import { TaskRunner } from './task-runner.ts';
import { taskOperations } from './tasks.ts';

/** ECS for other services: what Application Auto Scaling needs of it. */
export interface EcsService extends Service {
  /** Wanted number of tasks; `undefined` where there is no such active service. */
  desiredCount(region: string, cluster: string, service: string): number | undefined;
  setDesiredCount(region: string, cluster: string, service: string, count: number): void;
}

/** ECS, API version 2014-11-13: tasks that really run, services that deploy as AWS says they do, and Express Mode. */
export function ecsService(context: CloudContext): EcsService {
  const store = new EcsStore(context);
  const runner = new TaskRunner(store);
  const fleet = new Fleet(store, runner);
  const scheduler = new Scheduler(store, fleet);
  const rpc = rpcService({
    name: 'ecs',
    target: 'AmazonEC2ContainerServiceV20141113',
    jsonVersion: '1.1',
    invalidCode: 'InvalidParameterException',
    operations: modelled<Inputs>(
      model,
      { invalid: 'InvalidParameterException', tooMany: 'InvalidParameterException' },
      {
        ...clusterOperations(store),
        ...taskDefinitionOperations(store),
        ...taskOperations(store, runner),
        ...serviceOperations(store, fleet),
        ...deploymentOperations(store),
        ...containerInstanceOperations(store),
        ...expressOperations(store, fleet),
      },
    ),
  });
  const serviceOf = (region: string, cluster: string, name: string) => {
    const service = store.services.get(store.arn(region, `service/${cluster}/${name}`));
    return service?.status === 'ACTIVE' ? service : undefined;
  };
  return {
    ...rpc,
    save: () => store.save(),
    load: (state) => store.load(state),
    inspect: () => inspect(store),
    control: (what, body) => (what === 'POST container-instances' ? addInstances(store, body) : undefined),
    start: async () => {
      endLostTasks(store);
      const alive = [...store.services.values()].filter((s) => s.status !== 'INACTIVE');
      await Promise.all(alive.map((service) => fleet.open(service)));
      scheduler.start();
    },
    close: async () => {
      runner.close();
      scheduler.stop();
      await fleet.close();
      await runnerOf(context).close();
    },
    desiredCount: (region, cluster, name) => serviceOf(region, cluster, name)?.desired,
    setDesiredCount: (region, cluster, name, count) => {
      const service = serviceOf(region, cluster, name);
      if (!service || service.desired === count) return;
      service.desired = count;
      store.event(service, `has set the desired count to ${count} for auto scaling.`);
    },
  };
}

/** After a restart nothing of the tasks runs any more; the scheduler starts those of services anew. */
function endLostTasks(store: EcsStore): void {
  for (const task of store.tasks.values()) {
    if (task.lastStatus === 'STOPPED') continue;
    task.lastStatus = 'STOPPED';
    task.desiredStatus = 'STOPPED';
    task.healthy = false;
    task.stopCode = 'TerminationNotice';
    task.stoppedReason = 'The local cloud was stopped.';
    task.stoppedAt = store.context.now();
    task.stoppingAt ??= task.stoppedAt;
    for (const container of task.containers) container.lastStatus = 'STOPPED';
  }
}

/** What tests judge by: services with their address, and every task with what it runs. */
function inspect(store: EcsStore) {
  return {
    services: [...store.services.values()].map((service) => ({
      ...service,
      url: `http://127.0.0.1:${service.port}`,
    })),
    tasks: [...store.tasks.values()],
    revisions: [...store.revisions.values()],
    definitions: [...store.definitions.values()],
    clusters: [...store.clusters.values()],
    instances: [...store.instances.values()],
  };
}
