import type { ServiceDeployment } from '@aws-sdk/client-ecs';
import type { TargetKind } from '../plan/spec.ts';
import { phaseOf } from '../verdict/verdict.ts';
import { seconds } from './ecs-facts.ts';
import type { Observation, Pause } from './target.ts';

/** One look at a service deployment, from DescribeServiceDeployments. */
export function observationOf(kind: TargetKind, deployment: ServiceDeployment): Observation {
  const status = deployment.status ?? '';
  const reasons = new Set([deployment.statusReason, deployment.rollback?.reason].filter(Boolean));
  return {
    status,
    phase: phaseOf(kind, status),
    stage: deployment.lifecycleStage,
    note: noteOf(deployment),
    reason: [...reasons].join('; '),
    pauses: pausesOf(deployment),
  };
}

/** `2 of 2 tasks, PRODUCTION_TRAFFIC_SHIFT, 20 % of the traffic`: stage and share where the strategy has them. */
function noteOf({
  targetServiceRevision: revision,
  lifecycleStage: stage,
}: ServiceDeployment): string | undefined {
  if (!revision) return undefined;
  const tasks = `${revision.runningTaskCount ?? 0} of ${revision.requestedTaskCount ?? 0} tasks`;
  if (!stage) return tasks;
  const share = revision.requestedProductionTrafficWeight;
  return `${tasks}, ${stage}${share === undefined ? '' : `, ${share} % of the traffic`}`;
}

/** https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentLifecycleHookDetail.html */
function pausesOf(deployment: ServiceDeployment): Pause[] {
  const arn = deployment.serviceDeploymentArn ?? '';
  const waiting = (deployment.lifecycleHookDetails ?? []).filter((hook) => hook.status === 'AWAITING_ACTION');
  return waiting.map(({ hookId = '', targetType, targetArn, expiresAt, timeoutAction }) => {
    const until = expiresAt ? ` until ${new Date(seconds(expiresAt) * 1000).toISOString()}` : '';
    const then = timeoutAction === 'CONTINUE' ? 'then it goes on by itself' : 'then ECS goes back by itself';
    const decide = (action: string) =>
      `aws ecs continue-service-deployment --service-deployment-arn ${arn} --hook-id ${hookId} --action ${action}`;
    return {
      id: hookId,
      type: targetType ?? '',
      stage: deployment.lifecycleStage ?? '',
      share: deployment.targetServiceRevision?.requestedProductionTrafficWeight,
      said: [
        `the rollout waits at ${deployment.lifecycleStage ?? 'a stage'} for the hook ${targetArn ?? targetType ?? ''} (${hookId})${until}; ${then}. The hook is not ours, so it is not answered from here, and the wait does not count as ours`,
        `to go on: ${decide('CONTINUE')}`,
        `to go back: ${decide('ROLLBACK')}`,
      ],
    };
  });
}
