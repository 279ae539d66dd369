import type { AppRunnerService } from '../../aws/apprunner.ts';
import { refused } from '../../runtime/errors.ts';
import { parseImageRef } from '../image-ref.ts';

/**
 * App Runner runs images of ECR and of ECR Public, and a service has one of the two as its source:
 * https://docs.aws.amazon.com/apprunner/latest/api/API_ImageRepository.html
 */
export function refuseSource(service: AppRunnerService, image: string): void {
  const { kind, registry } = parseImageRef(image);
  const type = service.SourceConfiguration?.ImageRepository?.ImageRepositoryType ?? 'ECR';
  const no = (what: string, fix: string) =>
    refused({ input: 'image', what, found: `${registry}; the service's source is ${type}`, fix });
  if (kind === 'other') {
    throw no(
      'is in a registry that App Runner cannot pull from',
      'push it to ECR, for example with push-image',
    );
  }
  if ((kind === 'ecr-public') !== (type === 'ECR_PUBLIC')) {
    throw no(
      'is not in the kind of registry that the service has as its source',
      'change the source of the service once, by hand; or use an image where the present one is',
    );
  }
}
