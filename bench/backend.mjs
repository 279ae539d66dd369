// How soon deploy-backend says its verdict after the target has reached it, and what it asks until then, on each target.
//
//   node bench/backend.mjs [--runs 5] [--speed 20]        WWHD_DIST names another build
//
// The target's end is the cloud's own: when the operation, or the service deployment, ended by its state. Ours is the end
// of the step, with outputs and summary written. The promise is 2 s.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { runBundle, startLocalCloud, writeLayout } from './support/local-cloud.mjs';
import { signedHeaders } from './support/signed.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, process.env.WWHD_DIST ?? 'dist');
const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, speed: { type: 'string', default: '20' } },
});
const LIMIT_MS = 2000;
const scratch = mkdtempSync(join(tmpdir(), 'wwhd-bench-backend-'));
const cloud = await startLocalCloud(dist, values.speed);
const { endpoint } = cloud;
const bundle = (name, inputs, run = 1) =>
  runBundle(root, dist, name, inputs, { env: cloud.env, run, job: 'deploy' });

async function call(service, target, version, input) {
  const body = JSON.stringify(input);
  const { host: _, ...headers } = await signedHeaders(endpoint, {
    service,
    method: 'POST',
    path: '/',
    headers: { 'content-type': `application/x-amz-json-${version}`, 'x-amz-target': target },
    body,
  });
  const answer = await fetch(endpoint, { method: 'POST', headers, body });
  if (!answer.ok) throw new Error(`${target}: ${await answer.text()}`);
  return answer.json();
}
const appRunner = (operation, input) => call('apprunner', `AppRunner.${operation}`, '1.0', input);
const ecs = (operation, input) =>
  call('ecs', `AmazonEC2ContainerServiceV20141113.${operation}`, '1.1', input);
const ecr = (operation, input) =>
  call('ecr', `AmazonEC2ContainerRegistry_V20150921.${operation}`, '1.1', input);
const control = async (path) => (await cloud.control(path)).json();

/** The image of a version: a server that answers everything. */
async function push(version) {
  const server = `require('node:http').createServer((_, a) => a.end('${version}')).listen(process.env.PORT);
process.on('SIGTERM', () => process.exit(0));`;
  const layout = await writeLayout(server, join(scratch, version));
  const inputs = { repository: 'bench', 'oci-layout': layout };
  const { outputs, log } = await bundle('push-image', inputs, Number(version));
  if (!outputs.image) throw new Error(log);
  return outputs.image;
}

/** Targets: how a service is made, and when its newest rollout ended by the cloud's state. */
const TARGETS = {
  apprunner: {
    async create(image) {
      const { Service } = await appRunner('CreateService', {
        ServiceName: 'bench',
        SourceConfiguration: {
          AutoDeploymentsEnabled: false,
          AuthenticationConfiguration: { AccessRoleArn: 'arn:aws:iam::000000000000:role/ecr' },
          ImageRepository: {
            ImageIdentifier: image,
            ImageRepositoryType: 'ECR',
            ImageConfiguration: { Port: '8080' },
          },
        },
      });
      return Service.ServiceArn;
    },
    async endedAt(arn) {
      const { services } = await control('state/apprunner');
      return services.find((one) => one.arn === arn).operations.at(-1).endedAt;
    },
  },
  ecs: {
    async create(image) {
      await ecs('CreateCluster', { clusterName: 'bench' });
      await ecs('RegisterTaskDefinition', {
        family: 'bench',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        cpu: '256',
        memory: '512',
        containerDefinitions: [{ name: 'app', image, portMappings: [{ containerPort: 8080 }] }],
      });
      const { service } = await ecs('CreateService', {
        cluster: 'bench',
        serviceName: 'bench',
        taskDefinition: 'bench',
        desiredCount: 1,
        launchType: 'FARGATE',
        networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-a'] } },
      });
      return service.serviceArn;
    },
    endedAt: ecsEndedAt,
  },
  'ecs-express': {
    async create(image) {
      const { service } = await ecs('CreateExpressGatewayService', {
        serviceName: 'bench-express',
        executionRoleArn: 'arn:aws:iam::000000000000:role/execution',
        infrastructureRoleArn: 'arn:aws:iam::000000000000:role/infrastructure',
        healthCheckPath: '/',
        primaryContainer: { image, containerPort: 8080 },
      });
      return service.serviceArn;
    },
    endedAt: ecsEndedAt,
  },
};

async function ecsEndedAt(arn) {
  const { services } = await control('state/ecs');
  return services.find((one) => one.arn === arn).deployments[0].finishedAt;
}

await ecr('CreateRepository', { repositoryName: 'bench' });
const [one, two] = [await push('1'), await push('2')];
const rows = [];
for (const [target, { create, endedAt }] of Object.entries(TARGETS)) {
  const arn = await create(one);
  while (!(await endedAt(arn))) await new Promise((resolve) => setTimeout(resolve, 50));
  const delays = [];
  let requests = 0;
  let seconds = 0;
  for (let run = 0; run < Number(values.runs); run++) {
    await cloud.control('requests', 'DELETE');
    const inputs = { service: arn, image: run % 2 ? one : two };
    const { outputs, log, started, ended } = await bundle('deploy-backend', inputs);
    if (outputs.outcome !== 'deployed') throw new Error(log);
    delays.push(ended - (await endedAt(arn)));
    requests += (await control('requests')).length;
    seconds += (ended - started) / 1000;
  }
  delays.sort((a, b) => a - b);
  rows.push({
    target,
    runs: delays.length,
    'step ends after the target, median (ms)': delays[Math.floor(delays.length / 2)],
    'at most (ms)': delays.at(-1),
    'requests a deployment': Math.round(requests / delays.length),
    'seconds a deployment': Number((seconds / delays.length).toFixed(1)),
  });
}
console.table(rows);
const worst = Math.max(...rows.map((row) => row['at most (ms)']));
console.log(`${worst <= LIMIT_MS ? 'within' : 'OVER'} the promise of ${LIMIT_MS} ms: ${worst} ms at most`);
await cloud.stop();
rmSync(scratch, { recursive: true, force: true });
