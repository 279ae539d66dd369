import type { CloudContext } from '../../core/service.ts';
import type { SecretsManagerService } from '../secretsmanager/index.ts';
import type { ParameterService } from './index.ts';

/** A reference is a secret's by its ARN; any other, a bare name included, is a parameter's. */
export const isSecretArn = (reference: string): boolean => /^arn:aws[\w-]*:secretsmanager:/.test(reference);

/**
 * The value behind `valueFrom` of a container's secret.
 * https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Secret.html
 * @throws CloudFault as Secrets Manager or Parameter Store say it
 */
export function secretValue(context: CloudContext, reference: string, region: string): string {
  return isSecretArn(reference)
    ? context.service<SecretsManagerService>('secretsmanager').resolve(reference, region)
    : context.service<ParameterService>('ssm').resolve(reference, region);
}
