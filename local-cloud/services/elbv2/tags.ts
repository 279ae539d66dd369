import type { CloudRequest } from '../../core/service.ts';
import type { Input } from '../shapes/modelled.ts';
import { type ElbStore, refuse } from './store.ts';

/** Tags are those that a resource was made with. */
export function tagOperations(store: ElbStore) {
  const tagsOf = (arn: string, request: CloudRequest): readonly Input[] => {
    const made = store.balancers.get(arn) ?? store.listeners.get(arn) ?? store.groups.get(arn);
    if (made?.region === request.region) return made.input.Tags ?? [];
    const rule = store.rules.get(arn);
    if (rule?.region === request.region) return rule.tags;
    throw refuse('LoadBalancerNotFound', `The resource '${arn}' was not found`);
  };
  return {
    DescribeTags: {
      resource: (input: Input) => input.ResourceArns.join(','),
      run: (input: Input, request: CloudRequest) => ({
        TagDescriptions: input.ResourceArns.map((arn: string) => ({
          ResourceArn: arn,
          Tags: tagsOf(arn, request),
        })),
      }),
    },
  };
}
