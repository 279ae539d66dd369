import { rpcService } from '../../core/rpc.ts';
import type { CloudContext, CloudRequest, Service } from '../../core/service.ts';
import type { Inputs, ParameterStringFilter } from '../shapes/inputs/ssm.ts';
import { modelled } from '../shapes/modelled.ts';
import { page } from '../shapes/page.ts';
import { model } from '../shapes/ssm.ts';
import {
  arnOf,
  checkName,
  checkValue,
  find,
  latest,
  type Parameter,
  type ParameterVersion,
  refuse,
  type Store,
} from './store.ts';

export interface ParameterService extends Service {
  /** The value that a task's reference names, decrypted. @throws CloudFault as GetParameters does */
  resolve(reference: string, region: string): string;
}

/** Systems Manager's Parameter Store: nothing else of Systems Manager is here. */
export function parameterService(context: CloudContext): ParameterService {
  const store: Store = { context, parameters: new Map() };
  const rpc = rpcService({
    name: 'ssm',
    target: 'AmazonSSM',
    jsonVersion: '1.1',
    invalidCode: 'ValidationException',
    operations: modelled<Inputs>(
      model,
      { invalid: 'ValidationException', tooMany: 'TooManyTagsError' },
      { ...reads(store), ...writes(store), ...tagging(store) },
    ),
  });
  return {
    ...rpc,
    resolve: (reference, region) => find(store, reference, region).version.value,
    save: () => [...store.parameters.values()],
    load: (state) => {
      for (const one of state as Parameter[]) store.parameters.set(`${one.region}:${one.name}`, one);
    },
    // Values are nobody's business but the apps'.
    inspect: () =>
      [...store.parameters.values()].map((one) => ({
        name: one.name,
        region: one.region,
        type: latest(one).type,
        version: latest(one).version,
      })),
  };
}

const about = (input: { readonly Name?: string; readonly Path?: string; readonly ResourceId?: string }) =>
  input.Name ?? input.Path ?? input.ResourceId;

/** What stands for a secure value that is not to be decrypted. */
const encrypted = (value: string) => Buffer.from(`AQICAH${value.length}`).toString('base64');

function parameterOf(store: Store, parameter: Parameter, version: ParameterVersion, decrypt: boolean) {
  return {
    Name: parameter.name,
    Type: version.type,
    Value: version.type === 'SecureString' && !decrypt ? encrypted(version.value) : version.value,
    Version: version.version,
    LastModifiedDate: new Date(version.modified),
    ARN: arnOf(store, parameter),
    DataType: version.dataType,
  };
}

function metadataOf(store: Store, version: ParameterVersion) {
  return {
    Type: version.type,
    KeyId: version.keyId,
    LastModifiedDate: new Date(version.modified),
    LastModifiedUser: version.user ?? `arn:aws:iam::${store.context.account}:user/local-cloud`,
    Description: version.description,
    AllowedPattern: version.allowedPattern,
    Version: version.version,
    Tier: version.tier,
    Policies: [],
    DataType: version.dataType,
  };
}

const inRegion = (store: Store, region: string) =>
  [...store.parameters.values()]
    .filter((one) => one.region === region)
    .sort((a, b) => (a.name < b.name ? -1 : 1));

