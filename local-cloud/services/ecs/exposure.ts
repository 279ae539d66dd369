import type { HealthCheck } from '../../images/health.ts';
import type { HealthCheck as ContainerHealthCheck } from '../shapes/inputs/ecs.ts';
import type { ExpressConfiguration, ServiceSettings, TaskDefinitionDocument } from './model.ts';
import type { Exposure } from './task-runner.ts';

/** Tag of a service: the port on 127.0.0.1 that its traffic is to come in at; any free one without it. */
export const PORT_TAG = 'local-cloud:port';
/** Tag of a service without a target group: what that would ask for, such as `/health`. */
export const HEALTH_TAG = 'local-cloud:health-path';

/**
 * The check of a service that names no target group: a usual team's numbers, every 10 s, healthy after 2, unhealthy after
 * 3 (AWS's defaults of 30 s and 5 make every rollout minutes longer).
 */
const TARGET_GROUP = { interval: 10_000, timeout: 5_000, healthyThreshold: 2, unhealthyThreshold: 3 };

/**
 * Which container of a task definition serves the traffic: the load balancer's, or the first with a port. Its health is
 * asked as its target group says; else by HTTP where a path is known (Express's own, the service's tag, or the URL in the
 * container's health check), else by connecting.
 */
export function exposureOf(
  definition: TaskDefinitionDocument,
  settings: ServiceSettings,
  tags: Readonly<Record<string, string>>,
  express?: ExpressConfiguration,
  group?: HealthCheck,
): Exposure | undefined {
  const containers = definition.containerDefinitions;
  const balanced = settings.loadBalancers?.[0];
  const container = balanced?.containerName
    ? containers.find((c) => c.name === balanced.containerName)
    : containers.find((c) => (c.portMappings?.length ?? 0) > 0);
  const containerPort = balanced?.containerPort ?? container?.portMappings?.[0]?.containerPort;
  if (!container || containerPort === undefined) return undefined;
  const own = container.healthCheck ? containerCheck(container.healthCheck) : undefined;
  const path = express?.healthCheckPath ?? tags[HEALTH_TAG];
  const asked: HealthCheck = path
    ? { protocol: 'HTTP', path, ...TARGET_GROUP }
    : (own ?? { protocol: 'TCP', path: '/', ...TARGET_GROUP });
  const check = group ?? asked;
  const grace = (settings.healthCheckGracePeriodSeconds ?? 0) * 1000;
  const extra = Math.ceil(grace / check.interval);
  return {
    container: container.name,
    containerPort,
    check: { ...check, unhealthyThreshold: check.unhealthyThreshold + extra },
  };
}

/** The URL that a container's health check command asks on its own host, as a check from outside. */
function containerCheck(healthCheck: ContainerHealthCheck): HealthCheck | undefined {
  const command = (healthCheck.command ?? []).join(' ');
  const url = /https?:\/\/(?:localhost|127\.0\.0\.1)(?::\d+)?(\/[^\s"'|;)]*)?/.exec(command);
  if (!url) return undefined;
  return {
    protocol: 'HTTP',
    path: url[1] ?? '/',
    interval: (healthCheck.interval ?? 30) * 1000,
    timeout: (healthCheck.timeout ?? 5) * 1000,
    healthyThreshold: 1,
    unhealthyThreshold: healthCheck.retries ?? 3,
    success: (status) => status < 400,
  };
}
