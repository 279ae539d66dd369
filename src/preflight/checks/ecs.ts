import type { DescribeTaskDefinitionResponse, Service, TaskDefinition } from '@aws-sdk/client-ecs';
import type { BackendPlace, PreflightConfig } from '../config.ts';
import { advice, expectThat, type Finding, fromError, ok, wrong } from '../finding.ts';
import { ecsService } from '../places.ts';
import type { Check } from '../preflight.ts';
import { judgeStrategy, ownAlarms } from './ecs-strategy.ts';
import { judgeOwner } from './owner.ts';

export const ecs: Check = {
  id: 'ecs',
  title: 'ECS service',
  applies: ({ backend }) => backend?.target === 'ecs' || backend?.target === 'ecs-express',
  async run(config, { aws }) {
    const { backend } = config;
    if (!backend) return [];
    try {
      const service = await ecsService(aws, backend);
      if (!service || service.status === 'INACTIVE') {
        return [
          wrong(
            `there is no service ${backend.name} in the cluster ${backend.cluster ?? 'default'}`,
            'correct `service` and `cluster`, or create it: infra/terraform has it',
          ),
        ];
      }
      const { taskDefinition } = await aws.json<DescribeTaskDefinitionResponse>(
        'ecs',
        'DescribeTaskDefinition',
        { taskDefinition: service.taskDefinition },
      );
      return [
        ...judgeEcsService(service, backend),
        ...judgeTaskDefinition(taskDefinition ?? {}, config),
        ...(backend.target === 'ecs' ? [...judgeStrategy(service), ...(await ownAlarms(service, aws))] : []),
      ];
    } catch (error) {
      return [
        fromError(error, 'ecs:DescribeServices', () =>
          wrong(`there is no cluster ${backend.cluster ?? 'default'}`, 'correct `cluster`'),
        ),
      ];
    }
  },
};

/** Pure. Facts: https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Service.html */
export function judgeEcsService(
  service: Service,
  { target, cluster = 'default', name }: BackendPlace,
): Finding[] {
  const own = `aws ecs update-service --cluster ${cluster} --service ${name}`;
  const controller = service.deploymentController?.type ?? 'ECS';
  return [
    ...judgeOwner(Object.fromEntries((service.tags ?? []).map(({ key = '', value }) => [key, value]))),
    expectThat(
      service.status === 'ACTIVE',
      `${name} is active`,
      wrong(`${name} is ${service.status}`, 'wait until it is ACTIVE'),
    ),
    expectThat(
      controller === 'ECS',
      'ECS itself carries deployments out',
      wrong(
        `deployments are carried out by ${controller}`,
        'use a service with the deployment controller ECS: it cannot be changed on an existing one',
      ),
    ),
    expectThat(
      (service.desiredCount ?? 0) > 0,
      `${service.desiredCount} ${service.desiredCount === 1 ? 'task is' : 'tasks are'} wanted`,
      wrong(
        'no task is wanted: a deployment would be stable at once and prove nothing',
        `${own} --desired-count 2`,
      ),
    ),
    judgeNetwork(service),
    ...(target === 'ecs' ? [judgeBreaker(service, own), judgeHealthyPercent(service, own)] : []),
  ];
}

/**
 * It works for rolling deployments; of blue/green AWS's pages disagree, and none names the other strategies
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/deployment-failure-detection.html,
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DeploymentCircuitBreaker.html).
 */
function judgeBreaker({ deploymentConfiguration: c }: Service, own: string): Finding {
  const breaker = c?.deploymentCircuitBreaker;
  const strategy = c?.strategy ?? 'ROLLING';
  if (strategy !== 'ROLLING') {
    return ok(`it deploys by ${strategy}, where the circuit breaker is not asked for`);
  }
  return expectThat(
    breaker?.enable === true && breaker.rollback === true,
    'the circuit breaker is on, with rollback',
    wrong(
      'the circuit breaker is off: a release that cannot start is tried for ever',
      `${own} --deployment-configuration "deploymentCircuitBreaker={enable=true,rollback=true}"`,
    ),
  );
}

function judgeNetwork({ networkConfiguration: network }: Service): Finding {
  const subnets = network?.awsvpcConfiguration?.subnets?.length ?? 0;
  if (subnets !== 1)
    return ok(subnets > 1 ? `it runs in ${subnets} subnets` : 'it runs in the network of its instances');
  return advice(
    'it runs in one subnet: one zone of AWS down, and all of it is',
    'give it subnets of two availability zones',
  );
}

function judgeHealthyPercent({ deploymentConfiguration: c }: Service, own: string): Finding {
  const minimum = c?.minimumHealthyPercent ?? 100;
  if (minimum >= 100) return ok('no task stops before its successor is healthy');
  // As infra/terraform has SQLite on EFS: the usual settings would let two tasks write one file.
  if ((c?.maximumPercent ?? 200) <= 100)
    return advice(
      'its tasks stop before their successors start, so nobody is served in between: right where only one task may write a file',
      `keep it there; for an app that may run twice: ${own} --deployment-configuration "minimumHealthyPercent=100,maximumPercent=200"`,
    );
  return advice(
    `up to ${100 - minimum} % of the tasks may stop before their successors run`,
    `${own} --deployment-configuration "minimumHealthyPercent=100,maximumPercent=200"`,
  );
}

export function judgeTaskDefinition(
  definition: TaskDefinition,
  { backend, secrets }: Pick<PreflightConfig, 'backend' | 'secrets'>,
): Finding[] {
  const names = (definition.containerDefinitions ?? []).map((container) => container.name ?? '');
  const wanted = backend?.container;
  const needsRole =
    Object.keys(secrets).length > 0 ||
    (definition.containerDefinitions ?? []).some((c) => c.image?.includes('.dkr.ecr.'));
  return [
    wanted === undefined
      ? expectThat(
          names.length === 1,
          `its container is ${names[0]}`,
          wrong(
            `the task definition has several containers (${names.join(', ')})`,
            'name the one that gets the image as `container`',
          ),
        )
      : expectThat(
          names.includes(wanted),
          `it has the container ${wanted}`,
          wrong(
            `the task definition has no container ${wanted} (it has ${names.join(', ')})`,
            'correct `container`',
          ),
        ),
    expectThat(
      !needsRole || Boolean(definition.executionRoleArn),
      'it has an execution role',
      wrong(
        'the task definition has no execution role: images of ECR and secrets cannot be read',
        'set executionRoleArn to a role with AmazonECSTaskExecutionRolePolicy, and secretsmanager:GetSecretValue on the secrets',
      ),
    ),
  ];
}
