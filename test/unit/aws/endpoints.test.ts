import dns from 'node:dns';
import { AppRunnerClient } from '@aws-sdk/client-apprunner';
import { CloudFrontClient } from '@aws-sdk/client-cloudfront';
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ECSClient } from '@aws-sdk/client-ecs';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { STSClient } from '@aws-sdk/client-sts';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { endpointOf, parseEcrHost, type ServiceHost, signingRegion } from '../../../src/aws/endpoints.ts';
import { parametersApi } from '../../../src/aws/parameters.ts';
import { awsReader } from '../../../src/aws/reader.ts';
import { SERVICES } from '../../../src/aws/services.ts';
import { XML_SERVICES } from '../../../src/aws/xml-sender.ts';
import { systemClock } from '../../../src/runtime/clock.ts';

const REGIONS = [
  'us-east-1',
  'ap-southeast-2',
  'us-gov-west-1',
  'us-gov-east-1',
  'cn-north-1',
  'eusc-de-east-1',
];
const SWITCHES = [
  { fips: false, dualStack: false },
  { fips: true, dualStack: false },
  { fips: false, dualStack: true },
  { fips: true, dualStack: true },
];
/** Outside the United States nothing has FIPS, whatever the rules would make of it. */
const hasFips = (region: string) => region.startsWith('us-');
const CASES = REGIONS.flatMap((region) =>
  SWITCHES.filter(({ fips }) => !fips || hasFips(region)).map((switches) => ({ region, ...switches })),
);

interface Sdk {
  readonly config: {
    endpointProvider(parameters: object): {
      url: URL;
      properties?: { authSchemes?: readonly { signingRegion?: string }[] };
    };
  };
}
const SDKS: readonly [ServiceHost & { readonly id: string }, new (config: object) => unknown][] = [
  [SERVICES.appRunner, AppRunnerClient],
  [SERVICES.ecr, ECRClient],
  [SERVICES.ecs, ECSClient],
  [SERVICES.secretsManager, SecretsManagerClient],
  [SERVICES.logs, CloudWatchLogsClient],
  [SERVICES.cloudWatch, CloudWatchClient],
  [XML_SERVICES.S3, S3Client],
  [XML_SERVICES.STS, STSClient],
  [XML_SERVICES.CloudFront, CloudFrontClient],
];

describe.each(SDKS)('$id has the addresses that the SDK has for it', (service, Client) => {
  const { config } = new Client({ region: 'us-east-1' }) as Sdk;
  it.each(CASES)('$region, FIPS $fips, dual-stack $dualStack', (wish) => {
    const { region: Region, fips: UseFIPS, dualStack: UseDualStack } = wish;
    const { url, properties } = config.endpointProvider({ Region, UseFIPS, UseDualStack });
    expect(endpointOf(service, wish).href).toBe(new URL(url).href);
    const signed = properties?.authSchemes?.[0]?.signingRegion ?? Region;
    expect(signingRegion(service, Region)).toBe(signed);
  });
});

const OTHERS = { ssm: SERVICES.parameters, scaling: SERVICES.autoScaling, iam: XML_SERVICES.IAM } as const;

/** Services whose client is not here: from botocore 1.44.8, `endpoint-rule-set-1.json`. */
test.each([
  ['ssm', 'us-gov-west-1', true, false, 'ssm.us-gov-west-1.amazonaws.com'],
  ['ssm', 'us-gov-west-1', true, true, 'ssm-fips.us-gov-west-1.api.aws'],
  ['ssm', 'eusc-de-east-1', false, false, 'ssm.eusc-de-east-1.amazonaws.eu'],
  ['scaling', 'us-east-1', true, false, 'application-autoscaling-fips.us-east-1.amazonaws.com'],
  ['scaling', 'us-gov-west-1', true, false, 'application-autoscaling.us-gov-west-1.amazonaws.com'],
  ['scaling', 'cn-north-1', false, true, 'application-autoscaling.cn-north-1.api.amazonwebservices.com.cn'],
  ['iam', 'ap-southeast-2', false, false, 'iam.amazonaws.com'],
  ['iam', 'us-east-1', true, false, 'iam-fips.amazonaws.com'],
  ['iam', 'us-east-1', false, true, 'iam.global.api.aws'],
  ['iam', 'us-gov-east-1', true, false, 'iam.us-gov.amazonaws.com'],
  ['iam', 'cn-northwest-1', false, false, 'iam.cn-north-1.amazonaws.com.cn'],
  ['iam', 'eusc-de-east-1', false, false, 'iam.eusc-de-east-1.amazonaws.eu'],
] as const)('%s in %s, FIPS %s, dual-stack %s: %s', (service, region, fips, dualStack, host) =>
  expect(endpointOf(OTHERS[service], { region, fips, dualStack }).hostname).toBe(host),
);

