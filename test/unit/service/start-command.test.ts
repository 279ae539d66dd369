import { expect, test } from 'vitest';
import { startCommandOf } from '../../../src/parts/service/plan/start-command.ts';

const OWN = '123456789012.dkr.ecr.us-west-2.amazonaws.com/wwhd-api@sha256:0';
const NEW = '123456789012.dkr.ecr.us-west-2.amazonaws.com/wwhd-api@sha256:1';
const PUBLIC = 'public.ecr.aws/docker/library/caddy:2.10.2-alpine';

test.each([
  ['nothing is asked for, nothing changes', undefined, 'apprunner', OWN, NEW, {}],
  ['the command of a placeholder ends with it', undefined, 'apprunner', PUBLIC, NEW, { startCommand: '' }],
  ['from one public image to another it stays', undefined, 'apprunner', PUBLIC, PUBLIC, {}],
  ['on ECS the task definition is its owner', undefined, 'ecs', PUBLIC, NEW, {}],
  ['what is asked for is passed on as it is', 'node a.mjs', 'apprunner', PUBLIC, NEW, {}],
  ['words are joined', '["node","a b.mjs"]', 'apprunner', PUBLIC, NEW, { startCommand: `node 'a b.mjs'` }],
  ['on ECS in words', 'node a.mjs', 'ecs', OWN, NEW, { startCommand: '["node","a.mjs"]' }],
] as const)('%s', (_what, text, kind, from, to, change) => {
  expect(startCommandOf(text, kind, undefined, { from, to })).toEqual(change);
});
