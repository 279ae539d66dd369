import { isObject } from '../../core/shape.ts';

/** Why a lifecycle policy is not one; `undefined` where it is (ECR user guide, "Lifecycle policy properties"). */
export function lifecycleProblem(text: string): string | undefined {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    return 'Invalid JSON';
  }
  const rules = isObject(policy) ? policy['rules'] : undefined;
  if (!Array.isArray(rules) || rules.length === 0) return 'rules must have one rule at least';
  if (rules.length > 50) return 'rules must have 50 rules at most';
  const priorities = rules.map((rule) => (isObject(rule) ? rule['rulePriority'] : undefined));
  if (new Set(priorities).size < rules.length) return 'rulePriority must be unique';
  const last = Math.max(...priorities.filter((one) => typeof one === 'number'));
  for (const rule of rules) {
    const problem = isObject(rule) ? ruleProblem(rule, last) : 'a rule must be an object';
    if (problem) return problem;
  }
  return undefined;
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 1;
const isList = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

function ruleProblem(rule: Readonly<Record<string, unknown>>, last: number): string | undefined {
  const { rulePriority, selection, action } = rule;
  if (!isCount(rulePriority)) return 'rulePriority must be a number from 1 on';
  if (!isObject(action) || action['type'] !== 'expire') return 'the action of a rule must be expire';
  if (!isObject(selection)) return 'a rule must have a selection';
  const { tagStatus, tagPrefixList, tagPatternList, countType, countUnit, countNumber } = selection;
  if (!['tagged', 'untagged', 'any'].includes(tagStatus as string))
    return 'tagStatus must be tagged, untagged or any';
  const lists = [tagPrefixList, tagPatternList].filter((one) => one !== undefined);
  if (tagStatus === 'tagged' && (lists.length !== 1 || !isList(lists[0])))
    return 'a rule with tagStatus tagged must have a tagPrefixList or a tagPatternList';
  if (tagStatus !== 'tagged' && lists.length > 0) return 'only a rule with tagStatus tagged names tags';
  if (tagStatus === 'any' && rulePriority !== last)
    return 'a rule with tagStatus any must have the highest rulePriority';
  if (!isCount(countNumber)) return 'countNumber must be a number from 1 on';
  if (countType === 'imageCountMoreThan')
    return countUnit === undefined ? undefined : 'countUnit goes with sinceImagePushed alone';
  if (countType !== 'sinceImagePushed') return 'countType must be imageCountMoreThan or sinceImagePushed';
  return countUnit === 'days' ? undefined : 'countUnit must be days with sinceImagePushed';
}
