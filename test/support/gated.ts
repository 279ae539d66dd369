import { createEcs, ecs, type TestService } from './backend.ts';
import type { TestCloud } from './cloud.ts';
import { createPair, type TestPair } from './load-balancer.ts';
import { until } from './until.ts';

export interface Gated {
  readonly service: TestService;
  readonly pair: TestPair;
}

/** Header of tests on the listener of the users. */
export const TEST_HEADER = { name: 'X-Candidate', value: 'yes' };

export const BLUE_GREEN = { strategy: 'BLUE_GREEN', bakeTimeInMinutes: 1 };

export const pauseAt = (stage: string, timeoutConfiguration?: object) => ({
  targetType: 'PAUSE',
  lifecycleStages: [stage],
  ...(timeoutConfiguration ? { timeoutConfiguration } : {}),
});

/** A service behind two target groups that runs `image`, and then has the hooks. */
export async function createGated(
  cloud: TestCloud,
  name: string,
  image: string,
  {
    deployment = BLUE_GREEN as object,
    hooks = [pauseAt('POST_TEST_TRAFFIC_SHIFT')] as readonly object[],
    header = TEST_HEADER as typeof TEST_HEADER | null,
  } = {},
): Promise<Gated> {
  const pair = await createPair(cloud, name, header ?? undefined);
  const service = await createEcs(cloud, name, image, {
    deployment,
    loadBalancers: [pair.balancer],
    desired: 2,
  });
  await ecs(cloud, 'UpdateService', {
    cluster: 'main',
    service: name,
    deploymentConfiguration: { ...deployment, lifecycleHooks: hooks },
  });
  return { service, pair };
}

export interface HookView {
  readonly serviceDeploymentArn: string;
  readonly status: string;
  readonly lifecycleStage?: string;
  readonly lifecycleHookDetails?: ReadonlyArray<{ readonly hookId: string; readonly status: string }>;
}

/** The newest deployments of a service, newest first. */
export async function deploymentsOf(cloud: TestCloud, service: string): Promise<readonly HookView[]> {
  const { serviceDeployments: all } = await ecs<{ serviceDeployments: readonly HookView[] }>(
    cloud,
    'ListServiceDeployments',
    { cluster: 'main', service },
  );
  const serviceDeploymentArns = all.map((one) => one.serviceDeploymentArn).slice(0, 5);
  const told = await ecs<{ serviceDeployments: readonly HookView[] }>(cloud, 'DescribeServiceDeployments', {
    serviceDeploymentArns,
  });
  return told.serviceDeployments;
}

/** The deployment that a hook holds. */
export const heldDeployment = (cloud: TestCloud, service: string): Promise<HookView> =>
  until(async () => {
    const all = await deploymentsOf(cloud, service);
    return all.find(
      (one) =>
        one.status === 'IN_PROGRESS' &&
        one.lifecycleHookDetails?.some(({ status }) => status === 'AWAITING_ACTION'),
    );
  }, 'the hook to wait');
