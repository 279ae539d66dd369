import { type EcrImagesApi, ecrImagesApi } from '../aws/ecr-images.ts';
import { awsProblem, readAwsError } from '../aws/errors.ts';
import { refused } from '../runtime/errors.ts';
import { Distribution } from './distribution.ts';
import type { ImagePorts, ImageRepository } from './ports.ts';
import type { RepositoryRef } from './reference.ts';
import type { ScanReport } from './scan.ts';

/**
 * The repository of a reference, asked for so that a wrong one is found before anything is built.
 * @param create make it where it is not there: with tags that cannot be moved, and a scan of each push
 * @throws ActionError `refused` for a repository that does not exist or that we may not see.
 */
export async function openRepository(
  ref: RepositoryRef,
  create: boolean,
  ports: Pick<ImagePorts, 'log' | 'clock' | 'signal'>,
): Promise<ImageRepository> {
  if (ref.kind === 'foreign') {
    throw refused({
      input: 'repository',
      what: 'is not in Amazon ECR',
      found: `${ref.host}/${ref.name}`,
      fix: 'App Runner and ECS are given images of ECR here: name an ECR repository, by name or by URI',
    });
  }
  const own = ref.kind === 'ecr' ? { region: ref.region, account: ref.account } : undefined;
  const api = ecrImagesApi({ region: own?.region, signal: ports.signal }, own?.account);
  if (create) await createWhereMissing(ref.name, api, ports);
  if (ref.kind !== 'loopback') return ecrRepository(ref.name, await describe(ref.name, api), api);
  // On this machine: the local cloud, which has ECR's API, or a registry that is nothing but a registry.
  const found = await describe(ref.name, api).catch(() => undefined);
  return found?.uri === `${ref.host}/${ref.name}`
    ? ecrRepository(ref.name, found, api)
    : plainRegistry(ref.host, ref.name, ports);
}

async function createWhereMissing(
  name: string,
  api: EcrImagesApi,
  { log }: Pick<ImagePorts, 'log'>,
): Promise<void> {
  try {
    if (await api.create(name)) log.notice(`the repository ${name} was made: its tags cannot be moved`);
  } catch (error) {
    throw awsProblem(error, {
      operation: 'ecr:CreateRepository',
      resource: name,
      input: 'create-repository',
    });
  }
}

async function describe(name: string, api: EcrImagesApi) {
  try {
    const found = await api.repository(name);
    if (found) return found;
  } catch (error) {
    throw awsProblem(error, {
      operation: 'ecr:DescribeRepositories',
      resource: name,
      input: 'repository',
      ifMissing:
        'create the repository (infra/terraform does, and so does `create-repository: true`), or correct the name; check the region and the account too',
    });
  }
  throw refused({ input: 'repository', what: `there is no ECR repository ${name}`, fix: 'create it first' });
}

function ecrRepository(
  name: string,
  found: { readonly uri: string; readonly immutable: boolean },
  api: EcrImagesApi,
): ImageRepository {
  const ask = async <T>(operation: string, work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw awsProblem(error, { operation, resource: name, input: 'repository' });
    }
  };
  let scanStarted = false;
  return {
    host: found.uri.slice(0, found.uri.indexOf('/')),
    name: found.uri.slice(found.uri.indexOf('/') + 1),
    immutableTags: found.immutable,
    digestOf: (tag) => ask('ecr:BatchGetImage', () => api.digestOf(name, tag)),
    credentials: () => ask('ecr:GetAuthorizationToken', () => api.authorization()),
    async scan(digest) {
      try {
        return await api.scan(name, digest);
      } catch (error) {
        if (readAwsError(error).code !== 'ScanNotFoundException')
          throw scanProblem(error, 'ecr:DescribeImageScanFindings', name);
      }
      // Scan-on-push starts a moment after the push; a repository without it is scanned because we ask.
      const pending: ScanReport = { status: 'PENDING', description: 'no scan yet', counts: {}, findings: [] };
      if (scanStarted) return pending;
      scanStarted = true;
      return startScan(name, digest, api, pending);
    },
  };
}

/** The image has been pushed by then: that is no refusal any more. */
const scanProblem = (error: unknown, operation: string, resource: string) =>
  awsProblem(error, { operation, resource, input: 'scan-gate', afterChange: true });

/** Enhanced scanning refuses StartImageScan, for it scans by itself: then the wait goes on. */
async function startScan(
  name: string,
  digest: string,
  api: EcrImagesApi,
  pending: ScanReport,
): Promise<ScanReport> {
  try {
    await api.startScan(name, digest);
    return pending;
  } catch (error) {
    const { code, kind, message } = readAwsError(error);
    if (code === 'UnsupportedImageTypeException')
      return { ...pending, status: 'UNSUPPORTED_IMAGE', description: message };
    if (kind === 'denied') throw scanProblem(error, 'ecr:StartImageScan', name);
    return pending;
  }
}

/** A registry with nothing but the distribution protocol: docker-registry on a laptop or in a test. */
function plainRegistry(
  host: string,
  name: string,
  ports: Pick<ImagePorts, 'log' | 'clock' | 'signal'>,
): ImageRepository {
  const client = new Distribution({ host, name, credentials: undefined, insecure: true, ...ports });
  return {
    host,
    name,
    immutableTags: false,
    digestOf: async (tag) => (await client.manifest(tag))?.digest,
    credentials: async () => undefined,
  };
}
