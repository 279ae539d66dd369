import type { AppRunnerService } from '../../../aws/apprunner.ts';
import { refused } from '../../../runtime/errors.ts';
import { parseImageRef } from '../plan/image-ref.ts';
import type { BackendSpec } from '../plan/spec.ts';

/** App Runner runs images of ECR and of ECR Public: https://docs.aws.amazon.com/apprunner/latest/api/API_ImageRepository.html */
export const sourceTypeOf = (image: string): 'ECR' | 'ECR_PUBLIC' =>
  image.startsWith('public.ecr.aws/') ? 'ECR_PUBLIC' : 'ECR';

/** Whether a service moves from a public image, such as the placeholder that it was made with, to a private one. */
export const leavesPublic = (images: { readonly from: string; readonly to: string }): boolean =>
  sourceTypeOf(images.from) === 'ECR_PUBLIC' && sourceTypeOf(images.to) === 'ECR';

/**
 * A service may change from the one kind of registry to the other, as from the image that it was made with to its own. A
 * private repository needs a role that may read it.
 * @throws ActionError `refused`.
 */
export function refuseSource(
  service: AppRunnerService,
  wanted: Pick<BackendSpec, 'image' | 'accessRole'>,
): void {
  const { kind, registry } = parseImageRef(wanted.image);
  if (kind === 'other') {
    throw refused({
      input: 'image',
      what: 'is in a registry that App Runner cannot pull from',
      found: registry,
      fix: 'push it to ECR, for example with push-image',
    });
  }
  const now = service.SourceConfiguration?.ImageRepository?.ImageRepositoryType ?? 'ECR';
  if (kind === 'ecr-public' || now === 'ECR' || wanted.accessRole) return;
  throw refused({
    input: 'access-role',
    what: 'the service has no access role, and App Runner pulls from a private repository with it',
    found: registry,
    fix: 'set `access-role` to the ARN of a role that build.apprunner.amazonaws.com may assume, with AWSAppRunnerServicePolicyForECRAccess',
  });
}
