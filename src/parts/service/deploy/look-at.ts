import type { TargetKind } from '../plan/spec.ts';

/** The command with which a person sees what a service runs. @param arn of the service */
export function lookCommand(target: TargetKind, arn: string): string {
  const [, , , region, , resource = ''] = arn.split(':');
  const at = region ? ` --region ${region}` : '';
  if (target === 'apprunner') return `aws apprunner describe-service --service-arn ${arn}${at}`;
  const [, ...path] = resource.split('/');
  const cluster = path.length > 1 ? ` --cluster ${path[0]}` : '';
  return `aws ecs describe-services${cluster} --services ${path.at(-1)}${at}`;
}
