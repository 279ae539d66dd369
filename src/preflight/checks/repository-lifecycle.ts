import type { GetLifecyclePolicyResponse } from '@aws-sdk/client-ecr';
import { advice, type Finding, fromError, ok, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** Releases that a rollback can go back to, by default (`keep-releases` of deploy-frontend). */
const KEEP = 20;

/** A rollback needs its image. */
export const repositoryLifecycle: Check = {
  id: 'repository-lifecycle',
  title: 'ECR lifecycle',
  applies: ({ repository }) => repository !== undefined,
  async run({ repository }, { aws }) {
    const { name = '', account } = repository ?? {};
    try {
      const answer = await aws.json<GetLifecyclePolicyResponse>('ecr', 'GetLifecyclePolicy', {
        ...(account ? { registryId: account } : {}),
        repositoryName: name,
      });
      return judgeLifecycle(answer.lifecyclePolicyText ?? '{}');
    } catch (error) {
      return [
        fromError(error, 'ecr:GetLifecyclePolicy', () =>
          advice(
            'no lifecycle policy: every image is kept, and paid for, for ever',
            `keep the newest 100, for example: aws ecr put-lifecycle-policy --repository-name ${name} --lifecycle-policy-text '{"rules":[{"rulePriority":1,"selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":100},"action":{"type":"expire"}}]}'`,
          ),
        ),
      ];
    }
  },
};

interface Rule {
  selection?: { tagStatus?: string; countType?: string; countNumber?: number };
}

/** Untagged images are no releases: push-image tags each one. */
export function judgeLifecycle(text: string): Finding[] {
  const { rules = [] } = JSON.parse(text) as { rules?: Rule[] };
  const risky = rules.filter(({ selection: s }) => s?.tagStatus !== 'untagged');
  const few = risky.find(
    ({ selection: s }) => s?.countType === 'imageCountMoreThan' && (s.countNumber ?? 0) < KEEP,
  );
  if (few)
    return [
      wrong(
        `only the newest ${few.selection?.countNumber} images are kept, and ${KEEP} releases can be gone back to`,
        `raise countNumber to ${KEEP * 5}`,
      ),
    ];
  const aged = risky.find(({ selection: s }) => s?.countType === 'sinceImagePushed');
  if (aged)
    return [
      advice(
        `images are deleted by age (${aged.selection?.countNumber} days), also the one that runs when nothing was deployed for so long`,
        'expire by count (imageCountMoreThan), not by age',
      ),
    ];
  return [ok('it keeps the images that releases need')];
}
