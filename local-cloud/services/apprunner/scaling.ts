import { randomBytes } from 'node:crypto';
import { type CloudContext, CloudFault, type CloudRequest } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/apprunner.ts';
import { page } from '../shapes/page.ts';
import type { ScalingRecord, ServiceRecord } from './model.ts';

/** Auto-scaling configurations by region; every region has DefaultConfiguration from the start. */
export class ScalingConfigurations {
  readonly #context: CloudContext;
  readonly #records: ScalingRecord[] = [];

  constructor(context: CloudContext) {
    this.#context = context;
  }

  all(region: string): ScalingRecord[] {
    if (!this.#records.some((r) => r.region === region)) this.#records.push(this.#preset(region));
    return this.#records.filter((r) => r.region === region && r.deletedAt === undefined);
  }

  #preset(region: string): ScalingRecord {
    return {
      arn: `arn:aws:apprunner:${region}:${this.#context.account}:autoscalingconfiguration/DefaultConfiguration/1/00000000000000000000000000000001`,
      name: 'DefaultConfiguration',
      revision: 1,
      region,
      createdAt: this.#context.now(),
      maxConcurrency: 100,
      minSize: 1,
      maxSize: 25,
      isDefault: true,
      tags: {},
    };
  }

  default(region: string): ScalingRecord {
    const found = this.all(region).find((r) => r.isDefault);
    if (!found) throw new Error(`${region} has no default auto-scaling configuration`);
    return found;
  }

  /** By full ARN, by `…/name/revision`, or by `…/name`, which is the latest revision. */
  find(arn: string, region: string): ScalingRecord {
    const mine = this.all(region).filter((r) => r.arn === arn || r.arn.startsWith(`${arn}/`));
    const found = mine.sort((a, b) => b.revision - a.revision)[0];
    if (found) return found;
    throw new CloudFault(
      'ResourceNotFoundException',
      `AutoScalingConfiguration with the provided arn isn't found: ${arn}`,
    );
  }

  latest(record: ScalingRecord): boolean {
    return !this.all(record.region).some((r) => r.name === record.name && r.revision > record.revision);
  }

  create(input: Inputs['CreateAutoScalingConfiguration'], region: string): ScalingRecord {
    const name = input.AutoScalingConfigurationName;
    const revisions = this.#records
      .filter((r) => r.region === region && r.name === name)
      .map((r) => r.revision);
    const revision = Math.max(0, ...revisions) + 1;
    const [minSize, maxSize] = [input.MinSize ?? 1, input.MaxSize ?? 25];
    if (minSize > maxSize)
      throw new CloudFault('InvalidRequestException', 'MinSize must not be greater than MaxSize.');
    this.all(region);
    const id = randomBytes(16).toString('hex');
    const record: ScalingRecord = {
      arn: `arn:aws:apprunner:${region}:${this.#context.account}:autoscalingconfiguration/${name}/${revision}/${id}`,
      name,
      revision,
      region,
      createdAt: this.#context.now(),
      maxConcurrency: input.MaxConcurrency ?? 100,
      minSize,
      maxSize,
      isDefault: false,
      tags: Object.fromEntries((input.Tags ?? []).map((t) => [t.Key ?? '', t.Value ?? ''])),
    };
    this.#records.push(record);
    return record;
  }

  save(): unknown {
    return this.#records;
  }

  load(state: unknown): void {
    this.#records.push(...(state as ScalingRecord[]));
  }
}

const uses = (services: readonly ServiceRecord[], record: ScalingRecord) =>
  services.filter((s) => s.status !== 'DELETED' && s.current.scalingArn === record.arn);

function describe(scaling: ScalingConfigurations, services: readonly ServiceRecord[], record: ScalingRecord) {
  return {
    AutoScalingConfigurationArn: record.arn,
    AutoScalingConfigurationName: record.name,
    AutoScalingConfigurationRevision: record.revision,
    Latest: scaling.latest(record),
    Status: record.deletedAt === undefined ? 'ACTIVE' : 'INACTIVE',
    MaxConcurrency: record.maxConcurrency,
    MinSize: record.minSize,
    MaxSize: record.maxSize,
    CreatedAt: new Date(record.createdAt),
    ...(record.deletedAt === undefined ? {} : { DeletedAt: new Date(record.deletedAt) }),
    HasAssociatedService: uses(services, record).length > 0,
    IsDefault: record.isDefault,
  };
}

