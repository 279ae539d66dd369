import type { CloudRequest } from '../../core/service.ts';
import type { Inputs, Tag } from '../shapes/inputs/elbv2.ts';
import { type ElbStore, refuse } from './store.ts';

/** Tags are those that a resource was made with. */
export function tagOperations(store: ElbStore) {
  const tagsOf = (arn: string, request: CloudRequest): readonly Tag[] => {
    const made = store.balancers.get(arn) ?? store.listeners.get(arn) ?? store.groups.get(arn);
    if (made?.region === request.region) return made.input.Tags ?? [];
    const rule = store.rules.get(arn);
    if (rule?.region === request.region) return rule.tags;
    throw refuse('LoadBalancerNotFound', `The resource '${arn}' was not found`);
  };
  return {
    DescribeTags: {
      resource: (input: Inputs['DescribeTags']) => input.ResourceArns.join(','),
      run: (input: Inputs['DescribeTags'], request: CloudRequest) => ({
        TagDescriptions: input.ResourceArns.map((arn) => ({
          ResourceArn: arn,
          Tags: tagsOf(arn, request),
        })),
      }),
    },
  };
}
