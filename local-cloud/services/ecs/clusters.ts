import type { CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/ecs.ts';
import { page } from '../shapes/page.ts';
import type { ClusterRecord } from './model.ts';
import { type EcsStore, refuse } from './store.ts';
import { tagList, tagMap } from './task-definitions.ts';

/** A cluster of that name, made where it is missing. */
export function ensureCluster(
  store: EcsStore,
  name: string,
  region: string,
  input: Inputs['CreateCluster'] = {},
): ClusterRecord {
  const arn = store.arn(region, `cluster/${name}`);
  const known = store.clusters.get(arn);
  if (known?.status === 'ACTIVE') return known;
  const cluster: ClusterRecord = { name, arn, region, status: 'ACTIVE', input, tags: tagMap(input.tags) };
  store.clusters.set(arn, cluster);
  return cluster;
}

function describe(store: EcsStore, cluster: ClusterRecord) {
  const tasks = [...store.tasks.values()].filter((t) => t.clusterArn === cluster.arn);
  const services = [...store.services.values()].filter(
    (s) => s.clusterArn === cluster.arn && s.status === 'ACTIVE',
  );
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: store.instancesOf(cluster).length,
    runningTasksCount: tasks.filter((t) => t.lastStatus === 'RUNNING').length,
    pendingTasksCount: tasks.filter((t) => ['PROVISIONING', 'PENDING', 'ACTIVATING'].includes(t.lastStatus))
      .length,
    activeServicesCount: services.length,
    statistics: [],
    tags: tagList(cluster.tags),
    settings: cluster.input.settings ?? [{ name: 'containerInsights', value: 'disabled' }],
    ...(cluster.input.configuration ? { configuration: cluster.input.configuration } : {}),
    ...(cluster.input.serviceConnectDefaults
      ? { serviceConnectDefaults: cluster.input.serviceConnectDefaults }
      : {}),
    capacityProviders: cluster.input.capacityProviders ?? [],
    defaultCapacityProviderStrategy: cluster.input.defaultCapacityProviderStrategy ?? [],
  };
}

export function clusterOperations(store: EcsStore) {
  const resource = (input: {
    readonly cluster?: string;
    readonly clusterName?: string | undefined;
    readonly resourceArn?: string;
  }) => input.cluster ?? input.clusterName ?? input.resourceArn;
  const tagged = (arn: string): { tags: Record<string, string> } => {
    const found =
      store.clusters.get(arn) ??
      store.services.get(arn) ??
      store.definitions.get(arn) ??
      store.tasks.get(arn);
    if (found) return found;
    throw refuse('InvalidParameterException', 'The specified resource was not found.');
  };
  return {
    CreateCluster: {
      resource,
      run: (input: Inputs['CreateCluster'], request: CloudRequest) => {
        const name = input.clusterName ?? 'default';
        if (!/^[\w-]{1,255}$/.test(name)) throw refuse('InvalidParameterException', 'Invalid cluster name.');
        return { cluster: describe(store, ensureCluster(store, name, request.region, input)) };
      },
    },
    DescribeClusters: {
      resource: (input: Inputs['DescribeClusters']) => input.clusters?.join(','),
      run: (input: Inputs['DescribeClusters'], request: CloudRequest) => {
        const clusters: unknown[] = [];
        const failures: unknown[] = [];
        for (const id of input.clusters ?? ['default']) {
          const arn = id.startsWith('arn:') ? id : store.arn(request.region, `cluster/${id}`);
          const cluster = store.clusters.get(arn);
          if (cluster && cluster.region === request.region) clusters.push(describe(store, cluster));
          else failures.push({ arn, reason: 'MISSING' });
        }
        return { clusters, failures };
      },
    },
    ListClusters: {
      run: (input: Inputs['ListClusters'], request: CloudRequest) => {
        const arns = [...store.clusters.values()]
          .filter((c) => c.region === request.region && c.status === 'ACTIVE')
          .map((c) => c.arn);
        const { items, next } = page(arns, input.nextToken, input.maxResults ?? 100);
        return { clusterArns: items, nextToken: next };
      },
    },
    DeleteCluster: {
      resource,
      run: (input: Inputs['DeleteCluster'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const shown = describe(store, cluster);
        if (shown.activeServicesCount > 0)
          throw refuse(
            'ClusterContainsServicesException',
            'The Cluster cannot be deleted while Services are active.',
          );
        if (shown.runningTasksCount + shown.pendingTasksCount > 0)
          throw refuse(
            'ClusterContainsTasksException',
            'The Cluster cannot be deleted while Tasks are active.',
          );
        cluster.status = 'INACTIVE';
        return { cluster: { ...shown, status: 'INACTIVE' } };
      },
    },
    TagResource: {
      resource,
      run: (input: Inputs['TagResource']) => {
        Object.assign(tagged(input.resourceArn).tags, tagMap(input.tags));
      },
    },
    UntagResource: {
      resource,
      run: (input: Inputs['UntagResource']) => {
        const { tags } = tagged(input.resourceArn);
        for (const key of input.tagKeys) delete tags[key];
      },
    },
    ListTagsForResource: {
      resource,
      run: (input: Inputs['ListTagsForResource']) => ({ tags: tagList(tagged(input.resourceArn).tags) }),
    },
  };
}
