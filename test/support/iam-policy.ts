import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from '@cdktf/hcl2json';
import { root } from './dist.ts';

export type Target = 'apprunner' | 'ecs' | 'ecs-express';
interface Statement {
  readonly actions: readonly string[];
}
interface Document {
  readonly statement?: readonly Statement[];
  readonly dynamic?: {
    readonly statement?: ReadonlyArray<{ readonly for_each: string; readonly content: readonly Statement[] }>;
  };
}

/** What the conditions of `infra/terraform/github.tf` say of a target; a form that is not known here is an error. */
function applies(condition: string, target: Target): boolean {
  const text = condition.replace(/^\$\{|\}$/g, '');
  const equal = /^var\.target == "([\w-]+)" \? (\[1\]|\[\]) : (?:\[1\]|\[\])$/.exec(text);
  if (equal) return (equal[1] === target) === (equal[2] === '[1]');
  const among = /^contains\(\[([^\]]*)\], var\.target\) \? \[1\] : \[\]$/.exec(text);
  if (among) return among[1]?.includes(`"${target}"`) === true;
  if (text === 'length(var.secret_names) > 0 ? [1] : []') return true;
  throw new Error(`a condition that test/support/iam-policy.ts does not know: ${text}`);
}

/** The IAM actions that a role of GitHub's jobs is granted for a service on `target`. */
export async function grantedActions(role: 'plan' | 'deploy', target: Target): Promise<ReadonlySet<string>> {
  const file = 'infra/terraform/github.tf';
  const parsed = (await parse(file, readFileSync(join(root, file), 'utf8'))) as {
    data: { aws_iam_policy_document: Record<string, readonly Document[]> };
  };
  const actionsOf = (name: string) => {
    const [document = {}] = parsed.data.aws_iam_policy_document[name] ?? [];
    const conditional = (document.dynamic?.statement ?? []).filter((one) => applies(one.for_each, target));
    return [...(document.statement ?? []), ...conditional.flatMap((one) => one.content)].flatMap(
      (statement) => statement.actions,
    );
  };
  // `deploy` takes in `plan` by source_policy_documents.
  return new Set([...actionsOf('plan'), ...(role === 'deploy' ? actionsOf('deploy') : [])]);
}
