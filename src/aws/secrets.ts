import { DescribeSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { type AwsSettings, clientConfig } from './config.ts';

/** What is known of a secret without its value: GetSecretValue is not called anywhere in this repository. */
export interface SecretsApi {
  /** @throws the SDK's ResourceNotFoundException, AccessDeniedException, … */
  describe(nameOrArn: string): Promise<{ arn: string; deleted: boolean }>;
}

export function secretsApi(settings: AwsSettings): SecretsApi {
  const client = new SecretsManagerClient(clientConfig(settings));
  return {
    async describe(nameOrArn) {
      const answer = await client.send(new DescribeSecretCommand({ SecretId: nameOrArn }));
      return { arn: answer.ARN ?? nameOrArn, deleted: answer.DeletedDate !== undefined };
    },
  };
}
