import type { CloudRequest } from '../../core/service.ts';
import { isObject } from '../../core/shape.ts';
import type { Inputs } from '../shapes/inputs/ecr.ts';
import type { Ecr, Named } from './call.ts';
import { lifecycleProblem } from './lifecycle.ts';

/** Kept and given back, not acted on: the policies of a repository, and its tags. */
export function policyOperations(ecr: Ecr) {
  const { context, find, refuse } = ecr;
  const resource = (input: { readonly repositoryName?: string; readonly resourceArn?: string }) =>
    input.repositoryName ?? input.resourceArn;
  const base = (name: string) => ({ registryId: context.account, repositoryName: name });
  const json = (text: string, member: string) => {
    const bad = (why: string) =>
      refuse(
        'InvalidParameterException',
        `Invalid parameter at '${member}' failed to satisfy constraint: '${why}'`,
      );
    let policy: unknown;
    try {
      policy = JSON.parse(text);
    } catch {
      throw bad('Invalid JSON');
    }
    if (!isObject(policy) || policy['Statement'] === undefined)
      throw bad('Invalid repository policy provided');
    return text;
  };
  const policy = (input: Named, request: CloudRequest) => {
    const name = input.repositoryName;
    const repository = find(input, request);
    if (repository.policy !== undefined) return { repository, text: repository.policy };
    throw refuse(
      'RepositoryPolicyNotFoundException',
      `Repository policy does not exist for the repository with name '${name}' in the registry with id '${context.account}'`,
    );
  };
  const lifecycle = (input: Named, request: CloudRequest) => {
    const name = input.repositoryName;
    const repository = find(input, request);
    if (repository.lifecyclePolicy !== undefined) return { repository, text: repository.lifecyclePolicy };
    throw refuse(
      'LifecyclePolicyNotFoundException',
      `Lifecycle policy does not exist for the repository with name '${name}' in the registry with id '${context.account}'`,
    );
  };
  return {
    SetRepositoryPolicy: {
      resource,
      run: (input: Inputs['SetRepositoryPolicy'], request: CloudRequest) => {
        const repository = find(input, request);
        repository.policy = json(input.policyText, 'PolicyText');
        return { ...base(repository.name), policyText: repository.policy };
      },
    },
    GetRepositoryPolicy: {
      resource,
      run: (input: Inputs['GetRepositoryPolicy'], request: CloudRequest) => ({
        ...base(input.repositoryName),
        policyText: policy(input, request).text,
      }),
    },
    DeleteRepositoryPolicy: {
      resource,
      run: (input: Inputs['DeleteRepositoryPolicy'], request: CloudRequest) => {
        const { repository, text } = policy(input, request);
        delete repository.policy;
        return { ...base(repository.name), policyText: text };
      },
    },
    PutLifecyclePolicy: {
      resource,
      run: (input: Inputs['PutLifecyclePolicy'], request: CloudRequest) => {
        const repository = find(input, request);
        const problem = lifecycleProblem(input.lifecyclePolicyText);
        if (problem)
          throw refuse(
            'InvalidParameterException',
            `Invalid parameter at 'LifecyclePolicyText' failed to satisfy constraint: 'Lifecycle policy validation failure: ${problem}'`,
          );
        repository.lifecyclePolicy = input.lifecyclePolicyText;
        return { ...base(repository.name), lifecyclePolicyText: repository.lifecyclePolicy };
      },
    },
    GetLifecyclePolicy: {
      resource,
      run: (input: Inputs['GetLifecyclePolicy'], request: CloudRequest) => ({
        ...base(input.repositoryName),
        lifecyclePolicyText: lifecycle(input, request).text,
        lastEvaluatedAt: new Date(0),
      }),
    },
    DeleteLifecyclePolicy: {
      resource,
      run: (input: Inputs['DeleteLifecyclePolicy'], request: CloudRequest) => {
        const { repository, text } = lifecycle(input, request);
        delete repository.lifecyclePolicy;
        return { ...base(repository.name), lifecyclePolicyText: text, lastEvaluatedAt: new Date(0) };
      },
    },
    TagResource: {
      resource,
      run: (input: Inputs['TagResource']) => {
        const repository = ecr.byArn(input.resourceArn);
        for (const tag of input.tags) repository.resourceTags[tag.Key] = tag.Value;
      },
    },
    UntagResource: {
      resource,
      run: (input: Inputs['UntagResource']) => {
        const repository = ecr.byArn(input.resourceArn);
        for (const key of input.tagKeys) delete repository.resourceTags[key];
      },
    },
    ListTagsForResource: {
      resource,
      run: (input: Inputs['ListTagsForResource']) => ({
        tags: Object.entries(ecr.byArn(input.resourceArn).resourceTags).map(([Key, Value]) => ({
          Key,
          Value,
        })),
      }),
    },
  };
}
