import type { ListServicesResponse } from '@aws-sdk/client-apprunner';
import type { DescribeRepositoriesResponse } from '@aws-sdk/client-ecr';
import type { ListServicesResponse as EcsServices, ListClustersResponse } from '@aws-sdk/client-ecs';
import type { Reader } from '../../aws/reader.ts';

/** What the account has that a release could go to. Empty where nobody may look. */
export interface Account {
  readonly region: string | undefined;
  readonly services: readonly AccountService[];
  /** Names of ECR repositories. */
  readonly repositories: readonly string[];
  readonly distributions: readonly AccountDistribution[];
}
export interface AccountService {
  readonly name: string;
  readonly arn: string;
}
export interface AccountDistribution {
  readonly id: string;
  /** The bucket that it serves, and its folder there. */
  readonly bucket: string;
  readonly prefix: string;
  readonly aliases: readonly string[];
}

export const NO_ACCOUNT: Account = { region: undefined, services: [], repositories: [], distributions: [] };

/** Pages that are read of one list: who has more names them by flags. */
const PAGES = 10;

/** Looks at the account; reads only, and is silent about what it may not see. */
export async function lookAtAccount(aws: Reader): Promise<Account> {
  const [region, runner, ecs, repositories, distributions] = await Promise.all([
    quietly(() => aws.region(), undefined),
    quietly(() => appRunnerServices(aws), []),
    quietly(() => ecsServices(aws), []),
    quietly(() => repositoryNames(aws), []),
    quietly(() => siteDistributions(aws), []),
  ]);
  return { region, services: [...runner, ...ecs], repositories, distributions };
}

/** True where there is a bucket that we may see. */
export async function hasBucket(aws: Reader, bucket: string): Promise<boolean> {
  return quietly(async () => {
    await aws.bucket(bucket, '');
    return true;
  }, false);
}

/** No credentials, no permission, no network: then there is nothing to see, and flags say it. */
async function quietly<T>(look: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await look();
  } catch {
    return otherwise;
  }
}

interface Page {
  readonly nextToken?: string | undefined;
}
async function pages<P extends Page, T>(
  ask: (nextToken: string | undefined) => Promise<P>,
  of: (page: P) => readonly T[],
): Promise<T[]> {
  const all: T[] = [];
  let token: string | undefined;
  for (let i = 0; i < PAGES; i++) {
    const page = await ask(token);
    all.push(...of(page));
    token = page.nextToken;
    if (!token) break;
  }
  return all;
}

const tokenInput = (nextToken: string | undefined) => (nextToken ? { nextToken } : {});

function appRunnerServices(aws: Reader): Promise<AccountService[]> {
  return pages(
    async (token) => {
      const input = token ? { NextToken: token } : {};
      const page = await aws.json<ListServicesResponse>('appRunner', 'ListServices', input);
      return { ...page, nextToken: page.NextToken };
    },
    ({ ServiceSummaryList = [] }) =>
      ServiceSummaryList.flatMap(({ ServiceName, ServiceArn }) =>
        ServiceName && ServiceArn ? [{ name: ServiceName, arn: ServiceArn }] : [],
      ),
  );
}

async function ecsServices(aws: Reader): Promise<AccountService[]> {
  const clusters = await pages(
    (token) => aws.json<ListClustersResponse>('ecs', 'ListClusters', tokenInput(token)),
    ({ clusterArns = [] }) => clusterArns,
  );
  const all = await Promise.all(
    clusters.map((cluster) =>
      pages(
        (token) => aws.json<EcsServices>('ecs', 'ListServices', { cluster, ...tokenInput(token) }),
        ({ serviceArns = [] }) => serviceArns,
      ),
    ),
  );
  // arn:aws:ecs:<region>:<account>:service/<cluster>/<name>
  return all.flat().map((arn) => ({ name: arn.split('/').at(-1) ?? arn, arn }));
}

function repositoryNames(aws: Reader): Promise<string[]> {
  return pages(
    (token) => aws.json<DescribeRepositoriesResponse>('ecr', 'DescribeRepositories', tokenInput(token)),
    ({ repositories = [] }) => repositories.flatMap(({ repositoryName }) => repositoryName ?? []),
  );
}

/** `my-site.s3.us-west-2.amazonaws.com`, and the older `my-site.s3.amazonaws.com`. */
const S3_ORIGIN = /^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\.s3[.-]/;

/** https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_ListDistributions.html */
async function siteDistributions(aws: Reader): Promise<AccountDistribution[]> {
  const { text } = await aws.cloudFront('distribution');
  const summaries = [...text.matchAll(/<DistributionSummary>([\s\S]*?)<\/DistributionSummary>/g)];
  return summaries.flatMap(([, summary = '']) => {
    const id = /<Id>([A-Z0-9]+)<\/Id>/.exec(summary)?.[1];
    const origins = [...summary.matchAll(/<Origin>([\s\S]*?)<\/Origin>/g)].map((match) => match[1] ?? '');
    const aliases = /<Aliases>([\s\S]*?)<\/Aliases>/.exec(summary)?.[1] ?? '';
    const buckets = origins.flatMap((origin) => {
      const bucket = S3_ORIGIN.exec(/<DomainName>([^<]+)<\/DomainName>/.exec(origin)?.[1] ?? '')?.[1];
      const path = /<OriginPath>([^<]*)<\/OriginPath>/.exec(origin)?.[1] ?? '';
      return bucket ? [{ bucket, prefix: path.replaceAll(/^\/|\/$/g, '') }] : [];
    });
    const [first] = buckets;
    const names = [...aliases.matchAll(/<CNAME>([^<]+)<\/CNAME>/g)].map((match) => match[1] ?? '');
    return id && first ? [{ id, ...first, aliases: names }] : [];
  });
}
