import type { CloudRequest, CloudResponse } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/ecs.ts';
import { page } from '../shapes/page.ts';
import type { ContainerInstanceRecord } from './model.ts';
import type { EcsStore } from './store.ts';

const ARCHITECTURES = ['x86_64', 'arm64'] as const;
type Architecture = (typeof ARCHITECTURES)[number];

/** What an instance has registered; nothing is counted down. */
const RESOURCES = [
  { name: 'CPU', type: 'INTEGER', integerValue: 4096 },
  { name: 'MEMORY', type: 'INTEGER', integerValue: 16384 },
];

const json = (status: number, value: unknown): CloudResponse => ({
  status,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(value),
});

/**
 * `POST /_cloud/ecs/container-instances` adds EC2 instances to a cluster: `{"cluster": "prod", "architecture": "arm64",
 * "count": 2}`; one of x86_64 unless it says otherwise.
 */
export function addInstances(store: EcsStore, body: Buffer): CloudResponse {
  let asked: { readonly cluster?: string; readonly architecture?: Architecture; readonly count?: number };
  try {
    asked = JSON.parse(body.toString('utf8') || '{}');
  } catch (error) {
    return json(400, { error: (error as Error).message });
  }
  const { cluster: name = 'default', architecture = 'x86_64', count = 1 } = asked;
  const cluster = [...store.clusters.values()].find(
    (one) => [one.name, one.arn].includes(name) && one.status === 'ACTIVE',
  );
  if (!cluster) return json(400, { error: `there is no cluster ${name}` });
  if (!ARCHITECTURES.includes(architecture))
    return json(400, { error: `architecture must be one of ${ARCHITECTURES.join(', ')}` });
  if (!Number.isInteger(count) || count < 1 || count > 100)
    return json(400, { error: 'count must be from 1 to 100' });
  const made = Array.from({ length: count }, (): ContainerInstanceRecord => {
    const id = store.newId();
    return {
      arn: store.arn(cluster.region, `container-instance/${cluster.name}/${id}`),
      clusterArn: cluster.arn,
      ec2InstanceId: `i-${id.slice(0, 17)}`,
      architecture,
      status: 'ACTIVE',
      registeredAt: store.context.now(),
    };
  });
  for (const one of made) store.instances.set(one.arn, one);
  store.changed();
  return json(201, made);
}

function describe(store: EcsStore, one: ContainerInstanceRecord) {
  const tasks = [...store.tasks.values()].filter((task) => task.containerInstanceArn === one.arn);
  const pending = ['PROVISIONING', 'PENDING', 'ACTIVATING'];
  return {
    containerInstanceArn: one.arn,
    ec2InstanceId: one.ec2InstanceId,
    version: 1,
    versionInfo: {},
    remainingResources: RESOURCES,
    registeredResources: RESOURCES,
    status: one.status,
    agentConnected: true,
    runningTasksCount: tasks.filter((task) => task.lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter((task) => pending.includes(task.lastStatus)).length,
    attributes: [
      { name: 'ecs.cpu-architecture', value: one.architecture },
      { name: 'ecs.os-type', value: 'linux' },
    ],
    registeredAt: new Date(one.registeredAt),
    attachments: [],
    tags: [],
  };
}

export function containerInstanceOperations(store: EcsStore) {
  const of = (input: { readonly cluster?: string | undefined }, request: CloudRequest) =>
    store.instancesOf(store.cluster(input.cluster, request.region));
  return {
    ListContainerInstances: {
      resource: (input: Inputs['ListContainerInstances']) => input.cluster,
      run: (input: Inputs['ListContainerInstances'], request: CloudRequest) => {
        const arns = of(input, request)
          .filter((one) => !input.status || one.status === input.status)
          .map((one) => one.arn);
        const { items, next } = page(arns, input.nextToken, input.maxResults ?? 100);
        return { containerInstanceArns: items, nextToken: next };
      },
    },
    DescribeContainerInstances: {
      resource: (input: Inputs['DescribeContainerInstances']) => input.containerInstances.join(','),
      run: (input: Inputs['DescribeContainerInstances'], request: CloudRequest) => {
        const there = of(input, request);
        const containerInstances: unknown[] = [];
        const failures: unknown[] = [];
        for (const id of input.containerInstances) {
          const found = there.find((one) => one.arn === id || one.arn.endsWith(`/${id}`));
          if (found) containerInstances.push(describe(store, found));
          else failures.push({ arn: id, reason: 'MISSING' });
        }
        return { containerInstances, failures };
      },
    },
  };
}
