import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager';
import { parameterQuery } from '../../aws/parameters.ts';
import type { Reader } from '../../aws/reader.ts';
import { type Finding, fromError, ok, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** Each secret that a variable refers to. Their values are not read. */
export const secrets: Check = {
  id: 'secrets',
  title: 'Secrets',
  applies: (config) => Object.keys(config.secrets).length > 0,
  run({ secrets: wanted }, { aws }) {
    return Promise.all(
      Object.entries(wanted).map(([variable, { secret, parameter }]) =>
        parameter ? lookAtParameter(aws, variable, secret) : look(aws, variable, secret),
      ),
    );
  },
};

async function lookAtParameter(aws: Reader, variable: string, name: string): Promise<Finding> {
  const missing = () =>
    wrong(
      `${variable}: there is no parameter ${name}`,
      `aws ssm put-parameter --type SecureString --name ${name} --value file://value-of-${variable.toLowerCase()}.txt (never put the value on the command line)`,
    );
  try {
    const { Parameters = [] } = await aws.json<{ Parameters?: unknown[] }>(
      'parameters',
      'DescribeParameters',
      parameterQuery(name),
    );
    return Parameters.length > 0 ? ok(`${variable}: the parameter ${name} is there`) : missing();
  } catch (error) {
    return fromError(error, 'ssm:DescribeParameters', missing);
  }
}

async function look(aws: Reader, variable: string, secret: string): Promise<Finding> {
  try {
    const found = await aws.json<DescribeSecretResponse>('secretsManager', 'DescribeSecret', {
      SecretId: secret,
    });
    // Some endpoints say null where AWS says nothing.
    if (found.DeletedDate)
      return wrong(
        `${variable}: the secret ${secret} is about to be deleted`,
        `aws secretsmanager restore-secret --secret-id ${secret}`,
      );
    // AWS leaves the member out of a secret that was made and never filled.
    if (!Object.values(found.VersionIdsToStages ?? {}).some((stages) => stages.includes('AWSCURRENT')))
      return wrong(
        `${variable}: the secret ${secret} has no value yet, and the app could not be started with it`,
        `aws secretsmanager put-secret-value --secret-id ${secret} --secret-string file://value-of-${variable.toLowerCase()}.txt (never put the value on the command line)`,
      );
    return ok(`${variable}: ${found.Name ?? secret} is there`);
  } catch (error) {
    return fromError(error, 'secretsmanager:DescribeSecret', () =>
      wrong(
        `${variable}: there is no secret ${secret}`,
        `aws secretsmanager create-secret --name ${secret} --secret-string file://value-of-${variable.toLowerCase()}.txt (never put the value on the command line)`,
      ),
    );
  }
}
