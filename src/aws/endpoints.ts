import { partition } from '@aws-sdk/core/client';

/** Where a service is asked: the region, and what `AWS_USE_FIPS_ENDPOINT` and `AWS_USE_DUALSTACK_ENDPOINT` say. */
export interface EndpointWish {
  readonly region: string;
  readonly fips?: boolean | undefined;
  readonly dualStack?: boolean | undefined;
}

/** How the addresses of a service are made. */
export interface ServiceHost {
  /** First part of the name: `ecs`, `api.ecr`. */
  readonly host: string;
  /** The same in dual-stack names, where it is another. */
  readonly dualStackHost?: string;
  /** S3 has `dualstack` as a label of its own. */
  readonly dualStackLabel?: boolean;
  /** Partitions in which the plain name is dual-stack. */
  readonly dualStackAnyway?: readonly string[];
  /** GovCloud: the plain names have FIPS behind them; `ipv4` where those of dual-stack are marked all the same. */
  readonly govIsFips?: 'always' | 'ipv4';
  /** One for a whole partition: no region in its name, but for these words in its place. */
  readonly global?: {
    readonly zones?: Readonly<Record<string, string>>;
    readonly dualStackZones?: Readonly<Record<string, string>>;
    /** What requests are signed for, where that is not the partition's global region. */
    readonly signing?: Readonly<Record<string, string>>;
  };
}

/**
 * Address of a service. The partitions are the SDK's own table, and the rules are those of the services' public models
 * (botocore's `endpoint-rule-set-1.json`); https://docs.aws.amazon.com/general/latest/gr/rande.html.
 */
export function endpointOf(service: ServiceHost, { region, fips, dualStack }: EndpointWish): URL {
  const { name, dnsSuffix, dualStackDnsSuffix } = partition(region);
  const dual = dualStack === true && !service.dualStackAnyway?.includes(name);
  const label = service.dualStackLabel === true;
  const plainFips =
    name === 'aws-us-gov' &&
    (service.govIsFips === 'always' || (service.govIsFips === 'ipv4' && dualStack !== true));
  const host = (dual && service.dualStackHost) || service.host;
  const zones = dual ? service.global?.dualStackZones : service.global?.zones;
  const labels = [
    `${host}${fips && !plainFips ? '-fips' : ''}`,
    ...(dual && label ? ['dualstack'] : []),
    service.global ? zones?.[name] : region,
    dual && !label ? dualStackDnsSuffix : dnsSuffix,
  ];
  return new URL(`https://${labels.filter(Boolean).join('.')}`);
}

/** Region that requests to a service are signed for. */
export function signingRegion({ global }: ServiceHost, region: string): string {
  if (!global) return region;
  // The SDK's table has it, and its type leaves it out.
  const { name, implicitGlobalRegion } = partition(region) as ReturnType<typeof partition> & {
    readonly implicitGlobalRegion: string;
  };
  return global.signing?.[name] ?? implicitGlobalRegion;
}

/** What a client of the SDK hands to whoever finds its endpoint. */
export const ENDPOINT_PARAMETERS = {
  Endpoint: { type: 'builtInParams', name: 'endpoint' },
  Region: { type: 'builtInParams', name: 'region' },
  UseFIPS: { type: 'builtInParams', name: 'useFipsEndpoint' },
  UseDualStack: { type: 'builtInParams', name: 'useDualstackEndpoint' },
} as const;

export interface EndpointParameters {
  readonly Endpoint?: string;
  readonly Region?: string;
  readonly UseFIPS?: boolean;
  readonly UseDualStack?: boolean;
}

/** For the SDK's `endpointProvider`: an address that the environment names comes before all. */
export const endpointProvider =
  (service: ServiceHost) =>
  ({ Endpoint, Region = '', UseFIPS, UseDualStack }: EndpointParameters): { url: URL } => ({
    url: Endpoint
      ? new URL(Endpoint)
      : endpointOf(service, { region: Region, fips: UseFIPS, dualStack: UseDualStack }),
  });

/** Account and region of a registry of ECR, by its host. */
export interface EcrRegistry {
  readonly account: string;
  readonly region: string;
}

/**
 * Takes a host of ECR's registries apart, with the FIPS and dual-stack forms of every partition:
 * https://docs.aws.amazon.com/AmazonECR/latest/userguide/Registries.html. `undefined`: no such host.
 */
export function parseEcrHost(host: string): EcrRegistry | undefined {
  const match = /^(\d{12})\.dkr([.-])ecr(?:-fips)?\.([a-z0-9-]+)\.([a-z0-9.-]+)$/.exec(host);
  const [, account = '', mark, region = '', suffix] = match ?? [];
  if (!match) return undefined;
  const { dnsSuffix, dualStackDnsSuffix } = partition(region);
  const wanted = mark === '.' ? dnsSuffix : dualStackDnsSuffix.replace(/^api\./, 'on.');
  return suffix === wanted ? { account, region } : undefined;
}
