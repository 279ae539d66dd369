import { refused } from '../../../runtime/errors.ts';
import type { TargetKind } from './spec.ts';

/** Which service is meant, as far as the inputs alone can tell. */
export interface ServiceRef {
  /** `ecs` stands for both ECS targets until the service itself has been asked which of them it is. */
  readonly target: TargetKind;
  /** True where the user named the target, and so a service of another kind is a mistake. */
  readonly targetGiven: boolean;
  readonly arn?: string | undefined;
  readonly name: string;
  /** ECS: name of the cluster. */
  readonly cluster?: string | undefined;
  readonly region?: string | undefined;
  readonly account?: string | undefined;
}

const ARN =
  /^arn:(?<partition>aws[a-z-]*):(?<service>[^:]*):(?<region>[^:]*):(?<account>[^:]*):(?<resource>.+)$/;
const FORMS =
  'use an ARN such as arn:aws:apprunner:us-west-2:123456789012:service/api/8fe1e10304f84fd2b0df550fe98a71fa or arn:aws:ecs:us-west-2:123456789012:service/cluster/api, or a name together with `target`';

/**
 * Reads `service`, `target` and `cluster`.
 * ARN forms: https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsapprunner.html and
 * …/list_amazonelasticcontainerservice.html (the short ECS form without the cluster is from before 2018).
 * @throws ActionError `refused`.
 */
export function parseServiceRef(given: {
  service: string;
  target: 'auto' | TargetKind;
  cluster: string;
}): ServiceRef {
  const { service, target } = given;
  if (service.startsWith('arn:')) return fromArn(service, target, given.cluster);
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/.test(service)) {
    throw refused({
      input: 'service',
      what: 'is neither an ARN nor a service name',
      found: service,
      fix: FORMS,
    });
  }
  if (target === 'auto') {
    throw refused({
      input: 'service',
      what: 'is a name, and a name alone does not say what runs it',
      found: service,
      fix: 'set `target` to apprunner, ecs-express or ecs, or give the ARN of the service',
    });
  }
  if (target === 'apprunner') refuseCluster(given.cluster);
  return {
    target,
    targetGiven: true,
    name: service,
    ...(target === 'apprunner' ? {} : { cluster: clusterName(given.cluster) || 'default' }),
  };
}

function fromArn(arn: string, target: 'auto' | TargetKind, cluster: string): ServiceRef {
  const parts = ARN.exec(arn)?.groups;
  const resource = /^service\/(.+)$/.exec(parts?.['resource'] ?? '')?.[1]?.split('/');
  const service = parts?.['service'];
  const region = parts?.['region'];
  const wrong = (what: string) => refused({ input: 'service', what, found: arn, fix: FORMS });
  if (!parts || !resource || resource.some((part) => part === '')) throw wrong('is not the ARN of a service');
  if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(region ?? '')) throw wrong('has no valid region in its ARN');
  if (!/^\d{12}$/.test(parts['account'] ?? '')) throw wrong('has no 12-digit account in its ARN');
  const common = { arn, region, account: parts['account'], targetGiven: target !== 'auto' };
  if (service === 'apprunner' && resource.length === 2) {
    refuseOther(target, ['auto', 'apprunner'], arn);
    refuseCluster(cluster);
    return { ...common, target: 'apprunner', name: resource[0] ?? '' };
  }
  if (service === 'ecs' && resource.length <= 2) {
    refuseOther(target, ['auto', 'ecs', 'ecs-express'], arn);
    const [first = '', second] = resource;
    return {
      ...common,
      target: target === 'ecs-express' ? 'ecs-express' : 'ecs',
      name: second ?? first,
      cluster: sameCluster(second === undefined ? '' : first, clusterName(cluster), arn),
    };
  }
  throw wrong(`is not the ARN of an App Runner or ECS service`);
}

function refuseOther(target: string, allowed: readonly string[], arn: string): void {
  if (allowed.includes(target)) return;
  throw refused({
    input: 'target',
    what: `does not fit the service, whose ARN says ${allowed.slice(1).join(' or ')}`,
    found: `target ${target}, service ${arn}`,
    fix: 'leave `target` out: the ARN says it',
  });
}

function refuseCluster(cluster: string): void {
  if (!cluster) return;
  throw refused({
    input: 'cluster',
    what: 'has no meaning for App Runner',
    found: cluster,
    fix: 'leave it out, or give an ECS service',
  });
}

function sameCluster(inArn: string, given: string, arn: string): string {
  if (inArn && given && inArn !== given) {
    throw refused({
      input: 'cluster',
      what: 'is not the cluster that the ARN of the service names',
      found: `${given}, while the service is ${arn}`,
      fix: 'leave `cluster` out',
    });
  }
  return inArn || given || 'default';
}

const clusterName = (cluster: string) => cluster.replace(/^arn:[^/]*cluster\//, '');
