import type { DescribeServiceResponse } from '@aws-sdk/client-apprunner';
import type { DescribeTaskDefinitionResponse } from '@aws-sdk/client-ecs';
import { readAwsError } from '../../aws/errors.ts';
import { type Xml, xmlAt, xmlList } from '../../aws/xml.ts';
import type { BackendPlace, PreflightConfig } from '../config.ts';
import { advice, type Finding, fromError, ok, unknown, wrong } from '../finding.ts';
import { optionalPermissions, type ServiceFacts } from '../optional-permissions.ts';
import {
  type Home,
  type Needed,
  neededPermissions,
  type PassedRole,
  passed,
  tagged,
} from '../permissions.ts';
import { appRunnerArn, ecsService } from '../places.ts';
import type { Check, PreflightPorts } from '../preflight.ts';

/** What IAM itself says that this role may do: https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html */
export const permissions: Check = {
  id: 'permissions',
  title: 'Permissions',
  applies: () => true,
  async run(config, ports) {
    const { aws } = ports;
    try {
      const caller = await aws.query('STS', 'GetCallerIdentity', {});
      const arn = xmlAt(caller, 'GetCallerIdentityResult', 'Arn');
      const [, partition = 'aws', , , account = ''] = arn.split(':');
      const needed = await allNeeded(config, { partition, account, region: await aws.region() }, ports);
      if (needed.length === 0)
        return [
          unknown(
            'no input names a resource, so there is nothing to be allowed',
            'give the inputs of the actions that you use',
          ),
        ];
      const principal = await principalOf(arn, ports);
      const denied = (await Promise.all(needed.map((one) => simulate(principal, one, ports)))).flat();
      const count = needed.reduce((sum, { actions }) => sum + actions.length, 0);
      return denied.length > 0
        ? denied.map(deniedFinding)
        : [ok(`all ${count} permissions that deployments need are granted`)];
    } catch (error) {
      return [cannotAsk(error)];
    }
  },
};

async function allNeeded(config: PreflightConfig, home: Home, ports: PreflightPorts): Promise<Needed[]> {
  const { needed, facts } = await neededByService(config, ports);
  return [...neededPermissions(config, home), ...needed, ...optionalPermissions(config, home, facts)];
}

/** A session is not a principal of IAM; its role is. A role may have a path, which its session does not say. */
async function principalOf(arn: string, { aws }: PreflightPorts): Promise<string> {
  const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  if (!role) return arn;
  const answer = await aws.query('IAM', 'GetRole', { RoleName: role });
  return xmlAt(answer, 'GetRoleResult', 'Role', 'Arn');
}

interface ByService {
  readonly needed: readonly Needed[];
  readonly facts: ServiceFacts;
}

/** What the service itself makes necessary. What cannot be looked up here is told by the checks of the service itself. */
async function neededByService({ backend }: PreflightConfig, ports: PreflightPorts): Promise<ByService> {
  try {
    if (backend) return await (backend.target === 'apprunner' ? byAppRunner : byEcs)(backend, ports);
  } catch {
    ports.signal.throwIfAborted();
  }
  return { needed: [], facts: { logGroups: [] } };
}

async function byAppRunner(backend: BackendPlace, { aws }: PreflightPorts): Promise<ByService> {
  const ServiceArn = await appRunnerArn(aws, backend);
  const { Service: service } = await aws.json<DescribeServiceResponse>('appRunner', 'DescribeService', {
    ServiceArn,
  });
  const { ServiceName = backend.name, ServiceId = '*' } = service ?? {};
  return {
    needed: passed([
      ...role(service?.SourceConfiguration?.AuthenticationConfiguration?.AccessRoleArn, 'build.apprunner'),
      ...role(service?.InstanceConfiguration?.InstanceRoleArn, 'tasks.apprunner'),
    ]),
    facts: {
      // Of the app, and of App Runner itself: https://docs.aws.amazon.com/apprunner/latest/dg/monitor-cwl.html
      logGroups: ['application', 'service'].map((log) => `/aws/apprunner/${ServiceName}/${ServiceId}/${log}`),
    },
  };
}

