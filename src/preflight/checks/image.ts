import type { DescribeImagesResponse } from '@aws-sdk/client-ecr';
import { advice, fromError, ok, unknown, wrong } from '../finding.ts';
import type { Check } from '../preflight.ts';

/** The image to be deployed. */
export const image: Check = {
  id: 'image',
  title: 'Image',
  applies: (config) => config.image !== undefined,
  async run({ image: wanted }, { aws }) {
    const { repository = '', account, tag = 'latest', digest } = wanted ?? {};
    const name = `${repository}${digest ? `@${digest}` : `:${tag}`}`;
    try {
      const answer = await aws.json<DescribeImagesResponse>('ecr', 'DescribeImages', {
        ...(account ? { registryId: account } : {}),
        repositoryName: repository,
        imageIds: [digest ? { imageDigest: digest } : { imageTag: tag }],
      });
      const found = answer.imageDetails?.[0];
      if (!found) return [unknown(`ECR said nothing about ${name}`)];
      return [
        ok(`${name} is ${found.imageDigest ?? 'there'}`),
        ...(tag === 'latest' && !digest
          ? [
              advice(
                'it is named by the tag latest, which says nothing about what it is',
                'deploy the `image` output of push-image, which is a digest',
              ),
            ]
          : []),
      ];
    } catch (error) {
      return [
        fromError(error, 'ecr:DescribeImages', () =>
          wrong(`there is no image ${name}`, 'push it first, with the action push-image'),
        ),
      ];
    }
  },
};
