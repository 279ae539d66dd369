import { describe, expect, test } from 'vitest';
import type { ContainerDefinition } from '../../../src/aws/ecs.ts';
import { planChanges } from '../../../src/parts/service/plan/plan.ts';
import { applyChange, changeBack } from '../../../src/parts/service/plan/spec.ts';
import { chooseContainers, containerNames } from '../../../src/parts/service/targets/container-choice.ts';
import {
  copyDefinition,
  isFargate,
  platformOf,
  servedPort,
} from '../../../src/parts/service/targets/task-definition.ts';

const REPOSITORY = '123456789012.dkr.ecr.us-west-2.amazonaws.com/api';
const one = (name: string, image: string, essential?: boolean) => ({
  name,
  image,
  ...(essential === undefined ? {} : { essential }),
});
const OURS = `${REPOSITORY}:v1`;
const BY_DIGEST = `${REPOSITORY}@sha256:${'a'.repeat(64)}`;
const NGINX = 'public.ecr.aws/nginx/nginx:1';
const behind = (...names: string[]) => ({ loadBalancers: names.map((containerName) => ({ containerName })) });

describe('the container that gets the image', () => {
  const rows = [
    ['a single one', [one('app', OURS)], '', {}, { main: 'app', others: [], behind: [] }],
    [
      "a single one with a placeholder's image",
      [one('app', NGINX)],
      '',
      {},
      { main: 'app', others: [], behind: [] },
    ],
    [
      'nginx in front, behind the load balancer: not nginx',
      [one('nginx', NGINX), one('app', OURS)],
      '',
      behind('nginx'),
      { main: 'app', others: [], behind: [] },
    ],
    [
      'a side-car that is not essential',
      [one('app', BY_DIGEST), one('logs', 'fluent/fluent-bit:1', false)],
      '',
      {},
      { main: 'app', others: [], behind: [] },
    ],
    [
      'api and worker of one repository: together',
      [one('worker', OURS), one('api', BY_DIGEST)],
      '',
      behind('api'),
      { main: 'api', others: ['worker'], behind: [] },
    ],
    [
      'an init container that migrates goes along, and is not the main one',
      [one('init', OURS, false), one('app', OURS)],
      '',
      {},
      { main: 'app', others: ['init'], behind: [] },
    ],
    [
      'one repository by its FIPS, dual-stack and plain names: together',
      [
        one('api', '123456789012.dkr.ecr-fips.us-west-2.amazonaws.com/api:v2'),
        one('worker', '123456789012.dkr-ecr.us-west-2.on.aws/api:v1'),
        one('other', '123456789012.dkr.ecr.eu-west-1.amazonaws.com/api:v1'),
        one('logs', NGINX),
      ],
      '',
      {},
      { main: 'api', others: ['worker'], behind: [] },
    ],
    [
      'a worker before the api, nginx behind the load balancer: the one that listens is the main one',
      [
        one('worker', OURS),
        { ...one('api', OURS), portMappings: [{ containerPort: 8080 }] },
        one('nginx', NGINX),
      ],
      '',
      behind('nginx'),
      { main: 'api', others: ['worker'], behind: [] },
    ],
    [
      'one that is named: the other stays behind, and is told',
      [one('web', OURS), one('worker', OURS)],
      'web',
      {},
      { main: 'web', others: [], behind: ['worker'] },
    ],
    [
      'several that are named',
      [one('web', OURS), one('worker', NGINX), one('cron', OURS)],
      'worker, web',
      {},
      { main: 'worker', others: ['web'], behind: ['cron'] },
    ],
  ] as const;
  test.each(rows)('%s', (_name, containerDefinitions, names, service, expected) => {
    const wish = { names: containerNames(names), repository: REPOSITORY };
    const found = chooseContainers(
      { containerDefinitions: [...containerDefinitions] as ContainerDefinition[] },
      wish,
      service as { loadBalancers?: { containerName: string }[] },
    );
    expect({ ...found, main: found.main.name }).toEqual(expected);
  });

  test('is refused, with the names, where nothing says which', () => {
    const containerDefinitions = [one('nginx', NGINX), one('app', `${REPOSITORY}-old:1`)];
    const choose = (names: readonly string[]) => () =>
      chooseContainers({ containerDefinitions }, { names, repository: REPOSITORY }, behind('nginx'));
    expect(choose([])).toThrow(/none of them runs an image of .*\/api[\s\S]*nginx \(.*\), app \(/);
    expect(choose(['web'])).toThrow(/no container named web[\s\S]*nginx, app/);
  });
});

describe('images that change together', () => {
  const spec = { image: OURS, otherImages: { worker: 'old' }, variables: {}, secrets: {} };
  const wanted = applyChange(spec, { image: BY_DIGEST });

  test('are planned by name, and go back one by one', () => {
    expect(planChanges(spec, wanted).map(({ field }) => field)).toEqual(['image', 'image (worker)']);
    expect(applyChange(wanted, changeBack(spec, wanted))).toMatchObject(spec);
  });

  test('one that stayed old is a difference', () => {
    const half = { ...wanted, otherImages: { worker: OURS } };
    expect(planChanges(half, applyChange(half, { image: BY_DIGEST }))).toMatchObject([
      { field: 'image (worker)' },
    ]);
  });

  test('are in the copy, and nothing else of that container is touched', () => {
    const definition = {
      containerDefinitions: [
        one('app', OURS),
        { ...one('worker', OURS), command: ['work'] },
        one('nginx', NGINX),
      ],
    };
    const copy = copyDefinition(definition, [], 'app', spec, wanted);
    expect(copy.containerDefinitions).toMatchObject([
      { name: 'app', image: BY_DIGEST },
      { name: 'worker', image: BY_DIGEST, command: ['work'] },
      { name: 'nginx', image: NGINX },
    ]);
  });
});

test.each([
  ['awsvpc', 8080, 9090],
  ['host', 8080, 9090],
  ['bridge', 0, 0],
  ['bridge', 80, 80],
  [undefined, 0, 0],
] as const)('network %s with host port %j: %j after another port', (networkMode, before, after) => {
  const portMappings = [{ containerPort: 8080, hostPort: before }];
  const definition = { networkMode, containerDefinitions: [{ ...one('app', OURS), portMappings }] };
  const spec = { image: OURS, variables: {}, secrets: {}, port: '8080' };
  const copy = copyDefinition(definition, [], 'app', spec, { ...spec, port: '9090' });
  expect(copy.containerDefinitions?.[0]?.portMappings).toEqual([{ containerPort: 9090, hostPort: after }]);
});

describe('the port of the app', () => {
  const metrics = { containerPort: 9090, hostPort: 9090 };
  const app = { containerPort: 8080, hostPort: 8080, name: 'http' };
  const range = { containerPortRange: '7000-7010' };
  const behindPort = (containerPort: number) => ({
    loadBalancers: [{ containerName: 'app', containerPort }],
  });
  test.each([
    ['the first', [app], {}, 8080],
    ['the one behind the load balancer', [metrics, app], behindPort(8080), 8080],
    ['not a range', [range, app], {}, 8080],
    ['none of a worker', [], {}, undefined],
    [
      "not another container's",
      [metrics, app],
      { loadBalancers: [{ containerName: 'nginx', containerPort: 80 }] },
      9090,
    ],
  ])('%s', (_name, portMappings, service, expected) => {
    expect(servedPort({ name: 'app', portMappings }, service)).toBe(expected);
  });

  test('is moved, and those beside it stay', () => {
    const portMappings = [metrics, app];
    const definition = {
      networkMode: 'awsvpc' as const,
      containerDefinitions: [{ ...one('app', OURS), portMappings }],
    };
    const spec = { image: OURS, variables: {}, secrets: {}, port: '8080' };
    const copy = copyDefinition(definition, [], 'app', spec, { ...spec, port: '8081' });
    expect(copy.containerDefinitions?.[0]?.portMappings).toEqual([
      metrics,
      { ...app, containerPort: 8081, hostPort: 8081 },
    ]);
  });
});

test.each([
  ['Fargate', { launchType: 'FARGATE' }, undefined, 'linux/amd64'],
  [
    'Fargate Spot',
    { capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }] },
    undefined,
    'linux/amd64',
  ],
  ['Fargate on Graviton', { launchType: 'FARGATE' }, { cpuArchitecture: 'ARM64' }, 'linux/arm64'],
  ['instances that decide', { launchType: 'EC2' }, undefined, undefined],
  [
    'instances by a capacity provider',
    { capacityProviderStrategy: [{ capacityProvider: 'arm' }] },
    undefined,
    undefined,
  ],
  ['instances, and told', { launchType: 'EC2' }, { cpuArchitecture: 'X86_64' }, 'linux/amd64'],
  [
    'Windows',
    { launchType: 'EC2' },
    { operatingSystemFamily: 'WINDOWS_SERVER_2022_CORE', cpuArchitecture: 'X86_64' },
    'windows/amd64',
  ],
] as const)('the platform of %s', (_name, service, runtimePlatform, expected) => {
  const definition = runtimePlatform ? { runtimePlatform } : {};
  const onFargate = isFargate(service as Parameters<typeof isFargate>[0], {});
  expect(platformOf(definition, onFargate)).toBe(expected);
});