async function byEcs(backend: BackendPlace, { aws }: PreflightPorts): Promise<ByService> {
  const taskDefinition = (await ecsService(aws, backend))?.taskDefinition;
  const answer = await aws.json<DescribeTaskDefinitionResponse>('ecs', 'DescribeTaskDefinition', {
    taskDefinition,
    include: ['TAGS'],
  });
  const {
    executionRoleArn,
    taskRoleArn,
    taskDefinitionArn = '',
    containerDefinitions = [],
  } = answer.taskDefinition ?? {};
  const groups = containerDefinitions.flatMap(
    (one) => one.logConfiguration?.options?.['awslogs-group'] ?? [],
  );
  return {
    needed: [
      ...passed([...role(executionRoleArn, 'ecs-tasks'), ...role(taskRoleArn, 'ecs-tasks')]),
      ...((answer.tags ?? []).length > 0 ? [tagged(taskDefinitionArn)] : []),
    ],
    facts: { definition: taskDefinitionArn || undefined, logGroups: [...new Set(groups)] },
  };
}

const role = (arn: string | undefined, service: string): PassedRole[] =>
  arn ? [{ arn, to: `${service}.amazonaws.com` }] : [];

interface Denied {
  readonly action: string;
  readonly resource: string;
  /** `implicitDeny` where nothing allows it, `explicitDeny` where something forbids it. */
  readonly decision: string;
  /** What alone needs it; absent where every deployment does. */
  readonly for?: string | undefined;
}

async function simulate(
  principal: string,
  { resource, actions, context = {}, for: purpose }: Needed,
  { aws }: PreflightPorts,
): Promise<Denied[]> {
  const names = Object.fromEntries(actions.map((action, i) => [`ActionNames.member.${i + 1}`, action]));
  const answer = await aws.query('IAM', 'SimulatePrincipalPolicy', {
    PolicySourceArn: principal,
    'ResourceArns.member.1': resource,
    ...names,
    ...contextEntries(context),
  });
  return deniedIn(answer, resource).map((denied) => ({ ...denied, for: purpose }));
}

/** A policy with a condition is judged by what the real request would carry: without it every such statement is a denial. */
function contextEntries(context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(context).flatMap(([key, value], i) => [
      [`ContextEntries.member.${i + 1}.ContextKeyName`, key],
      [`ContextEntries.member.${i + 1}.ContextKeyType`, 'string'],
      [`ContextEntries.member.${i + 1}.ContextKeyValues.member.1`, value],
    ]),
  );
}

export function deniedIn(answer: Xml, resource: string): Denied[] {
  return xmlList(answer, 'SimulatePrincipalPolicyResult', 'EvaluationResults', 'member')
    .map((member) => ({
      action: xmlAt(member, 'EvalActionName'),
      resource,
      decision: xmlAt(member, 'EvalDecision'),
    }))
    .filter(({ decision }) => decision !== 'allowed');
}

function deniedFinding({ action, resource, decision, for: purpose }: Denied): Finding {
  const only = purpose ? `; without it there is no ${purpose}` : '';
  const finding = purpose ? advice : wrong;
  return decision === 'explicitDeny'
    ? finding(
        `${action} on ${resource} is forbidden by a Deny statement${only}`,
        "change that statement: a permission boundary, the role's policies or the organisation's",
      )
    : finding(
        `${action} on ${resource} is not granted${only}`,
        `add {"Effect":"Allow","Action":"${action}","Resource":"${resource}"} to the role's policy (infra/terraform has the least policy)`,
      );
}

function cannotAsk(error: unknown): Finding {
  const { kind } = readAwsError(error);
  if (kind === 'credentials') return fromError(error, 'sts:GetCallerIdentity', () => unknown(''));
  return unknown(
    'IAM could not be asked what this role may do; what was read above is allowed, the rest shows at the first deployment',
    'grant iam:GetRole and iam:SimulatePrincipalPolicy on the role itself to see it here',
  );
}
