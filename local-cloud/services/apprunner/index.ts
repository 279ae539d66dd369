import { randomBytes } from 'node:crypto';
import { rpcService } from '../../core/rpc.ts';
import { type CloudContext, CloudFault, type CloudRequest, type Service } from '../../core/service.ts';
import { parseImage } from '../../images/reference.ts';
import type { EcrService } from '../ecr/index.ts';
import { model } from '../shapes/apprunner.ts';
import type { Inputs, Tag } from '../shapes/inputs/apprunner.ts';
import { modelled } from '../shapes/modelled.ts';
import { page } from '../shapes/page.ts';
import { type Asked, configure } from './configuration.ts';
import type { Configuration, OperationType, ServiceRecord } from './model.ts';
import { Rollouts } from './rollout.ts';
import { ScalingConfigurations, scalingOperations, summaryOf } from './scaling.ts';

interface State {
  readonly services: ServiceRecord[];
  readonly scaling: unknown;
}

interface AppRunner {
  readonly context: CloudContext;
  readonly services: Map<string, ServiceRecord>;
  readonly scaling: ScalingConfigurations;
  readonly rollouts: Rollouts;
}

/** App Runner, API version 2020-05-15: each service runs its image, checks its health, and puts itself back. */
export function appRunnerService(context: CloudContext): Service {
  const app: AppRunner = {
    context,
    services: new Map(),
    scaling: new ScalingConfigurations(context),
    rollouts: new Rollouts(context),
  };
  const all = () => [...app.services.values()];
  const rpc = rpcService({
    name: 'apprunner',
    target: 'AppRunner',
    jsonVersion: '1.0',
    invalidCode: 'InvalidRequestException',
    operations: modelled<Inputs>(
      model,
      { invalid: 'InvalidRequestException', tooMany: 'InvalidRequestException' },
      {
        ...serviceOperations(app),
        ...listOperations(app),
        ...tagOperations(app),
        ...scalingOperations(context, app.scaling, all),
      },
      ['ImageIdentifier'],
    ),
  });
  return {
    ...rpc,
    save: (): State => ({ services: all(), scaling: app.scaling.save() }),
    load: (state) => {
      const { services, scaling } = state as State;
      app.scaling.load(scaling);
      for (const service of services) app.services.set(service.arn, service);
    },
    start: async () => {
      const { images } = context.service<EcrService>('ecr');
      images.onPush((repository, tag) => tag && deployPushed(app, repository.region, repository.name, tag));
      await Promise.all(all().map((s) => (s.status === 'DELETED' ? undefined : app.rollouts.resume(s))));
    },
    close: () => app.rollouts.close(),
  };
}

const refuse = (code: string, message: string) => new CloudFault(code, message);
const resource = (input: {
  readonly ServiceArn?: string;
  readonly ResourceArn?: string;
  readonly ServiceName?: string;
}) => input.ServiceArn ?? input.ResourceArn ?? input.ServiceName;

function find(app: AppRunner, arn: string, request: CloudRequest): ServiceRecord {
  const service = app.services.get(arn);
  if (service && service.region === request.region) return service;
  throw refuse('ResourceNotFoundException', `Service with provided arn isn't found: ${arn}`);
}

/** @throws InvalidStateException where the service is in none of these states */
function inState(service: ServiceRecord, ...states: ServiceRecord['status'][]): ServiceRecord {
  if (states.includes(service.status)) return service;
  throw refuse(
    'InvalidStateException',
    `Service cannot be changed in the current state: ${service.status}. It must be ${states.join(' or ')}. Service ARN: ${service.arn}`,
  );
}

