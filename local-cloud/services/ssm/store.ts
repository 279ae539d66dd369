import { type CloudContext, CloudFault } from '../../core/service.ts';

export interface ParameterVersion {
  readonly version: number;
  readonly value: string;
  readonly type: string;
  readonly tier: string;
  readonly dataType: string;
  readonly modified: number;
  /** ARN of who wrote it. */
  readonly user?: string | undefined;
  readonly description?: string | undefined;
  readonly allowedPattern?: string | undefined;
  readonly keyId?: string | undefined;
}

export interface Parameter {
  readonly name: string;
  readonly region: string;
  tags: Record<string, string>;
  /** Oldest first. */
  readonly versions: ParameterVersion[];
}

export interface Store {
  readonly context: CloudContext;
  readonly parameters: Map<string, Parameter>;
}

export const refuse = (code: string, message: string) => new CloudFault(code, message);

export const latest = ({ versions }: Parameter): ParameterVersion => versions.at(-1) as ParameterVersion;

export const arnOf = ({ context }: Store, { name, region }: Parameter): string =>
  `arn:aws:ssm:${region}:${context.account}:parameter${name.startsWith('/') ? '' : '/'}${name}`;

/** A name or an ARN, with or without `:version`. */
function readReference(reference: string, region: string) {
  const arn = /^arn:aws[\w-]*:ssm:([^:]+):\d{12}:parameter(\/[^:]+)(?::(.+))?$/.exec(reference);
  if (arn) return { region: arn[1] ?? region, name: arn[2] ?? '', selector: arn[3] };
  const [name = '', selector] = reference.split(':', 2);
  return { region, name, selector };
}

/**
 * By name or ARN, with or without a version.
 * @throws CloudFault ParameterNotFound, ParameterVersionNotFound
 */
export function find(
  store: Store,
  reference: string,
  region: string,
): { parameter: Parameter; version: ParameterVersion; selector: string | undefined } {
  const asked = readReference(reference, region);
  const names = reference.startsWith('arn:') ? [asked.name, asked.name.slice(1)] : [asked.name];
  const parameter = names
    .map((name) => store.parameters.get(`${asked.region}:${name}`))
    .find((one) => one !== undefined);
  if (!parameter) throw refuse('ParameterNotFound', `The parameter ${reference} could not be found.`);
  const { selector } = asked;
  const version =
    selector === undefined
      ? latest(parameter)
      : parameter.versions.find((one) => String(one.version) === selector);
  if (!version) {
    throw refuse(
      'ParameterVersionNotFound',
      `Systems Manager could not find version ${selector} of ${parameter.name}. Verify the version and try again.`,
    );
  }
  return { parameter, version, selector };
}

/** Values of one parameter: https://docs.aws.amazon.com/general/latest/gr/ssm.html#limits_ssm */
const MAX_BYTES: Readonly<Record<string, number>> = { Standard: 4096, Advanced: 8192 };
const MAX_LEVELS = 15;

/** @throws CloudFault ValidationException, HierarchyLevelLimitExceededException */
export function checkName(name: string): void {
  if (!/^[\w.\-/]+$/.test(name)) {
    throw refuse(
      'ValidationException',
      'Parameter name must only use a mix of letters, numbers and the following 3 symbols .-_ and "/" between levels.',
    );
  }
  if (/^\/?(aws|ssm)/i.test(name)) {
    const reserved = /^\/?ssm/i.test(name)
      ? 'Parameter name: can\'t be prefixed with "ssm" (case-insensitive).'
      : 'No access to reserved parameter name: aws.';
    throw refuse(/^\/?ssm/i.test(name) ? 'ValidationException' : 'AccessDeniedException', reserved);
  }
  if (name.includes('/') && !name.startsWith('/'))
    throw refuse('ValidationException', 'Parameter name must be a fully qualified name.');
  if (name.split('/').length - 1 > MAX_LEVELS) {
    throw refuse(
      'HierarchyLevelLimitExceededException',
      `Parameter name must be less than or equal to ${MAX_LEVELS} levels.`,
    );
  }
}

/** @throws CloudFault ValidationException, ParameterPatternMismatchException */
export function checkValue(value: string, tier: string, pattern: string | undefined): void {
  if (value === '') throw refuse('ValidationException', 'Value must not be empty.');
  const max = MAX_BYTES[tier] ?? MAX_BYTES['Advanced'] ?? 0;
  if (Buffer.byteLength(value) > max) {
    throw refuse(
      'ValidationException',
      `${tier} tier parameters support a maximum parameter value of ${max} characters.`,
    );
  }
  if (pattern && !new RegExp(pattern).test(value)) {
    throw refuse(
      'ParameterPatternMismatchException',
      `Parameter value, cannot be validated against allowedPattern: ${pattern}`,
    );
  }
}
