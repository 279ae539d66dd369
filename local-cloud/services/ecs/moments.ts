import type { Fleet } from './fleet.ts';
import type { ServiceRecord } from './model.ts';
import type { EcsStore } from './store.ts';

/**
 * What faults make happen in the moment when a deployment reaches a stage, or its end. A fault's `resource` names service and
 * moment: `service/prod/web at SUCCESSFUL`.
 * `scale-out`: the wanted count becomes `desired`, as if an auto-scaling policy had done it.
 * `spot-stop`: one running task of the service is stopped as Fargate Spot stops it, and replaced.
 */
export function momentReached(store: EcsStore, fleet: Fleet, service: ServiceRecord, moment: string): void {
  const about = `${service.arn} at ${moment}`;
  const scaled = store.context.fault('ecs', 'scale-out', about)?.['desired'];
  if (typeof scaled === 'number') {
    service.desired = scaled;
    store.event(service, `has set the desired count to ${scaled} for auto scaling.`);
  }
  if (store.context.fault('ecs', 'spot-stop', about)) fleet.interrupt(service);
}
