import { SecretsManagerClient, type SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager';
import { AwsJson1_0Protocol, AwsJson1_1Protocol } from '@aws-sdk/core/protocols';
import { makeBuilder } from '@smithy/core/client';
import { getEndpointPlugin } from '@smithy/core/endpoints';
import { type AwsSettings, clientConfig } from './config.ts';
import { ENDPOINT_PARAMETERS, endpointProvider, type ServiceHost, signingRegion } from './endpoints.ts';
import { tagAsked } from './errors.ts';

/** A service that speaks AWS's JSON protocol, as its public model has it. */
export interface JsonService extends ServiceHost {
  /** As the SDK names it; `AWS_ENDPOINT_URL_<ID>` is made of it. */
  readonly id: string;
  /** What stands before the dot in `X-Amz-Target`. */
  readonly target: string;
  readonly version: '1.0' | '1.1';
  readonly signingName: string;
}

/** Sends one operation. Rejects with the SDK's error, after its retries: `readAwsError` reads it like any other. */
export type JsonCall = <Output>(operation: string, input: object) => Promise<Output>;

/** Smithy's numbers for a value of any form (`document`: it goes out and comes in as it is) and for an operation. */
const DOCUMENT = 15;
const OPERATION = 9;

/**
 * The SDK's own client (credentials, region, endpoints, signature, retries, errors) for any JSON service, without the
 * service's model. A whole model weighs up to a quarter of a megabyte in a bundle, of which a deployment uses one or two
 * calls. What the model would add is dates: here they are numbers of seconds since the epoch.
 */
export function jsonClient(service: JsonService, settings: AwsSettings): JsonCall {
  const namespace = `wwhd.${service.target}`;
  const client = new SecretsManagerClient(configFor(service, namespace, settings));
  const command = makeBuilder(ENDPOINT_PARAMETERS, service.target, `${service.id}Client`, getEndpointPlugin);
  return async (operation, input) => {
    const schema = [OPERATION, namespace, operation, 0, DOCUMENT, DOCUMENT];
    const OneCommand = command({}, () => [], operation, schema as never);
    try {
      const answer = (await client.send(new OneCommand(input as never) as never)) as { $metadata?: unknown };
      const { $metadata: _metadata, ...output } = answer;
      return output as never;
    } catch (error) {
      throw tagAsked(error, { operation: `${iamPrefix(service)}:${operation}`, resource: aboutWhat(input) });
    }
  };
}

/** CloudWatch signs as `monitoring`, and IAM knows it by its own name. */
const iamPrefix = ({ signingName }: JsonService) =>
  signingName === 'monitoring' ? 'cloudwatch' : signingName;

/** What an input is about: its first name or ARN. */
function aboutWhat(input: object): string {
  const found = Object.values(input)
    .flat()
    .find((value) => typeof value === 'string' && value !== '');
  return String(found ?? 'this account');
}

function configFor(
  service: JsonService,
  namespace: string,
  settings: AwsSettings,
): SecretsManagerClientConfig {
  const { id, target, signingName, version } = service;
  const config = {
    ...clientConfig(settings),
    serviceId: id,
    signingName,
    protocol: version === '1.0' ? AwsJson1_0Protocol : AwsJson1_1Protocol,
    protocolSettings: { defaultNamespace: namespace, serviceTarget: target, errorTypeRegistries: [] },
    endpointProvider: endpointProvider(service),
    httpAuthSchemeProvider: ({ region = '' }: { region?: string }) => [
      {
        schemeId: 'aws.auth#sigv4',
        signingProperties: { name: signingName, region: signingRegion(service, region) },
        propertiesExtractor: (own: object, context: object) => ({
          signingProperties: { config: own, context },
        }),
      },
    ],
  };
  return config as unknown as SecretsManagerClientConfig;
}
