import { awsProblem } from '../aws/errors.ts';
import type { SecretsApi } from '../aws/secrets.ts';
import { refused } from '../runtime/errors.ts';
import type { SecretRef } from './env-file.ts';

/**
 * Secret references as the targets take them: `ARN`, or `ARN:json-key::` (version stage and id left open), see
 * https://docs.aws.amazon.com/apprunner/latest/dg/env-variable-manage.html and
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/secrets-envvar-secrets-manager.html.
 * Each secret is described once, whatever the number of names that use it. Its value is not read.
 * @throws ActionError `refused` for a secret that is not there, is about to be deleted, or may not be described.
 */
export async function resolveSecrets(
  references: Readonly<Record<string, SecretRef>>,
  secrets: SecretsApi,
): Promise<Record<string, string>> {
  const arns = new Map<string, string>();
  for (const [name, { secret }] of Object.entries(references)) {
    if (arns.has(secret)) continue;
    const found = await secrets.describe(secret).catch((error) => {
      throw awsProblem(error, {
        operation: 'secretsmanager:DescribeSecret',
        resource: `secret ${secret}, which ${name} refers to,`,
        input: 'secrets',
        ifMissing: `create the secret, or correct its name in ${name}; check the region and the account too`,
      });
    });
    if (found.deleted) {
      throw refused({
        input: 'secrets',
        what: `the secret ${secret}, which ${name} refers to, is scheduled for deletion`,
        fix: `restore it (aws secretsmanager restore-secret --secret-id ${secret}) or refer to another`,
      });
    }
    arns.set(secret, found.arn);
  }
  return Object.fromEntries(
    Object.entries(references).map(([name, { secret, jsonKey }]) => {
      const arn = arns.get(secret) ?? secret;
      return [name, jsonKey ? `${arn}:${jsonKey}::` : arn];
    }),
  );
}
