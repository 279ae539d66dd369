import type { CloudContext } from '../../core/service.ts';
import type { Answer } from '../../images/front-door.ts';
import type { CloudWatchService } from '../cloudwatch/index.ts';
import type { LoadBalancer } from './model.ts';

/**
 * What an application load balancer counts of an answer, for itself and for the target group that it came from
 * (ELB user guide, "CloudWatch metrics for your Application Load Balancer").
 */
export function metricsOf(
  answer: Answer,
): Array<{ readonly name: string; readonly value: number; readonly group: boolean }> {
  const kind = `${Math.floor(answer.status / 100)}XX_Count`;
  if (!answer.backend) return [{ name: `HTTPCode_ELB_${kind}`, value: 1, group: false }];
  return [
    { name: 'RequestCount', value: 1, group: true },
    { name: `HTTPCode_Target_${kind}`, value: 1, group: true },
    { name: 'TargetResponseTime', value: answer.seconds, group: true },
  ];
}

export function countAnswer(context: CloudContext, balancer: LoadBalancer, answer: Answer): void {
  const cloudWatch = context.service<CloudWatchService>('monitoring');
  const own = { Name: 'LoadBalancer', Value: balancer.arn.replace(/^.*:loadbalancer\//, '') };
  const group = { Name: 'TargetGroup', Value: answer.pool.replace(/^.*:(?=targetgroup\/)/, '') };
  for (const metric of metricsOf(answer))
    for (const dimensions of metric.group ? [[own], [group, own]] : [[own]])
      cloudWatch.record(balancer.region, 'AWS/ApplicationELB', metric.name, dimensions, metric.value);
}
