import {
  BatchGetImageCommand,
  CreateRepositoryCommand,
  DescribeImageScanFindingsCommand,
  DescribeRepositoriesCommand,
  ECRClient,
  GetAuthorizationTokenCommand,
  StartImageScanCommand,
} from '@aws-sdk/client-ecr';
import { type AwsSettings, clientConfig } from './config.ts';

export interface EcrRepository {
  /** `account.dkr.ecr.region.amazonaws.com/name`. */
  readonly uri: string;
  /** No tag can be moved. False where some tags are excluded from it: then the push itself tells. */
  readonly immutable: boolean;
}

export interface EcrScan {
  readonly status: string;
  readonly description: string;
  readonly counts: Readonly<Record<string, number>>;
  readonly findings: ReadonlyArray<{
    readonly severity: string;
    readonly name: string;
    readonly package: string;
    readonly uri: string;
  }>;
}

/** What pushing an image asks of ECR's API. All methods reject with the SDK's error, after its retries. */
export interface EcrImagesApi {
  repository(name: string): Promise<EcrRepository | undefined>;
  /** Makes it with immutable tags and a scan of each push. @returns false where it is there already */
  create(name: string): Promise<boolean>;
  digestOf(name: string, tag: string): Promise<string | undefined>;
  /** A password for 12 hours, https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_GetAuthorizationToken.html */
  authorization(): Promise<{ username: string; password: string }>;
  /** Rejects with ScanNotFoundException where no scan was ever started. */
  scan(name: string, digest: string): Promise<EcrScan>;
  startScan(name: string, digest: string): Promise<void>;
}

const ANY_MANIFEST = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];

/** @param account registry to ask, where it is not the caller's own */
export function ecrImagesApi(settings: AwsSettings, account: string | undefined): EcrImagesApi {
  const client = new ECRClient(clientConfig(settings));
  const registry = account ? { registryId: account } : {};
  const image = (name: string, imageDigest: string) => ({
    ...registry,
    repositoryName: name,
    imageId: { imageDigest },
  });
  return {
    async repository(name) {
      const answer = await client.send(
        new DescribeRepositoriesCommand({ ...registry, repositoryNames: [name] }),
      );
      const found = answer.repositories?.[0];
      if (!found?.repositoryUri) return undefined;
      return { uri: found.repositoryUri, immutable: found.imageTagMutability === 'IMMUTABLE' };
    },
    async create(name) {
      const describe = new DescribeRepositoriesCommand({ ...registry, repositoryNames: [name] });
      try {
        await client.send(describe);
        return false;
      } catch (error) {
        if ((error as Error).name !== 'RepositoryNotFoundException') throw error;
      }
      await client.send(
        new CreateRepositoryCommand({
          ...registry,
          repositoryName: name,
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
        }),
      );
      return true;
    },
    async digestOf(name, tag) {
      const answer = await client.send(
        new BatchGetImageCommand({
          ...registry,
          repositoryName: name,
          imageIds: [{ imageTag: tag }],
          acceptedMediaTypes: ANY_MANIFEST,
        }),
      );
      return answer.images?.[0]?.imageId?.imageDigest;
    },
    async authorization() {
      const answer = await client.send(new GetAuthorizationTokenCommand({}));
      const token = answer.authorizationData?.[0]?.authorizationToken ?? '';
      const [username = '', password = ''] = Buffer.from(token, 'base64').toString().split(/:(.*)/s);
      return { username, password };
    },
    async scan(name, digest) {
      const answer = await client.send(
        new DescribeImageScanFindingsCommand({ ...image(name, digest), maxResults: 1000 }),
      );
      const { findingSeverityCounts, findings, enhancedFindings } = answer.imageScanFindings ?? {};
      const basic = (findings ?? []).map((f) => ({
        severity: f.severity ?? 'UNDEFINED',
        name: f.name ?? '',
        package: f.attributes?.find((a) => a.key === 'package_name')?.value ?? '',
        uri: f.uri ?? '',
      }));
      const enhanced = (enhancedFindings ?? []).map((f) => ({
        severity: f.severity ?? 'UNDEFINED',
        name: f.packageVulnerabilityDetails?.vulnerabilityId ?? f.title ?? '',
        package: f.packageVulnerabilityDetails?.vulnerablePackages?.[0]?.name ?? '',
        uri: f.packageVulnerabilityDetails?.sourceUrl ?? '',
      }));
      return {
        status: answer.imageScanStatus?.status ?? '',
        description: answer.imageScanStatus?.description ?? '',
        counts: findingSeverityCounts ?? {},
        findings: [...basic, ...enhanced],
      };
    },
    async startScan(name, digest) {
      await client.send(new StartImageScanCommand(image(name, digest)));
    },
  };
}
