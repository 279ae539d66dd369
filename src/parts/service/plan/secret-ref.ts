/** A reference to a secret, as a user wrote it or as a target was given it. */
export interface SecretRef {
  /** Name or ARN of the secret, or of the parameter. */
  readonly secret: string;
  readonly jsonKey?: string | undefined;
  /** Secrets Manager: staging label of the version, such as AWSPREVIOUS; left out: AWSCURRENT. */
  readonly stage?: string | undefined;
  /** Secrets Manager: id of the version. */
  readonly versionId?: string | undefined;
  /** True for a parameter of the SSM Parameter Store. */
  readonly parameter?: boolean | undefined;
}

const PARTITION = 'arn:aws[a-z-]*';
/** Characters of a secret's name: https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html */
const SECRET = new RegExp(
  `^(${PARTITION}:secretsmanager:[^:]+:\\d{12}:secret:[\\w/+=.@-]+|[\\w/+=.@-]+)(?::([^:\\s]*))?(?::([^:\\s]*))?(?::([^:\\s]*))?$`,
);
/** Names of parameters: https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html */
const PARAMETER = new RegExp(`^(${PARTITION}:ssm:[^:]+:\\d{12}:parameter/[\\w./-]+|[\\w./-]+)$`);

/** `name`, `name:json-key`, an ARN, or either with `:json-key:version-stage:version-id`. `undefined`: none of these. */
export function parseSecretRef(text: string): SecretRef | undefined {
  const given = text.trim();
  if (given.includes(':ssm:')) return parseParameterRef(given);
  const match = SECRET.exec(given);
  if (!match?.[1] || match[1].startsWith('arn') !== given.startsWith('arn:')) return undefined;
  const [, secret, jsonKey, stage, versionId] = match;
  return {
    secret,
    jsonKey: jsonKey || undefined,
    ...(stage ? { stage } : {}),
    ...(versionId ? { versionId } : {}),
  };
}

/** Name or ARN of a parameter of the SSM Parameter Store. */
export function parseParameterRef(text: string): SecretRef | undefined {
  const secret = PARAMETER.exec(text.trim())?.[1];
  return secret === undefined ? undefined : { secret, parameter: true };
}

/**
 * As the targets take it: `ARN`, or `ARN:json-key:version-stage:version-id` with what is left open empty
 * (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html and
 * https://docs.aws.amazon.com/apprunner/latest/dg/env-variable-manage.html).
 */
export function nativeRef(arn: string, { jsonKey, stage, versionId, parameter }: SecretRef): string {
  if (parameter || !(jsonKey || stage || versionId)) return arn;
  return `${arn}:${jsonKey ?? ''}:${stage ?? ''}:${versionId ?? ''}`;
}

/**
 * A reference as a target was given it. A name alone is a parameter's: ECS and App Runner take a secret by its ARN only
 * (https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html: valueFrom).
 */
export function splitNative(reference: string): SecretRef {
  const ref = reference.startsWith('arn:') ? parseSecretRef(reference) : parseParameterRef(reference);
  return ref ?? { secret: reference };
}

/** ARN of a parameter that is named, next to the service that is to read it. */
export function parameterArn(name: string, serviceArn: string): string {
  if (name.startsWith('arn:')) return name;
  const [, partition, , region, account] = serviceArn.split(':');
  return `arn:${partition}:ssm:${region}:${account}:parameter/${name.replace(/^\//, '')}`;
}
