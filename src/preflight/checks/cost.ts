import type { ListTagsForResourceResponse } from '@aws-sdk/client-apprunner';
import { xmlAt } from '../../aws/xml.ts';
import type { BackendPlace } from '../config.ts';
import { advice, type Finding, fromError, ok, unknown } from '../finding.ts';
import { appRunnerArn, ecsService } from '../places.ts';
import type { Check, PreflightPorts } from '../preflight.ts';

interface Budgets {
  Budgets?: { BudgetName?: string; BudgetLimit?: { Amount?: string; Unit?: string } }[];
}

/** A budget that warns, and tags that a bill can be split by. */
export const cost: Check = {
  id: 'cost',
  title: 'Costs',
  applies: (config) => config.cost,
  async run({ backend }, ports) {
    return [await budget(ports), ...(backend ? [await tags(ports, backend)] : [])];
  },
};

async function budget({ aws }: PreflightPorts): Promise<Finding> {
  const none = advice(
    'the account has no budget: nobody is told when the bill grows',
    'aws budgets create-budget --account-id <account> --budget "BudgetName=monthly,BudgetLimit={Amount=100,Unit=USD},TimeUnit=MONTHLY,BudgetType=COST" --notifications-with-subscribers …',
  );
  try {
    const caller = await aws.query('STS', 'GetCallerIdentity', {});
    const AccountId = xmlAt(caller, 'GetCallerIdentityResult', 'Account');
    const { Budgets: found = [] } = await aws.json<Budgets>('budgets', 'DescribeBudgets', {
      AccountId,
      MaxResults: 10,
    });
    const [first] = found;
    if (!first) return none;
    return ok(
      `the budget ${first.BudgetName} is ${first.BudgetLimit?.Amount ?? '?'} ${first.BudgetLimit?.Unit ?? ''}`.trim(),
    );
  } catch (error) {
    return fromError(error, 'budgets:ViewBudget', () => none);
  }
}

async function tags({ aws }: PreflightPorts, backend: BackendPlace): Promise<Finding> {
  const isAppRunner = backend.target === 'apprunner';
  try {
    const arn = isAppRunner ? await appRunnerArn(aws, backend) : (await ecsService(aws, backend))?.serviceArn;
    if (!arn) return unknown('the service was not found');
    const input = isAppRunner ? { ResourceArn: arn } : { resourceArn: arn };
    const answer = await aws.json<ListTagsForResourceResponse & { tags?: { key?: string }[] }>(
      isAppRunner ? 'appRunner' : 'ecs',
      'ListTagsForResource',
      input,
    );
    const keys = [...(answer.Tags ?? []).map(({ Key }) => Key), ...(answer.tags ?? []).map(({ key }) => key)];
    if (keys.length > 0) return ok(`the service is tagged (${keys.join(', ')})`);
    return advice(
      'the service has no tags: the bill cannot be split by project or environment',
      `tag it with project and environment, and activate both as cost allocation tags: aws ${isAppRunner ? 'apprunner' : 'ecs'} tag-resource --resource-arn ${arn} --tags …`,
    );
  } catch (error) {
    return fromError(error, `${isAppRunner ? 'apprunner' : 'ecs'}:ListTagsForResource`, () =>
      unknown('the service was not found'),
    );
  }
}
