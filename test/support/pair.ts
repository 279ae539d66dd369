import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppRunnerClient, CreateServiceCommand, DescribeServiceCommand } from '@aws-sdk/client-apprunner';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { pushOciLayout, writeOciLayout } from '../../demo/oci-layout.ts';
import { type ActionRun, type RunOptions, runAction } from './run-action.ts';
import { type CloudAddress, freeName, makeFolder, makeSite, smallSite, type TestSite } from './site.ts';
import { until } from './until.ts';

/** A service and a site in one environment, and releases of both. */
export interface TestPair {
  readonly site: TestSite;
  readonly service: string;
  readonly apiUrl: string;
  readonly repository: string;
  /** The image of a version, pushed once: `registry/repository@sha256:…`. */
  image(version: string): Promise<string>;
  /** Deploys both halves as one release, whose id is the version. */
  release(version: string, options?: ReleaseOptions): Promise<void>;
  rollback(inputs?: Readonly<Record<string, string>>, options?: RunOptions): Promise<ActionRun>;
  /** Which version answers: the API's, the page's through the CDN. */
  live(): Promise<{ api: string; page: string }>;
  imageOfService(): Promise<string>;
}

export interface ReleaseOptions {
  readonly commit?: string;
  readonly runNumber?: number;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly backend?: boolean;
  readonly frontend?: boolean;
}

/** Answers `/health` with its version; nothing else is in it. */
const app = (version: string) =>
  `require('http').createServer((q, s) => { s.setHeader('content-type', 'application/json'); s.end(JSON.stringify({ version: ${JSON.stringify(version)} })); }).listen(process.env.PORT);\n`;

/** Commits of versions: `v1` is 1111…, so that their order can be read. */
export const commitOf = (version: string): string => version.slice(-1).padStart(1, '0').repeat(40);

export async function makePair(cloud: CloudAddress, wanted: string): Promise<TestPair> {
  const name = freeName(cloud, wanted);
  const settings = clientSettings(cloud);
  await new ECRClient(settings).send(new CreateRepositoryCommand({ repositoryName: name }));
  const registry = new URL(cloud.endpoint).host;
  const images = new Map<string, string>();
  const image = async (version: string) => {
    const known = images.get(version);
    if (known) return known;
    const dir = mkdtempSync(join(tmpdir(), 'wwhd-layout-'));
    const { digest } = await writeOciLayout(
      { files: { 'server.cjs': app(version) }, command: ['node', 'server.cjs'], port: 8080 },
      dir,
    );
    await pushOciLayout(dir, cloud.endpoint, name, version);
    rmSync(dir, { recursive: true, force: true });
    const uri = `${registry}/${name}@${digest}`;
    images.set(version, uri);
    return uri;
  };
  const apprunner = new AppRunnerClient(settings);
  const service = await createService(apprunner, name, await image('v0'));
  const site = await makeSite(cloud, `${name}-site`);
  const describe = async () =>
    (await apprunner.send(new DescribeServiceCommand({ ServiceArn: service.arn }))).Service;

  return {
    site,
    service: service.arn,
    apiUrl: service.url,
    repository: name,
    image,
    imageOfService: async () =>
      (await describe())?.SourceConfiguration?.ImageRepository?.ImageIdentifier ?? '',
    async release(version, options = {}) {
      const run: RunOptions = {
        env: cloud.env,
        commit: options.commit ?? commitOf(version),
        runNumber: options.runNumber ?? Number(version.replaceAll(/\D/g, '')),
      };
      const common = { 'release-bucket': site.releaseBucket, 'release-id': version, ...options.inputs };
      // Side by side, as the two jobs of a release: the second one joins the lock of the first.
      const backend = async () => {
        const inputs = {
          ...common,
          service: service.arn,
          image: await image(version),
          'max-error-rate': '100%',
          'probe-interval': '200ms',
        };
        expectDeployed(await runAction('deploy-backend', inputs, { ...run, job: 'backend' }));
      };
      const frontend = async () => {
        const source = makeFolder(smallSite(version));
        expectDeployed(await site.deploy(source, { ...common }, { ...run, job: 'frontend' }));
      };
      await Promise.all([
        options.backend === false ? undefined : backend(),
        options.frontend === false ? undefined : frontend(),
      ]);
    },
    rollback: (inputs = {}, options = {}) =>
      runAction(
        'rollback',
        { 'release-bucket': site.releaseBucket, ...inputs },
        {
          runNumber: 90,
          job: 'rollback',
          commit: '9'.repeat(40),
          ...options,
          env: { ...cloud.env, ...options.env },
        },
      ),
    async live() {
      const api = (await (await fetch(`${service.url}/health`)).json()) as { version: string };
      const page = (await site.get('/')).body;
      return { api: api.version, page: /<h1>Home ([^<]*)</.exec(page)?.[1] ?? page };
    },
  };
}

export function clientSettings(cloud: CloudAddress) {
  return {
    endpoint: cloud.endpoint,
    region: cloud.env['AWS_REGION'] ?? 'us-west-2',
    credentials: {
      accessKeyId: cloud.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: cloud.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  };
}

function expectDeployed(run: ActionRun): void {
  if (run.outputs['outcome'] !== 'deployed') throw new Error(`the release did not go live:\n${run.log}`);
}

async function createService(client: AppRunnerClient, name: string, image: string) {
  const role = (role: string) => `arn:aws:iam::000000000000:role/${role}`;
  const { Service } = await client.send(
    new CreateServiceCommand({
      ServiceName: name,
      SourceConfiguration: {
        AuthenticationConfiguration: { AccessRoleArn: role('ecr-access') },
        AutoDeploymentsEnabled: false,
        ImageRepository: {
          ImageIdentifier: image,
          ImageRepositoryType: 'ECR',
          ImageConfiguration: { Port: '8080' },
        },
      },
      HealthCheckConfiguration: { Protocol: 'HTTP', Path: '/health', Interval: 1, HealthyThreshold: 1 },
    }),
  );
  const arn = Service?.ServiceArn ?? '';
  return until(async () => {
    const { Service: now } = await client.send(new DescribeServiceCommand({ ServiceArn: arn }));
    if (now?.Status === 'CREATE_FAILED') throw new Error(`the service ${name} was not created`);
    return now?.Status === 'RUNNING' && { arn, url: `http://${now.ServiceUrl}` };
  }, `the service ${name}`);
}