/** A service as DescribeService shows it, or with the configuration that is being applied. */
function describe(app: AppRunner, service: ServiceRecord, shown: Configuration = service.current) {
  const scaling = app.scaling.find(shown.scalingArn, service.region);
  return {
    ServiceName: service.name,
    ServiceId: service.id,
    ServiceArn: service.arn,
    ServiceUrl: `127.0.0.1:${service.port}`,
    CreatedAt: new Date(service.createdAt),
    UpdatedAt: new Date(service.updatedAt),
    ...(service.deletedAt === undefined ? {} : { DeletedAt: new Date(service.deletedAt) }),
    Status: service.status,
    SourceConfiguration: shown.source,
    InstanceConfiguration: shown.instance,
    ...(service.encryption ? { EncryptionConfiguration: service.encryption } : {}),
    HealthCheckConfiguration: shown.health,
    AutoScalingConfigurationSummary: summaryOf([...app.services.values()], scaling),
    NetworkConfiguration: shown.network,
    ObservabilityConfiguration: shown.observability,
  };
}

function serviceOperations(app: AppRunner) {
  const { context, services, scaling, rollouts } = app;
  const scalingArn = (input: Asked, request: CloudRequest, before?: Configuration) =>
    input.AutoScalingConfigurationArn
      ? scaling.find(input.AutoScalingConfigurationArn, request.region).arn
      : (before?.scalingArn ?? scaling.default(request.region).arn);
  const begin = (service: ServiceRecord, type: OperationType, pending?: Configuration) => {
    const operation = rollouts.begin(service, type, pending);
    return { Service: describe(app, service, pending ?? service.current), OperationId: operation.id };
  };
  const act =
    (type: OperationType, ...states: ServiceRecord['status'][]) =>
    (input: Inputs['PauseService'], request: CloudRequest) =>
      begin(inState(find(app, input.ServiceArn, request), ...states), type);
  return {
    CreateService: {
      resource,
      iam: ['apprunner:CreateService', 'iam:PassRole'],
      run: async (input: Inputs['CreateService'], request: CloudRequest) => {
        const taken = [...services.values()].find(
          (s) => s.name === input.ServiceName && s.region === request.region && s.status !== 'DELETED',
        );
        if (taken)
          throw refuse(
            'InvalidRequestException',
            `Service with the provided name already exists: ${input.ServiceName}.`,
          );
        const configuration = configure(input, undefined, scalingArn(input, request));
        const now = context.now();
        const id = randomBytes(16).toString('hex');
        const service: ServiceRecord = {
          name: input.ServiceName,
          id,
          region: request.region,
          arn: `arn:aws:apprunner:${request.region}:${context.account}:service/${input.ServiceName}/${id}`,
          port: 0,
          createdAt: now,
          updatedAt: now,
          status: 'OPERATION_IN_PROGRESS',
          current: configuration,
          ...(input.EncryptionConfiguration ? { encryption: input.EncryptionConfiguration } : {}),
          tags: tagMap(input.Tags),
          operations: [],
        };
        await rollouts.open(service);
        services.set(service.arn, service);
        request.note({ resource: service.arn });
        return begin(service, 'CREATE_SERVICE', configuration);
      },
    },
    DescribeService: {
      resource,
      run: (input: Inputs['DescribeService'], request: CloudRequest) => ({
        Service: describe(app, find(app, input.ServiceArn, request)),
      }),
    },
    UpdateService: {
      resource,
      iam: ['apprunner:UpdateService', 'iam:PassRole'],
      run: (input: Inputs['UpdateService'], request: CloudRequest) => {
        const service = inState(find(app, input.ServiceArn, request), 'RUNNING', 'PAUSED', 'CREATE_FAILED');
        const { current } = service;
        return begin(
          service,
          'UPDATE_SERVICE',
          configure(input, current, scalingArn(input, request, current)),
        );
      },
    },
    StartDeployment: {
      resource,
      run: (input: Inputs['StartDeployment'], request: CloudRequest) => {
        const service = find(app, input.ServiceArn, request);
        if (service.status !== 'RUNNING')
          throw refuse(
            'InvalidRequestException',
            `Can't start a deployment on the specified service, because it isn't in RUNNING state. Service ARN: ${service.arn}`,
          );
        return { OperationId: begin(service, 'START_DEPLOYMENT').OperationId };
      },
    },
    PauseService: { resource, run: act('PAUSE_SERVICE', 'RUNNING') },
    ResumeService: { resource, run: act('RESUME_SERVICE', 'PAUSED') },
    DeleteService: {
      resource,
      run: act('DELETE_SERVICE', 'RUNNING', 'PAUSED', 'CREATE_FAILED', 'DELETE_FAILED'),
    },
  };
}

