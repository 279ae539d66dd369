import { expect, test } from 'vitest';
import { compareDefinitions } from '../../../src/parts/service/targets/definition-drift.ts';

const app = {
  name: 'app',
  image: 'r/api:1',
  cpu: 0,
  command: ['node', 'a'],
  environment: [
    { name: 'LOG', value: 'info' },
    { name: 'TOKEN', value: 'hunter2' },
  ],
  portMappings: [{ containerPort: 8080, protocol: 'tcp' as const }],
};
const sidecar = { name: 'proxy', image: 'nginx:1', essential: true };
const running = {
  taskDefinitionArn: 'arn:aws:ecs:x:1:task-definition/api:4',
  family: 'api',
  revision: 4,
  cpu: '256',
  volumes: [],
  containerDefinitions: [app, sidecar],
};

test.each<[string, object, string[]]>([
  ['the same', {}, []],
  ['what AWS alone says', { taskDefinitionArn: 'arn:5', revision: 5, registeredBy: 'arn:tf' }, []],
  ['our image', { containerDefinitions: [{ ...app, image: 'r/api:2' }, sidecar] }, []],
  [
    "somebody else's image",
    { containerDefinitions: [app, { ...sidecar, image: 'nginx:2' }] },
    ['proxy.image nginx:1 → nginx:2'],
  ],
  ['containers in another order', { containerDefinitions: [sidecar, app] }, []],
  [
    'variables in another order',
    { containerDefinitions: [{ ...app, environment: [...app.environment].reverse() }, sidecar] },
    [],
  ],
  [
    'a variable, without its value',
    { containerDefinitions: [{ ...app, environment: [{ name: 'TOKEN', value: 'hunter3' }] }, sidecar] },
    ['app.environment.LOG', 'app.environment.TOKEN'],
  ],
  [
    'a secret',
    { containerDefinitions: [{ ...app, secrets: [{ name: 'DB', valueFrom: 'arn:db' }] }, sidecar] },
    ['app.secrets.DB'],
  ],
  ['empty is missing', { containerDefinitions: [{ ...app, secrets: [], mountPoints: [] }, sidecar] }, []],
  [
    'words of a command in another order',
    { containerDefinitions: [{ ...app, command: ['a', 'node'] }, sidecar] },
    ['app.command'],
  ],
  ['sizes and volumes', { cpu: '512', volumes: [{ name: 'data' }] }, ['cpu 256 → 512', 'volumes']],
  ['a role that was not', { taskRoleArn: 'arn:role' }, ['taskRoleArn none → arn:role']],
  [
    'containers',
    { containerDefinitions: [app, { name: 'logs', image: 'fluent' }] },
    ['container proxy is removed', 'container logs is added'],
  ],
])('%s', (_name, change, differ) => {
  expect(compareDefinitions(running, { ...running, ...change }, ['app'])).toEqual(differ);
});
