import { describe, expect, test } from 'vitest';
import { parseImageRef, shortImage } from '../../../src/parts/service/plan/image-ref.ts';
import { parseServiceRef } from '../../../src/parts/service/plan/service-ref.ts';

const RUNNER = 'arn:aws:apprunner:us-west-2:123456789012:service/api/8fe1e10304f84fd2b0df550fe98a71fa';
const ECS = 'arn:aws:ecs:eu-central-1:123456789012:service/main/api';
const refer = (service: string, target = 'auto', cluster = '') =>
  parseServiceRef({ service, target: target as 'auto', cluster });

describe('the service', () => {
  test.each([
    [RUNNER, 'auto', '', { target: 'apprunner', name: 'api', region: 'us-west-2', targetGiven: false }],
    [RUNNER, 'apprunner', '', { target: 'apprunner', targetGiven: true }],
    [ECS, 'auto', '', { target: 'ecs', name: 'api', cluster: 'main', region: 'eu-central-1' }],
    [ECS, 'ecs-express', '', { target: 'ecs-express', name: 'api', cluster: 'main' }],
    [ECS, 'ecs', 'main', { target: 'ecs', cluster: 'main' }],
    ['arn:aws:ecs:us-east-1:123456789012:service/old', 'auto', 'main', { name: 'old', cluster: 'main' }],
    ['arn:aws:ecs:us-east-1:123456789012:service/old', 'auto', '', { name: 'old', cluster: 'default' }],
    ['arn:aws-cn:ecs:cn-north-1:123456789012:service/a/b', 'auto', '', { region: 'cn-north-1' }],
    ['api', 'apprunner', '', { target: 'apprunner', name: 'api', targetGiven: true }],
    ['api', 'ecs', '', { target: 'ecs', name: 'api', cluster: 'default' }],
    ['api', 'ecs', 'arn:aws:ecs:us-east-1:123456789012:cluster/x', { cluster: 'x' }],
  ])('%s, target %s, cluster %j', (service, target, cluster, expected) => {
    expect(refer(service, target, cluster)).toMatchObject(expected);
  });

  test.each([
    ['api', 'auto', '', /a name alone does not say what runs it/],
    ['my service', 'ecs', '', /neither an ARN nor a service name/],
    [
      'arn:aws:apprunner:us-west-2:123456789012:service/api',
      'auto',
      '',
      /not the ARN of an App Runner or ECS service/,
    ],
    ['arn:aws:s3:::bucket', 'auto', '', /not the ARN of a service/],
    ['arn:aws:lambda:us-west-2:123456789012:service/x/y', 'auto', '', /not the ARN of an App Runner or ECS/],
    ['arn:aws:ecs:us-west-2:123456789012:cluster/x', 'auto', '', /not the ARN of a service/],
    ['arn:aws:ecs::123456789012:service/x/y', 'auto', '', /no valid region/],
    ['arn:aws:ecs:us-west-2:123:service/x/y', 'auto', '', /12-digit account/],
    ['arn:aws:ecs:us-west-2:123456789012:service//y', 'auto', '', /not the ARN of a service/],
    [RUNNER, 'ecs', '', /does not fit the service/],
    [ECS, 'apprunner', '', /does not fit the service/],
    [RUNNER, 'auto', 'main', /no meaning for App Runner/],
    ['api', 'apprunner', 'main', /no meaning for App Runner/],
    [ECS, 'auto', 'other', /not the cluster that the ARN/],
  ])('refuses %s, target %s, cluster %j', (service, target, cluster, message) => {
    expect(() => refer(service, target, cluster)).toThrow(message);
  });
});

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('the image', () => {
  test.each([
    [
      `123456789012.dkr.ecr.us-west-2.amazonaws.com/team/api@${DIGEST}`,
      { kind: 'ecr', account: '123456789012', region: 'us-west-2', repository: 'team/api', digest: DIGEST },
    ],
    ['123456789012.dkr.ecr.us-west-2.amazonaws.com/api:v1', { kind: 'ecr', tag: 'v1', digest: undefined }],
    [
      '123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/api',
      { kind: 'ecr', region: 'cn-north-1', tag: undefined },
    ],
    ['123456789012.dkr-ecr.us-west-2.on.aws/api:v1', { kind: 'ecr', region: 'us-west-2' }],
    [`127.0.0.1:4566/api:v1@${DIGEST}`, { kind: 'ecr', account: undefined, tag: 'v1', digest: DIGEST }],
    ['localhost:5000/api', { kind: 'ecr', registry: 'localhost:5000' }],
    ['public.ecr.aws/nginx/nginx:1', { kind: 'ecr-public', repository: 'nginx/nginx' }],
    ['ghcr.io/org/app:1', { kind: 'other' }],
  ])('%s', (text, expected) => {
    expect(parseImageRef(text)).toMatchObject(expected);
  });

  test.each([
    'nginx',
    'nginx:latest',
    'org/nginx',
    '',
    'https://ghcr.io/org/app',
    `ghcr.io/org/app@sha256:abc`,
    'ghcr.io/Org/App:1',
    'ghcr.io/org/app:',
    'ghcr.io/org/app: 1',
  ])('refuses %j', (text) => {
    expect(() => parseImageRef(text)).toThrow(/input `image`.*not an image reference/);
  });

  test('is short where a person reads it', () => {
    expect(shortImage(`127.0.0.1:4566/team/api@${DIGEST}`)).toBe('team/api@sha256:aaaaaaaaaaaa');
    expect(shortImage('127.0.0.1:4566/team/api:v1')).toBe('team/api:v1');
  });
});