function listOperations(app: AppRunner) {
  return {
    ListServices: {
      run: (input: Inputs['ListServices'], request: CloudRequest) => {
        const all = [...app.services.values()].filter(
          (s) => s.region === request.region && s.status !== 'DELETED',
        );
        const { items, next } = page(all, input.NextToken, input.MaxResults ?? 20, 'InvalidRequestException');
        const list = items.map((s) => ({
          ServiceName: s.name,
          ServiceId: s.id,
          ServiceArn: s.arn,
          ServiceUrl: `127.0.0.1:${s.port}`,
          CreatedAt: new Date(s.createdAt),
          UpdatedAt: new Date(s.updatedAt),
          Status: s.status,
        }));
        return { ServiceSummaryList: list, NextToken: next };
      },
    },
    /** Newest first, at most 20 a page (App Runner API, ListOperations). */
    ListOperations: {
      resource,
      run: (input: Inputs['ListOperations'], request: CloudRequest) => {
        const service = find(app, input.ServiceArn, request);
        const newest = service.operations.filter((o) => !o.hidden).reverse();
        const { items, next } = page(
          newest,
          input.NextToken,
          input.MaxResults ?? 20,
          'InvalidRequestException',
        );
        const list = items.map((o) => ({
          Id: o.id,
          Type: o.type,
          Status: o.status,
          TargetArn: service.arn,
          StartedAt: new Date(o.startedAt),
          ...(o.endedAt === undefined ? {} : { EndedAt: new Date(o.endedAt) }),
          UpdatedAt: new Date(o.updatedAt),
        }));
        return { OperationSummaryList: list, NextToken: next };
      },
    },
  };
}

const tagMap = (tags: readonly Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map((tag) => [tag.Key ?? '', tag.Value ?? '']));

function tagOperations(app: AppRunner) {
  const tagged = (arn: string, request: CloudRequest): { tags: Record<string, string> } =>
    arn.includes(':autoscalingconfiguration/')
      ? app.scaling.find(arn, request.region)
      : find(app, arn, request);
  return {
    TagResource: {
      resource,
      run: (input: Inputs['TagResource'], request: CloudRequest) => {
        Object.assign(tagged(input.ResourceArn, request).tags, tagMap(input.Tags));
      },
    },
    UntagResource: {
      resource,
      run: (input: Inputs['UntagResource'], request: CloudRequest) => {
        const { tags } = tagged(input.ResourceArn, request);
        for (const key of input.TagKeys) delete tags[key];
      },
    },
    ListTagsForResource: {
      resource,
      run: (input: Inputs['ListTagsForResource'], request: CloudRequest) => ({
        Tags: Object.entries(tagged(input.ResourceArn, request).tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    },
  };
}

/** Automatic deployments: a push to the tag that a service follows deploys it, when nothing else is under way. */
function deployPushed(app: AppRunner, region: string, repository: string, tag: string): void {
  for (const service of app.services.values()) {
    const { source } = service.current;
    const image = parseImage(source.ImageRepository.ImageIdentifier);
    const follows =
      source.AutoDeploymentsEnabled &&
      image?.digest === undefined &&
      image?.tag === tag &&
      image.repository === repository;
    if (service.region !== region || !follows) continue;
    const free = () => {
      if (service.status === 'OPERATION_IN_PROGRESS') setTimeout(free, 200).unref();
      else if (service.status === 'RUNNING') app.rollouts.begin(service, 'START_DEPLOYMENT');
    };
    free();
  }
}
