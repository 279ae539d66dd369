import type { DescribeRepositoriesResponse, Repository } from '@aws-sdk/client-ecr';
import { advice, expectThat, type Finding, fromError, ok, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** Where images go: tags that cannot move, a scan, and no rule that takes what a rollback needs. */
export const repository: Check = {
  id: 'repository',
  title: 'ECR repository',
  applies: ({ repository: place }) => place !== undefined,
  async run({ repository: place }, { aws }) {
    const { name = '', account } = place ?? {};
    const registry = account ? { registryId: account } : {};
    try {
      const answer = await aws.json<DescribeRepositoriesResponse>('ecr', 'DescribeRepositories', {
        ...registry,
        repositoryNames: [name],
      });
      const found = answer.repositories?.[0] ?? {};
      return [ok(`${found.repositoryUri ?? name} is there`), ...judgeRepository(found)];
    } catch (error) {
      return [
        fromError(error, 'ecr:DescribeRepositories', () =>
          wrong(
            `there is no repository ${name}`,
            `aws ecr create-repository --repository-name ${name} --image-tag-mutability IMMUTABLE --image-scanning-configuration scanOnPush=true`,
          ),
        ),
      ];
    }
  },
};

export function judgeRepository({
  repositoryName: name,
  imageTagMutability,
  imageScanningConfiguration,
}: Repository): Finding[] {
  return [
    expectThat(
      String(imageTagMutability).startsWith('IMMUTABLE'),
      'tags cannot be moved',
      advice(
        'tags can be moved: what a tag names today may be another image tomorrow',
        `aws ecr put-image-tag-mutability --repository-name ${name} --image-tag-mutability IMMUTABLE`,
      ),
    ),
    expectThat(
      imageScanningConfiguration?.scanOnPush === true,
      'images are scanned',
      advice(
        'images are not scanned on push (unless the registry does it for all)',
        `aws ecr put-image-scanning-configuration --repository-name ${name} --image-scanning-configuration scanOnPush=true`,
      ),
    ),
  ];
}
