import { awsProblem, readAwsError } from '../../../aws/errors.ts';
import type { ParametersApi } from '../../../aws/parameters.ts';
import type { SecretsApi } from '../../../aws/secrets.ts';
import { refused } from '../../../runtime/errors.ts';
import type { Log } from '../../../runtime/log.ts';
import { nativeRef, parameterArn, type SecretRef, splitNative } from './secret-ref.ts';

export interface SecretsPorts {
  readonly secrets: SecretsApi;
  readonly parameters: ParametersApi;
  readonly log: Log;
}

/** The stage that a reference means when it names none. */
const CURRENT = 'AWSCURRENT';

/**
 * Secret references as the targets take them. Each secret is described once, whatever the number of names that use it.
 * Its value is not read.
 * @param service ARN: a parameter that is given by name is looked for in its account and region
 * @throws ActionError `refused` for a secret that is not there, has no value, is about to be deleted, or may not be
 * described.
 */
export async function resolveSecrets(
  references: Readonly<Record<string, SecretRef>>,
  service: string,
  ports: SecretsPorts,
): Promise<Record<string, string>> {
  const known = new Map<string, Promise<Secret>>();
  const resolve = async (name: string, ref: SecretRef) => {
    if (ref.parameter) {
      await provedParameter(name, ref, ports);
      return parameterArn(ref.secret, service);
    }
    const found = known.get(ref.secret) ?? describe(name, ref.secret, ports.secrets);
    known.set(ref.secret, found);
    return nativeRef(checked(name, ref, await found).arn, ref);
  };
  const native = await Promise.all(
    Object.entries(references).map(async ([name, ref]) => [name, await resolve(name, ref)] as const),
  );
  return Object.fromEntries(native);
}

type Secret = Awaited<ReturnType<SecretsApi['describe']>>;

function describe(name: string, secret: string, api: SecretsApi): Promise<Secret> {
  return api.describe(secret).catch((error) => {
    throw awsProblem(error, {
      operation: 'secretsmanager:DescribeSecret',
      resource: `secret ${secret}, which ${name} refers to,`,
      input: 'secrets',
      ifMissing: `create the secret, or correct its name in ${name}; check the region and the account too`,
    });
  });
}

/** The app could not be started with a secret that is going away, or that has no such version. */
function checked(name: string, { secret, stage, versionId }: SecretRef, found: Secret): Secret {
  const no = (what: string, fix: string) =>
    refused({ input: 'secrets', what: `the secret ${secret}, which ${name} refers to, ${what}`, fix });
  if (found.deleted) {
    throw no(
      'is scheduled for deletion',
      `restore it (aws secretsmanager restore-secret --secret-id ${secret}) or refer to another`,
    );
  }
  const versions = Object.entries(found.versions);
  if (versions.length === 0) {
    throw no(
      'has no value yet: the app could not be started with it',
      `give it one: aws secretsmanager put-secret-value --secret-id ${secret} --secret-string file://value.txt`,
    );
  }
  if (versionId && !found.versions[versionId]) {
    throw no(`has no version ${versionId}`, 'correct the id, or leave it out');
  }
  const wanted = stage ?? CURRENT;
  if (!versionId && !versions.some(([, stages]) => stages.includes(wanted))) {
    throw no(`has no version with the stage ${wanted}`, 'correct the stage, or give the secret a value');
  }
  return found;
}

/** A parameter that is not there is refused; one that may not be looked at is only warned of. */
async function provedParameter(
  name: string,
  ref: SecretRef,
  { parameters, log }: SecretsPorts,
): Promise<void> {
  const version = await parameters.version(ref.secret).catch((error) => {
    log.warning(
      `the parameter ${ref.secret}, which ${name} refers to, was not checked (ssm:DescribeParameters: ${readAwsError(error).code})`,
    );
    return 'unknown';
  });
  if (version !== undefined) return;
  throw refused({
    input: 'secrets',
    what: `there is no parameter ${ref.secret}, which ${name} refers to`,
    fix: `create it in the region of the service, or correct its name in ${name}`,
  });
}

/**
 * Ids of the versions that native references stand for at this moment, by the name of the variable. What cannot be told
 * is left out: it is for the record, and decides no refusal.
 */
export async function secretVersions(
  native: Readonly<Record<string, string>>,
  { secrets, parameters, log }: SecretsPorts,
): Promise<Record<string, string>> {
  const asked = new Map<string, Promise<Secret>>();
  const versionOf = async ({ secret, stage, versionId, parameter }: SecretRef) => {
    if (versionId) return versionId;
    if (parameter) return parameters.version(secret);
    const found = asked.get(secret) ?? secrets.describe(secret);
    asked.set(secret, found);
    const wanted = stage ?? CURRENT;
    return Object.entries((await found).versions).find(([, stages]) => stages.includes(wanted))?.[0];
  };
  const found = await Promise.all(
    Object.entries(native).map(async ([name, reference]) => {
      const version = await versionOf(splitNative(reference)).catch((error) => {
        log.debug(`the version of ${name} is not known: ${readAwsError(error).code}`);
        return undefined;
      });
      return version === undefined ? [] : [[name, version] as const];
    }),
  );
  return Object.fromEntries(found.flat());
}

/** What the ledger says of the secrets that the live release was started with. */
export interface RecordedSecrets {
  readonly secrets: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
}

/** Names whose reference is the recorded one, and whose secret has another version by now. */
export function rotatedSecrets(
  recorded: RecordedSecrets | undefined,
  wanted: Readonly<Record<string, string>>,
  versions: Readonly<Record<string, string>>,
): string[] {
  if (!recorded) return [];
  return Object.keys(wanted)
    .filter((name) => {
      const before = recorded.versions[name];
      const now = versions[name];
      return (
        wanted[name] === recorded.secrets[name] && before !== undefined && now !== undefined && before !== now
      );
    })
    .sort();
}
