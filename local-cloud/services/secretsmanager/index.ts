import { randomBytes } from 'node:crypto';
import { rpcService } from '../../core/rpc.ts';
import type { CloudContext, CloudRequest, Service } from '../../core/service.ts';
import type { Filter, Inputs, Tag } from '../shapes/inputs/secretsmanager.ts';
import { modelled } from '../shapes/modelled.ts';
import { page } from '../shapes/page.ts';
import { model } from '../shapes/secretsmanager.ts';
import {
  addVersion,
  alive,
  arnOf,
  find,
  oneValue,
  refuse,
  resolve,
  type Secret,
  type Store,
  updateStage,
  versionOf,
} from './store.ts';

export interface SecretsManagerService extends Service {
  /**
   * The value that a task's or service's reference names: `ARN` or `ARN:json-key:version-stage:version-id`.
   * @throws CloudFault as GetSecretValue does, or where the key is not in the secret
   */
  resolve(reference: string, region: string): string;
}

export function secretsManagerService(context: CloudContext): SecretsManagerService {
  const store: Store = { context, secrets: new Map() };
  const rpc = rpcService({
    name: 'secretsmanager',
    target: 'secretsmanager',
    jsonVersion: '1.1',
    invalidCode: 'ValidationException',
    operations: modelled<Inputs>(
      model,
      { invalid: 'InvalidParameterException', tooMany: 'InvalidParameterException' },
      { ...secretOperations(store), ...valueOperations(store) },
    ),
  });
  return {
    ...rpc,
    resolve: (reference, region) => resolve(store, reference, region),
    save: () => [...store.secrets.values()],
    load: (state) => {
      for (const secret of state as Secret[]) store.secrets.set(`${secret.region}/${secret.name}`, secret);
    },
    // Values are nobody's business but the apps': the state that tests read has names only.
    inspect: () =>
      [...store.secrets.values()].map(({ name, region, versions }) => ({
        name,
        region,
        versions: versions.map(({ id, stages }) => ({ id, stages })),
      })),
  };
}

const about = (input: { readonly SecretId?: string; readonly Name?: string }) => input.SecretId ?? input.Name;

function valueOperations(store: Store) {
  const { context } = store;
  return {
    GetSecretValue: {
      resource: about,
      run: (input: Inputs['GetSecretValue'], request: CloudRequest) => {
        const { secret, version } = versionOf(store, input, request.region);
        return {
          ARN: arnOf(store, secret),
          Name: secret.name,
          VersionId: version.id,
          ...(version.string !== undefined ? { SecretString: version.string } : {}),
          ...(version.binary !== undefined ? { SecretBinary: Buffer.from(version.binary, 'base64') } : {}),
          VersionStages: version.stages,
          CreatedDate: new Date(version.createdAt),
        };
      },
    },
    PutSecretValue: {
      resource: about,
      run: (input: Inputs['PutSecretValue'], request: CloudRequest) => {
        oneValue(input, true);
        const secret = alive(find(store, input.SecretId, request.region));
        const version = addVersion(store, secret, input);
        return {
          ARN: arnOf(store, secret),
          Name: secret.name,
          VersionId: version.id,
          VersionStages: version.stages,
        };
      },
    },
    UpdateSecretVersionStage: {
      resource: about,
      run: (input: Inputs['UpdateSecretVersionStage'], request: CloudRequest) => {
        const secret = alive(find(store, input.SecretId, request.region));
        updateStage(secret, input);
        secret.changedAt = context.now();
        return { ARN: arnOf(store, secret), Name: secret.name };
      },
    },
    ListSecretVersionIds: {
      resource: about,
      run: (input: Inputs['ListSecretVersionIds'], request: CloudRequest) => {
        const secret = find(store, input.SecretId, request.region);
        const all = secret.versions.filter((v) => input.IncludeDeprecated || v.stages.length > 0);
        const { items, next } = page(
          all,
          input.NextToken,
          input.MaxResults ?? 100,
          'InvalidNextTokenException',
        );
        const versions = items.map((v) => ({
          VersionId: v.id,
          VersionStages: v.stages,
          CreatedDate: new Date(v.createdAt),
        }));
        return { ARN: arnOf(store, secret), Name: secret.name, Versions: versions, NextToken: next };
      },
    },
  };
}

