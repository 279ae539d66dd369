import type { CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/ecs.ts';
import { page } from '../shapes/page.ts';
import { isOver } from './model.ts';
import { type EcsStore, refuse } from './store.ts';
import { describeDeployment, describeRevision } from './views.ts';

const STOPPABLE = ['PENDING', 'IN_PROGRESS'];

export function deploymentOperations(store: EcsStore) {
  const inRegion = (arn: string, request: CloudRequest) => arn.split(':')[3] === request.region;
  return {
    ListServiceDeployments: {
      resource: (input: Inputs['ListServiceDeployments']) => input.service,
      run: (input: Inputs['ListServiceDeployments'], request: CloudRequest) => {
        const cluster = store.cluster(input.cluster, request.region);
        const service = store.findService(input.service, cluster);
        if (!service) throw refuse('ServiceNotFoundException', 'Service not found.');
        const { after = 0, before = Number.POSITIVE_INFINITY } = input.createdAt ?? {};
        const all = service.deployments
          .filter((d) => !d.hidden)
          .filter((d) => !input.status?.length || input.status.some((status) => status === d.status))
          .filter((d) => d.createdAt / 1000 >= after && d.createdAt / 1000 <= before);
        const { items, next } = page(all, input.nextToken, input.maxResults ?? 20);
        const list = items.map((d) => ({
          serviceDeploymentArn: d.arn,
          serviceArn: d.serviceArn,
          clusterArn: d.clusterArn,
          createdAt: new Date(d.createdAt),
          ...(d.startedAt === undefined ? {} : { startedAt: new Date(d.startedAt) }),
          ...(d.finishedAt === undefined ? {} : { finishedAt: new Date(d.finishedAt) }),
          targetServiceRevisionArn: d.target,
          status: d.status,
          ...(d.statusReason ? { statusReason: d.statusReason } : {}),
        }));
        return { serviceDeployments: list, nextToken: next };
      },
    },
    DescribeServiceDeployments: {
      resource: (input: Inputs['DescribeServiceDeployments']) => input.serviceDeploymentArns.join(','),
      run: (input: Inputs['DescribeServiceDeployments'], request: CloudRequest) => {
        const found: unknown[] = [];
        const failures: unknown[] = [];
        for (const arn of input.serviceDeploymentArns) {
          const deployment = store.deployments.get(arn);
          if (deployment && !deployment.hidden && inRegion(arn, request))
            found.push(describeDeployment(store, deployment));
          else failures.push({ arn, reason: 'MISSING' });
        }
        return { serviceDeployments: found, failures };
      },
    },
    DescribeServiceRevisions: {
      resource: (input: Inputs['DescribeServiceRevisions']) => input.serviceRevisionArns.join(','),
      run: (input: Inputs['DescribeServiceRevisions'], request: CloudRequest) => {
        const found: unknown[] = [];
        const failures: unknown[] = [];
        for (const arn of input.serviceRevisionArns) {
          const revision = store.revisions.get(arn);
          if (revision && inRegion(arn, request)) found.push(describeRevision(store, revision));
          else failures.push({ arn, reason: 'MISSING' });
        }
        return { serviceRevisions: found, failures };
      },
    },
    StopServiceDeployment: {
      resource: (input: Inputs['StopServiceDeployment']) => input.serviceDeploymentArn,
      run: (input: Inputs['StopServiceDeployment'], request: CloudRequest) => {
        const deployment = store.deployments.get(input.serviceDeploymentArn);
        if (!deployment || !inRegion(input.serviceDeploymentArn, request))
          throw refuse(
            'ServiceDeploymentNotFoundException',
            "The service deploy ARN that you specified in the StopServiceDeployment doesn't exist.",
          );
        const goesBack = deployment.status.startsWith('ROLLBACK_') && input.stopType !== 'ABORT';
        if (isOver(deployment.status) || !(STOPPABLE.includes(deployment.status) || goesBack))
          throw refuse(
            'ConflictException',
            `The service deployment cannot be stopped: its status is ${deployment.status}.`,
          );
        if (goesBack) return { serviceDeploymentArn: deployment.arn };
        deployment.status = input.stopType === 'ABORT' ? 'STOP_REQUESTED' : 'ROLLBACK_REQUESTED';
        deployment.updatedAt = store.context.now();
        store.changed();
        return { serviceDeploymentArn: deployment.arn };
      },
    },
    ContinueServiceDeployment: {
      resource: (input: Inputs['ContinueServiceDeployment']) => input.serviceDeploymentArn,
      run: (input: Inputs['ContinueServiceDeployment'], request: CloudRequest) => {
        const deployment = store.deployments.get(input.serviceDeploymentArn);
        if (!deployment || !inRegion(input.serviceDeploymentArn, request))
          throw refuse(
            'ServiceDeploymentNotFoundException',
            "The service deploy ARN that you specified in the ContinueServiceDeployment doesn't exist.",
          );
        const run = deployment.hooks.find((one) => one.id === input.hookId);
        if (!run) throw refuse('InvalidParameterException', `The hook ${input.hookId} was not found.`);
        if (deployment.status !== 'IN_PROGRESS' || run.status !== 'AWAITING_ACTION')
          throw refuse(
            'InvalidParameterException',
            `The hook ${input.hookId} does not wait for an action: its status is ${run.status}, that of the service deployment ${deployment.status}.`,
          );
        const back = input.action === 'ROLLBACK';
        run.status = back ? 'FAILED' : 'SUCCEEDED';
        if (back) deployment.status = 'ROLLBACK_REQUESTED';
        deployment.updatedAt = store.context.now();
        store.changed();
        return { serviceDeploymentArn: deployment.arn };
      },
    },
  };
}
