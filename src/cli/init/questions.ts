import type { Ask } from '../local-command.ts';
import type { Account } from './account.ts';
import type { Draft, Given } from './draft.ts';

/** Asks for what neither flags nor the account have said, and gives back what is known now. */
export async function askForMissing(draft: Draft, given: Given, account: Account, ask: Ask): Promise<Given> {
  const more: Record<'services' | 'repositories' | 'buckets' | 'distributions', string[]> = {
    services: [],
    repositories: [],
    buckets: [],
    distributions: [],
  };
  for (const part of draft.parts) {
    const { name } = part.found;
    const put = async (
      list: string[],
      value: string | undefined,
      question: string,
      choices: readonly string[],
    ) => {
      if (value) return;
      const answer = await ask(`${question} of ${name}${hint(choices)} (empty: later)`);
      if (answer) list.push(`${name}=${answer}`);
    };
    if (part.kind === 'service') {
      await put(
        more.services,
        part.service,
        'ARN of the service',
        account.services.map(({ arn }) => arn),
      );
      await put(more.repositories, part.repository, 'ECR repository', account.repositories);
    } else {
      await put(
        more.buckets,
        part.bucket,
        'S3 bucket',
        account.distributions.map(({ bucket }) => bucket),
      );
      await put(
        more.distributions,
        part.distribution,
        'CloudFront distribution',
        account.distributions.map(({ id }) => id),
      );
    }
  }
  const region = draft.region ? given.region : await ask('AWS region (empty: later)');
  const role = draft.role
    ? given.role
    : await ask('ARN of the role that the workflow assumes (empty: later)');
  return {
    ...given,
    region,
    role,
    services: [...given.services, ...more.services],
    repositories: [...given.repositories, ...more.repositories],
    buckets: [...given.buckets, ...more.buckets],
    distributions: [...given.distributions, ...more.distributions],
  };
}

const hint = (choices: readonly string[]) =>
  choices.length > 0 ? `, such as ${choices.slice(0, 5).join(', ')}` : '';