function describe(store: Store, secret: Secret) {
  const stages = Object.fromEntries(
    secret.versions.filter((v) => v.stages.length > 0).map((v) => [v.id, v.stages]),
  );
  return {
    stages,
    common: {
      ARN: arnOf(store, secret),
      Name: secret.name,
      ...(secret.description !== undefined ? { Description: secret.description } : {}),
      ...(secret.kmsKeyId !== undefined ? { KmsKeyId: secret.kmsKeyId } : {}),
      LastChangedDate: new Date(secret.changedAt),
      ...(secret.deletedAt !== undefined ? { DeletedDate: new Date(secret.deletedAt) } : {}),
      Tags: Object.entries(secret.tags).map(([Key, Value]) => ({ Key, Value })),
      CreatedDate: new Date(secret.createdAt),
    },
  };
}

/** What ListSecrets sorts by; when a secret was last read is not known here, so that order is that of their making. */
const ORDER: Readonly<
  Record<NonNullable<Inputs['ListSecrets']['SortBy']>, (secret: Secret) => number | string>
> = {
  'created-date': (secret) => secret.createdAt,
  'last-accessed-date': (secret) => secret.createdAt,
  'last-changed-date': (secret) => secret.changedAt,
  name: (secret) => secret.name,
};

function secretOperations(store: Store) {
  const { context, secrets } = store;
  return {
    CreateSecret: {
      resource: about,
      refuses: ['AddReplicaRegions', 'Type'] as const,
      run: (input: Inputs['CreateSecret'], request: CloudRequest) => {
        oneValue(input, false);
        if (!/^[A-Za-z0-9/_+=.@-]+$/.test(input.Name))
          throw refuse(
            'ValidationException',
            'Invalid name. Must be a valid name containing alphanumeric characters, or any of the following: -/_+=.@!',
          );
        const known = secrets.get(`${request.region}/${input.Name}`);
        if (known?.deletedAt !== undefined)
          throw refuse(
            'InvalidRequestException',
            "You can't create this secret because a secret with this name is already scheduled for deletion.",
          );
        // A client that lost the answer asks again with the same token: the same secret is no error.
        if (known?.versions.some((v) => v.id === input.ClientRequestToken)) {
          const version = addVersion(store, known, input);
          return { ARN: arnOf(store, known), Name: known.name, VersionId: version.id };
        }
        if (known)
          throw refuse(
            'ResourceExistsException',
            `The operation failed because the secret ${input.Name} already exists.`,
          );
        const secret: Secret = {
          name: input.Name,
          region: request.region,
          suffix: randomBytes(9).toString('base64').replace(/[+/=]/g, 'x').slice(0, 6),
          createdAt: context.now(),
          changedAt: context.now(),
          ...(input.Description !== undefined ? { description: input.Description } : {}),
          ...(input.KmsKeyId !== undefined ? { kmsKeyId: input.KmsKeyId } : {}),
          tags: tagMap(input.Tags),
          versions: [],
        };
        secrets.set(`${request.region}/${input.Name}`, secret);
        const valued = input.SecretString !== undefined || input.SecretBinary !== undefined;
        const version = valued ? addVersion(store, secret, input) : undefined;
        return {
          ARN: arnOf(store, secret),
          Name: secret.name,
          ...(version ? { VersionId: version.id } : {}),
        };
      },
    },
    DescribeSecret: {
      resource: about,
      run: (input: Inputs['DescribeSecret'], request: CloudRequest) => {
        const { common, stages } = describe(store, find(store, input.SecretId, request.region));
        return { ...common, VersionIdsToStages: stages };
      },
    },
    ListSecrets: {
      run: (input: Inputs['ListSecrets'], request: CloudRequest) => {
        const all = [...secrets.values()]
          .filter((s) => s.region === request.region)
          .filter((s) => input.IncludePlannedDeletion || s.deletedAt === undefined)
          .filter((s) => (input.Filters ?? []).every((f) => matches(s, f)));
        const by = ORDER[input.SortBy ?? 'created-date'];
        all.sort((a, b) => (by(a) < by(b) ? -1 : Number(by(a) > by(b))));
        if (input.SortOrder !== 'asc') all.reverse();
        const { items, next } = page(
          all,
          input.NextToken,
          input.MaxResults ?? 100,
          'InvalidNextTokenException',
        );
        const list = items.map((s) => {
          const { common, stages } = describe(store, s);
          return { ...common, SecretVersionsToStages: stages };
        });
        return { SecretList: list, NextToken: next };
      },
    },
    UpdateSecret: {
      resource: about,
      refuses: ['Type'] as const,
      run: (input: Inputs['UpdateSecret'], request: CloudRequest) => {
        oneValue(input, false);
        const secret = alive(find(store, input.SecretId, request.region));
        if (input.Description !== undefined) secret.description = input.Description;
        if (input.KmsKeyId !== undefined) secret.kmsKeyId = input.KmsKeyId;
        const valued = input.SecretString !== undefined || input.SecretBinary !== undefined;
        const version = valued ? addVersion(store, secret, input) : undefined;
        secret.changedAt = context.now();
        return {
          ARN: arnOf(store, secret),
          Name: secret.name,
          ...(version ? { VersionId: version.id } : {}),
        };
      },
    },
    DeleteSecret: {
      resource: about,
      run: (input: Inputs['DeleteSecret'], request: CloudRequest) => {
        const days = input.RecoveryWindowInDays;
        if (days !== undefined && input.ForceDeleteWithoutRecovery)
          throw refuse(
            'InvalidParameterException',
            "You can't use ForceDeleteWithoutRecovery in conjunction with RecoveryWindowInDays.",
          );
        if (days !== undefined && (days < 7 || days > 30))
          throw refuse(
            'InvalidParameterException',
            'RecoveryWindowInDays value must be between 7 and 30 days (inclusive).',
          );
        const secret = find(store, input.SecretId, request.region);
        if (!input.ForceDeleteWithoutRecovery) alive(secret);
        const at = context.now() + (input.ForceDeleteWithoutRecovery ? 0 : (days ?? 30) * 86_400_000);
        if (input.ForceDeleteWithoutRecovery) secrets.delete(`${secret.region}/${secret.name}`);
        else secret.deletedAt = at;
        return { ARN: arnOf(store, secret), Name: secret.name, DeletionDate: new Date(at) };
      },
    },
    RestoreSecret: {
      resource: about,
      run: (input: Inputs['RestoreSecret'], request: CloudRequest) => {
        const secret = find(store, input.SecretId, request.region);
        delete secret.deletedAt;
        return { ARN: arnOf(store, secret), Name: secret.name };
      },
    },
    TagResource: {
      resource: about,
      run: (input: Inputs['TagResource'], request: CloudRequest) => {
        Object.assign(alive(find(store, input.SecretId, request.region)).tags, tagMap(input.Tags));
      },
    },
    UntagResource: {
      resource: about,
      run: (input: Inputs['UntagResource'], request: CloudRequest) => {
        const secret = alive(find(store, input.SecretId, request.region));
        for (const key of input.TagKeys) delete secret.tags[key];
      },
    },
  };
}

const tagMap = (tags: readonly Tag[] = []): Record<string, string> =>
  Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));

function matches(secret: Secret, filter: Filter): boolean {
  const texts: Record<string, string[]> = {
    name: [secret.name],
    description: [secret.description ?? ''],
    'tag-key': Object.keys(secret.tags),
    'tag-value': Object.values(secret.tags),
  };
  texts['all'] = Object.values(texts).flat();
  const candidates = texts[filter.Key ?? 'all'] ?? [];
  return (filter.Values ?? []).some((value) =>
    candidates.some((text) => text.toLowerCase().startsWith(value.toLowerCase())),
  );
}
