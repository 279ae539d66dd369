import { expect, test } from 'vitest';
import type { AppRunnerService } from '../../../src/aws/apprunner.ts';
import { refuseSource } from '../../../src/parts/service/targets/apprunner-source.ts';
import { appRunnerUpdate } from '../../../src/parts/service/targets/apprunner-update.ts';

const ECR = '123456789012.dkr.ecr.us-west-2.amazonaws.com/api:1';
const PUBLIC = 'public.ecr.aws/aws-containers/hello-app-runner:latest';
const ROLE = 'arn:aws:iam::123456789012:role/pull';
const service = (type: 'ECR' | 'ECR_PUBLIC', image: string, role?: string): AppRunnerService =>
  ({
    SourceConfiguration: {
      ...(role ? { AuthenticationConfiguration: { AccessRoleArn: role } } : {}),
      ImageRepository: { ImageRepositoryType: type, ImageIdentifier: image },
    },
  }) as unknown as AppRunnerService;
const spec = (image: string, accessRole?: string) => ({ image, accessRole, variables: {}, secrets: {} });

test.each([
  ['its own image in place of the first one', service('ECR_PUBLIC', PUBLIC), spec(ECR, ROLE), 'ECR', ROLE],
  ['back to the public one', service('ECR', ECR, ROLE), spec(PUBLIC, ROLE), 'ECR_PUBLIC', undefined],
  ['the next image', service('ECR', ECR, ROLE), spec(ECR, ROLE), 'ECR', ROLE],
])('the source changes with the image: %s', (_name, now, wanted, type, role) => {
  expect(() => refuseSource(now, wanted)).not.toThrow();
  const { SourceConfiguration: sent } = appRunnerUpdate(now, spec('x'), wanted, undefined);
  expect(sent?.ImageRepository).toMatchObject({ ImageRepositoryType: type, ImageIdentifier: wanted.image });
  expect(sent?.AuthenticationConfiguration?.AccessRoleArn).toBe(role);
});

test('a private image without a role, and one from elsewhere, are refused', () => {
  expect(() => refuseSource(service('ECR_PUBLIC', PUBLIC), spec(ECR))).toThrow(/input `access-role`/);
  expect(() => refuseSource(service('ECR', ECR, ROLE), spec('docker.io/library/nginx:1'))).toThrow(
    /cannot pull from/,
  );
});