function reads(store: Store) {
  return {
    GetParameter: {
      resource: about,
      run: (input: Inputs['GetParameter'], request: CloudRequest) => {
        const { parameter, version, selector } = find(store, input.Name, request.region);
        const found = parameterOf(store, parameter, version, input.WithDecryption ?? false);
        return { Parameter: { ...found, ...(selector === undefined ? {} : { Selector: `:${selector}` }) } };
      },
    },
    GetParameters: {
      resource: (input: Inputs['GetParameters']) => input.Names.join(' '),
      run: (input: Inputs['GetParameters'], request: CloudRequest) => {
        const names = input.Names as string[];
        const InvalidParameters: string[] = [];
        const Parameters = [...new Set(names)].flatMap((name) => {
          try {
            const { parameter, version } = find(store, name, request.region);
            return [parameterOf(store, parameter, version, input.WithDecryption ?? false)];
          } catch {
            InvalidParameters.push(name);
            return [];
          }
        });
        return { Parameters, InvalidParameters };
      },
    },
    GetParametersByPath: {
      resource: about,
      run: (input: Inputs['GetParametersByPath'], request: CloudRequest) => {
        const path = input.Path as string;
        if (!path.startsWith('/')) {
          throw refuse(
            'ValidationException',
            'The parameter doesn\'t meet the parameter name requirements. The parameter name must begin with a forward slash "/".',
          );
        }
        const base = path.endsWith('/') ? path : `${path}/`;
        const below = inRegion(store, request.region)
          .filter((one) => one.name.startsWith(base))
          .filter((one) => input.Recursive || !one.name.slice(base.length).includes('/'))
          .filter((one) => (input.ParameterFilters ?? []).every((filter) => matches(one, filter)));
        const { items, next } = page(below, input.NextToken, input.MaxResults ?? 10, 'InvalidNextToken');
        const decrypt = input.WithDecryption ?? false;
        return {
          Parameters: items.map((one) => parameterOf(store, one, latest(one), decrypt)),
          NextToken: next,
        };
      },
    },
    GetParameterHistory: {
      resource: about,
      run: (input: Inputs['GetParameterHistory'], request: CloudRequest) => {
        const { parameter } = find(store, input.Name, request.region);
        const { items, next } = page(
          parameter.versions,
          input.NextToken,
          input.MaxResults ?? 50,
          'InvalidNextToken',
        );
        const Parameters = items.map((version) => ({
          ...metadataOf(store, version),
          Name: parameter.name,
          Value: parameterOf(store, parameter, version, input.WithDecryption ?? false).Value,
          Labels: [],
        }));
        return { Parameters, NextToken: next };
      },
    },
    DescribeParameters: {
      refuses: ['Filters', 'Shared'] as const,
      run: (input: Inputs['DescribeParameters'], request: CloudRequest) => {
        const all = inRegion(store, request.region).filter((one) =>
          (input.ParameterFilters ?? []).every((filter) => matches(one, filter)),
        );
        const { items, next } = page(all, input.NextToken, input.MaxResults ?? 50, 'InvalidNextToken');
        const Parameters = items.map((one) => ({
          Name: one.name,
          ARN: arnOf(store, one),
          ...metadataOf(store, latest(one)),
        }));
        return { Parameters, NextToken: next };
      },
    },
  };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ParameterStringFilter.html */
function matches(parameter: Parameter, filter: ParameterStringFilter): boolean {
  const values = filter.Values ?? [];
  if (filter.Key === 'Path') {
    const below = (path: string) => parameter.name.startsWith(path.endsWith('/') ? path : `${path}/`);
    const rest = (path: string) => parameter.name.slice(path.replace(/\/$/, '').length + 1);
    return values.some((path) => below(path) && (filter.Option === 'Recursive' || !rest(path).includes('/')));
  }
  const tag = /^tag:(.+)$/.exec(filter.Key)?.[1];
  const fields: Record<string, string | undefined> = {
    Name: parameter.name,
    Type: latest(parameter).type,
    KeyId: latest(parameter).keyId,
    Tier: latest(parameter).tier,
    DataType: latest(parameter).dataType,
  };
  if (tag === undefined && !Object.hasOwn(fields, filter.Key))
    throw refuse('InvalidFilterKey', `The specified filter key ${filter.Key} isn't valid.`);
  const text = tag === undefined ? fields[filter.Key] : parameter.tags[tag];
  if (text === undefined) return false;
  if (filter.Option === 'BeginsWith') return values.some((value) => text.startsWith(value));
  if (filter.Option === 'Contains') return values.some((value) => text.includes(value));
  return values.length === 0 || values.includes(text);
}

function writes(store: Store) {
  const { parameters } = store;
  return {
    PutParameter: {
      resource: about,
      run: (input: Inputs['PutParameter'], request: CloudRequest) => putParameter(store, input, request),
    },
    DeleteParameter: {
      resource: about,
      run: (input: Inputs['DeleteParameter'], request: CloudRequest) => {
        const { parameter } = find(store, input.Name, request.region);
        parameters.delete(`${parameter.region}:${parameter.name}`);
        return {};
      },
    },
    DeleteParameters: {
      resource: (input: Inputs['DeleteParameters']) => input.Names.join(' '),
      run: (input: Inputs['DeleteParameters'], request: CloudRequest) => {
        const names = input.Names as string[];
        const gone = names.filter((name) => parameters.delete(`${request.region}:${name}`));
        return { DeletedParameters: gone, InvalidParameters: names.filter((name) => !gone.includes(name)) };
      },
    },
  };
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
function putParameter(store: Store, input: Inputs['PutParameter'], request: CloudRequest) {
  const { region } = request;
  checkName(input.Name);
  const known = store.parameters.get(`${region}:${input.Name}`);
  if (known && !input.Overwrite) {
    throw refuse(
      'ParameterAlreadyExists',
      'The parameter already exists. To overwrite this value, set the overwrite option in the request to true.',
    );
  }
  if (input.Overwrite && input.Tags?.length) {
    throw refuse(
      'ValidationException',
      "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or RemoveTagsFromResource.",
    );
  }
  const before = known && latest(known);
  const type = input.Type ?? before?.type;
  if (type === undefined)
    throw refuse('ValidationException', 'A parameter type is required when you create a parameter.');
  const tier = input.Tier === 'Advanced' || before?.tier === 'Advanced' ? 'Advanced' : 'Standard';
  checkValue(input.Value, tier, input.AllowedPattern);
  const version: ParameterVersion = {
    version: (before?.version ?? 0) + 1,
    value: input.Value,
    type,
    tier,
    dataType: input.DataType ?? before?.dataType ?? 'text',
    modified: store.context.now(),
    user: request.holder?.arn,
    description: input.Description ?? before?.description,
    allowedPattern: input.AllowedPattern ?? before?.allowedPattern,
    keyId: type === 'SecureString' ? (input.KeyId ?? before?.keyId ?? 'alias/aws/ssm') : undefined,
  };
  const tags = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
  const parameter: Parameter = known ?? { name: input.Name, region, tags, versions: [] };
  parameter.versions.push(version);
  store.parameters.set(`${region}:${input.Name}`, parameter);
  return { Version: version.version, Tier: tier };
}

function tagging(store: Store) {
  const tagged = (input: Inputs['ListTagsForResource'], region: string): Parameter => {
    const found = input.ResourceType === 'Parameter' && store.parameters.get(`${region}:${input.ResourceId}`);
    if (!found)
      throw refuse(
        'InvalidResourceId',
        'The resource ID is not valid. Verify that you entered the correct ID and try again.',
      );
    return found;
  };
  return {
    AddTagsToResource: {
      resource: about,
      run: (input: Inputs['AddTagsToResource'], request: CloudRequest) => {
        const parameter = tagged(input, request.region);
        for (const { Key, Value } of input.Tags) parameter.tags[Key] = Value;
        return {};
      },
    },
    RemoveTagsFromResource: {
      resource: about,
      run: (input: Inputs['RemoveTagsFromResource'], request: CloudRequest) => {
        const parameter = tagged(input, request.region);
        for (const key of input.TagKeys) delete parameter.tags[key];
        return {};
      },
    },
    ListTagsForResource: {
      resource: about,
      run: (input: Inputs['ListTagsForResource'], request: CloudRequest) => ({
        TagList: Object.entries(tagged(input, request.region).tags).map(([Key, Value]) => ({ Key, Value })),
      }),
    },
  };
}
