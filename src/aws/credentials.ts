import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { clientConfig } from './config.ts';

/** Where the SDK says that the credentials came from the environment, and so the same ones are all that it will find. */
const FROM_ENVIRONMENT = 'CREDENTIALS_ENV_VARS';

/**
 * When the credentials at hand end, in milliseconds since the epoch; `undefined` where that is not known, or where the
 * SDK gets new ones by itself (profiles, SSO, roles of a machine). Those from the environment stay what they are: their
 * end is AWS_CREDENTIAL_EXPIRATION, which aws-actions/configure-aws-credentials does not set by itself (it has the
 * output `aws-expiration`, with `output-credentials: true`). Never throws.
 */
export async function credentialsEnd(): Promise<number | undefined> {
  const client = new SecretsManagerClient(clientConfig());
  try {
    const { expiration, ...identity } = await client.config.credentials();
    const source = (identity as { readonly $source?: Readonly<Record<string, unknown>> }).$source ?? {};
    const end = FROM_ENVIRONMENT in source ? expiration?.getTime() : undefined;
    return end !== undefined && Number.isFinite(end) ? end : undefined;
  } catch {
    // No credentials at all: the first call says so, with what to do.
    return undefined;
  } finally {
    client.destroy();
  }
}