test.each([
  ['ap-southeast-2', 'us-east-1'],
  ['us-gov-east-1', 'us-gov-west-1'],
  ['cn-northwest-1', 'cn-north-1'],
  ['eusc-de-east-1', 'eusc-de-east-1'],
])('IAM of %s is signed for %s', (region, signed) =>
  expect(signingRegion(XML_SERVICES.IAM, region)).toBe(signed),
);

const A = '123456789012';
test.each([
  [`${A}.dkr.ecr.us-west-2.amazonaws.com`, 'us-west-2'],
  [`${A}.dkr.ecr-fips.us-gov-west-1.amazonaws.com`, 'us-gov-west-1'],
  [`${A}.dkr-ecr.us-west-2.on.aws`, 'us-west-2'],
  [`${A}.dkr.ecr.cn-north-1.amazonaws.com.cn`, 'cn-north-1'],
  [`${A}.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn`, 'cn-north-1'],
  [`${A}.dkr.ecr.eusc-de-east-1.amazonaws.eu`, 'eusc-de-east-1'],
  [`${A}.dkr-ecr.eusc-de-east-1.on.amazonwebservices.eu`, 'eusc-de-east-1'],
  // Another partition's suffix, and another's domain, are no registry of AWS's.
  [`${A}.dkr.ecr.us-west-2.amazonaws.com.cn`, undefined],
  [`${A}.dkr.ecr.eusc-de-east-1.amazonaws.com`, undefined],
  [`${A}.dkr.ecr.us-west-2.amazonaws.com.evil.example`, undefined],
  [`${A}.dkr.ecr.us-west-2.evil.example`, undefined],
  ['12.dkr.ecr.us-west-2.amazonaws.com', undefined],
  ['public.ecr.aws', undefined],
])('the registry %s is in %s', (host, region) =>
  expect(parseEcrHost(host)).toEqual(region && { account: A, region }),
);

describe('the switches of the SDK', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  it.each([
    [
      'AWS_USE_FIPS_ENDPOINT',
      'us-west-2',
      'ssm-fips.us-west-2.amazonaws.com',
      'sts-fips.us-west-2.amazonaws.com',
    ],
    ['AWS_USE_DUALSTACK_ENDPOINT', 'us-west-2', 'ssm.us-west-2.api.aws', 'sts.us-west-2.api.aws'],
    ['WWHD_NOTHING', 'eusc-de-east-1', 'ssm.eusc-de-east-1.amazonaws.eu', 'sts.eusc-de-east-1.amazonaws.eu'],
  ])('%s in %s: JSON asks %s, XML %s', async (name, region, json, xml) => {
    const hosts: string[] = [];
    // Nothing is sent: the name that is looked up tells where it would have gone.
    vi.spyOn(dns, 'lookup').mockImplementation(((
      host: string,
      _options: object,
      done: (e: Error) => void,
    ) => {
      hosts.push(host);
      done(Object.assign(new Error('no network here'), { code: 'ENONETWORK' }));
    }) as never);
    for (const proxy of ['HTTPS_PROXY', 'https_proxy', 'AWS_ENDPOINT_URL']) vi.stubEnv(proxy, '');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIATEST');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv(name, 'true');
    await expect(parametersApi({ region }).version('/x')).rejects.toThrow(/no network/);
    const reader = awsReader({ region }, systemClock);
    await expect(reader.query('STS', 'GetCallerIdentity', {})).rejects.toThrow(/no network/);
    reader.close();
    expect([...new Set(hosts)]).toEqual([json, xml]);
  });
});
