import type { DescribeSecretResponse } from '@aws-sdk/client-secrets-manager';
import type { AwsSettings } from './config.ts';
import { jsonClient } from './json-client.ts';
import { SERVICES } from './services.ts';

/** What is known of a secret without its value: GetSecretValue is not called anywhere in this repository. */
export interface SecretsApi {
  /** @throws the SDK's ResourceNotFoundException, AccessDeniedException, … */
  describe(nameOrArn: string): Promise<{
    arn: string;
    deleted: boolean;
    /** Ids of its versions with their stages; empty: it has no value. */
    versions: Readonly<Record<string, readonly string[]>>;
  }>;
}

export function secretsApi(settings: AwsSettings): SecretsApi {
  const call = jsonClient(SERVICES.secretsManager, settings);
  return {
    async describe(nameOrArn) {
      const answer = await call<DescribeSecretResponse>('DescribeSecret', { SecretId: nameOrArn });
      // Some emulators (moto) answer `null` for a secret that is not to be deleted; AWS leaves the member out.
      return {
        arn: answer.ARN ?? nameOrArn,
        deleted: (answer.DeletedDate ?? undefined) !== undefined,
        versions: answer.VersionIdsToStages ?? {},
      };
    },
  };
}
