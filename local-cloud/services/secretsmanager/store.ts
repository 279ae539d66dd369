import { randomUUID } from 'node:crypto';
import { type CloudContext, CloudFault } from '../../core/service.ts';
import type { Inputs } from '../shapes/inputs/secretsmanager.ts';

export interface Version {
  readonly id: string;
  readonly createdAt: number;
  readonly string?: string;
  /** Base64. */
  readonly binary?: string;
  stages: string[];
}

export interface Secret {
  readonly name: string;
  readonly region: string;
  /** Six random characters at the ARN's end: a name that is used again gets another ARN. */
  readonly suffix: string;
  readonly createdAt: number;
  changedAt: number;
  deletedAt?: number;
  description?: string;
  kmsKeyId?: string;
  tags: Record<string, string>;
  readonly versions: Version[];
}

export interface Store {
  readonly context: CloudContext;
  readonly secrets: Map<string, Secret>;
}

export const refuse = (code: string, message: string) => new CloudFault(code, message);
export const arnOf = ({ context }: Store, secret: Secret) =>
  `arn:aws:secretsmanager:${secret.region}:${context.account}:secret:${secret.name}-${secret.suffix}`;

/** By name, by ARN, or by ARN without its six characters; an ARN of another region or account names nothing here. */
export function find(store: Store, id: string, region: string): Secret {
  const arn = /^arn:aws:secretsmanager:([^:]+):(\d{12}):secret:(.+)$/.exec(id);
  const name = arn?.[3] ?? id;
  const here = !arn || (arn[1] === region && arn[2] === store.context.account);
  for (const secret of store.secrets.values()) {
    if (!here || secret.region !== region) continue;
    if (secret.name === name || (arn && `${secret.name}-${secret.suffix}` === name)) return secret;
  }
  throw refuse('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
}

export function alive(secret: Secret): Secret {
  if (secret.deletedAt === undefined) return secret;
  throw refuse(
    'InvalidRequestException',
    "You can't perform this operation on the secret because it was marked for deletion.",
  );
}

/** What the operations have in common that add a version. */
type NewVersion = Pick<
  Inputs['PutSecretValue'],
  'ClientRequestToken' | 'SecretString' | 'SecretBinary' | 'VersionStages'
>;

export function addVersion(store: Store, secret: Secret, input: NewVersion): Version {
  const id = input.ClientRequestToken ?? randomUUID();
  const binary = input.SecretBinary ? Buffer.from(input.SecretBinary).toString('base64') : undefined;
  const known = secret.versions.find((v) => v.id === id);
  if (known) {
    if (known.string === input.SecretString && known.binary === binary) return known;
    throw refuse(
      'ResourceExistsException',
      `You can't use ClientRequestToken ${id} because that value is already in use for a version of secret ${arnOf(store, secret)}.`,
    );
  }
  // The first value is the current one, whatever its stages.
  const first = secret.versions.length === 0 ? ['AWSCURRENT'] : [];
  const stages = new Set<string>([...first, ...(input.VersionStages ?? ['AWSCURRENT'])]);
  const version: Version = {
    id,
    createdAt: store.context.now(),
    ...(input.SecretString !== undefined ? { string: input.SecretString } : {}),
    ...(binary !== undefined ? { binary } : {}),
    stages: [],
  };
  secret.versions.push(version);
  for (const stage of stages) moveStage(secret, stage, version);
  secret.changedAt = store.context.now();
  return version;
}

/** The version that loses AWSCURRENT becomes AWSPREVIOUS. */
export function moveStage(secret: Secret, stage: string, to: Version | undefined): void {
  const from = secret.versions.find((v) => v.stages.includes(stage));
  if (from === to) return;
  if (from) from.stages = from.stages.filter((s) => s !== stage);
  to?.stages.push(stage);
  if (stage === 'AWSCURRENT' && from) moveStage(secret, 'AWSPREVIOUS', from);
}

/**
 * Moves a stage because a request says so: away from the version that has it only where the request names that version.
 * https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_UpdateSecretVersionStage.html
 * @throws CloudFault InvalidParameterException, ResourceNotFoundException
 */
export function updateStage(secret: Secret, input: Inputs['UpdateSecretVersionStage']): void {
  const { VersionStage: stage, MoveToVersionId: to, RemoveFromVersionId: from } = input;
  const holder = secret.versions.find((v) => v.stages.includes(stage));
  for (const id of [to, from]) {
    if (id !== undefined && !secret.versions.some((v) => v.id === id))
      throw refuse('ResourceNotFoundException', `Secrets Manager can't find the specified version ${id}.`);
  }
  if (holder && holder.id !== to && holder.id !== from) {
    const what = from === undefined ? "can't be empty" : 'is not the version that has the label';
    throw refuse(
      'InvalidParameterException',
      `The parameter RemoveFromVersionId ${what}. Staging label ${stage} is currently attached to version ${holder.id}, so you must explicitly reference that version in RemoveFromVersionId.`,
    );
  }
  if (!holder && from !== undefined)
    throw refuse('InvalidParameterException', `Staging label ${stage} is not attached to version ${from}.`);
  if (stage === 'AWSCURRENT' && to === undefined) {
    throw refuse(
      'InvalidParameterException',
      `You can only move staging label AWSCURRENT to a different secret version. It can't be completely removed.`,
    );
  }
  moveStage(
    secret,
    stage,
    secret.versions.find((v) => v.id === to),
  );
}

export function oneValue(input: NewVersion, needed: boolean): void {
  const given = [input.SecretString, input.SecretBinary].filter((v) => v !== undefined).length;
  if (given > 1 || (needed && given === 0))
    throw refuse('InvalidRequestException', 'You must provide either SecretString or SecretBinary.');
}

export function resolve(store: Store, reference: string, region: string): string {
  const parts = reference.split(':');
  const id = reference.startsWith('arn:') ? parts.slice(0, 7).join(':') : reference;
  const [key = '', stage = '', version = ''] = reference.startsWith('arn:') ? parts.slice(7) : [];
  // A task may name a secret of another region: it is asked for there.
  const home = reference.startsWith('arn:') ? (parts[3] ?? region) : region;
  const value = versionOf(store, { SecretId: id, VersionStage: stage, VersionId: version }, home).version;
  const text = value.string ?? Buffer.from(value.binary ?? '', 'base64').toString('utf8');
  if (key === '') return text;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw refuse(
      'InvalidRequestException',
      `unexpected token in the secret ${id}: it is not JSON, but the key ${key} was asked for`,
    );
  }
  const member = (json as Record<string, unknown> | null)?.[key];
  if (member === undefined)
    throw refuse(
      'ResourceNotFoundException',
      `retrieved secret from Secrets Manager did not contain json key ${key}`,
    );
  return typeof member === 'string' ? member : JSON.stringify(member);
}

export function versionOf(
  store: Store,
  input: Inputs['GetSecretValue'],
  region: string,
): { secret: Secret; version: Version } {
  const secret = alive(find(store, input.SecretId, region));
  const stage = input.VersionStage || (input.VersionId ? undefined : 'AWSCURRENT');
  const version = secret.versions.find(
    (v) => (!input.VersionId || v.id === input.VersionId) && (!stage || v.stages.includes(stage)),
  );
  if (!version)
    throw refuse(
      'ResourceNotFoundException',
      `Secrets Manager can't find the specified secret value for ${input.VersionId ? `VersionId: ${input.VersionId}` : `staging label: ${stage}`}`,
    );
  return { secret, version };
}