export function summaryOf(services: readonly ServiceRecord[], record: ScalingRecord) {
  return {
    AutoScalingConfigurationArn: record.arn,
    AutoScalingConfigurationName: record.name,
    AutoScalingConfigurationRevision: record.revision,
    Status: 'ACTIVE',
    CreatedAt: new Date(record.createdAt),
    HasAssociatedService: uses(services, record).length > 0,
    IsDefault: record.isDefault,
  };
}

export function scalingOperations(
  context: CloudContext,
  scaling: ScalingConfigurations,
  services: () => readonly ServiceRecord[],
) {
  const resource = (input: {
    readonly AutoScalingConfigurationArn?: string;
    readonly AutoScalingConfigurationName?: string | undefined;
  }) => input.AutoScalingConfigurationArn ?? input.AutoScalingConfigurationName;
  const shown = (record: ScalingRecord) => ({
    AutoScalingConfiguration: describe(scaling, services(), record),
  });
  return {
    CreateAutoScalingConfiguration: {
      resource,
      run: (input: Inputs['CreateAutoScalingConfiguration'], request: CloudRequest) =>
        shown(scaling.create(input, request.region)),
    },
    DescribeAutoScalingConfiguration: {
      resource,
      run: (input: Inputs['DescribeAutoScalingConfiguration'], request: CloudRequest) =>
        shown(scaling.find(input.AutoScalingConfigurationArn, request.region)),
    },
    DeleteAutoScalingConfiguration: {
      resource,
      refuses: ['DeleteAllRevisions'] as const,
      run: (input: Inputs['DeleteAutoScalingConfiguration'], request: CloudRequest) => {
        const record = scaling.find(input.AutoScalingConfigurationArn, request.region);
        if (record.isDefault || uses(services(), record).length > 0)
          throw new CloudFault(
            'InvalidRequestException',
            'The configuration is the default, or a service uses it.',
          );
        const answer = shown(record);
        record.deletedAt = context.now();
        const { AutoScalingConfiguration } = answer;
        return { AutoScalingConfiguration: { ...AutoScalingConfiguration, Status: 'INACTIVE' } };
      },
    },
    ListAutoScalingConfigurations: {
      resource,
      run: (input: Inputs['ListAutoScalingConfigurations'], request: CloudRequest) => {
        const all = scaling
          .all(request.region)
          .filter((r) => !input.AutoScalingConfigurationName || r.name === input.AutoScalingConfigurationName)
          .filter((r) => !input.LatestOnly || scaling.latest(r));
        const { items, next } = page(
          all,
          input.NextToken,
          input.MaxResults ?? 100,
          'InvalidRequestException',
        );
        return {
          AutoScalingConfigurationSummaryList: items.map((r) => summaryOf(services(), r)),
          NextToken: next,
        };
      },
    },
    ListServicesForAutoScalingConfiguration: {
      resource,
      run: (input: Inputs['ListServicesForAutoScalingConfiguration'], request: CloudRequest) => {
        const record = scaling.find(input.AutoScalingConfigurationArn, request.region);
        const arns = uses(services(), record).map((s) => s.arn);
        const { items, next } = page(
          arns,
          input.NextToken,
          input.MaxResults ?? 100,
          'InvalidRequestException',
        );
        return { ServiceArnList: items, NextToken: next };
      },
    },
    UpdateDefaultAutoScalingConfiguration: {
      resource,
      run: (input: Inputs['UpdateDefaultAutoScalingConfiguration'], request: CloudRequest) => {
        const record = scaling.find(input.AutoScalingConfigurationArn, request.region);
        for (const other of scaling.all(request.region)) other.isDefault = other === record;
        return shown(record);
      },
    },
  };
}
