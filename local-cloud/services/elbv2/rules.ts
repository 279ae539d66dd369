import type { CloudRequest } from '../../core/service.ts';
import type { Inputs, RuleCondition } from '../shapes/inputs/elbv2.ts';
import { page } from '../shapes/page.ts';
import { checkActions, shown } from './actions.ts';
import type { ListenerRule } from './model.ts';
import { type ElbStore, refuse } from './store.ts';
import type { Traffic } from './traffic.ts';

const describe = (rule: ListenerRule) => ({
  RuleArn: rule.arn,
  Priority: rule.priority === undefined ? 'default' : String(rule.priority),
  Conditions: rule.conditions.map(shownCondition),
  Actions: shown(rule.actions),
  IsDefault: rule.priority === undefined,
  Transforms: [],
});

/** Hosts and paths are told in both forms, whichever was given. */
function shownCondition(condition: RuleCondition): RuleCondition {
  const config = ({ 'path-pattern': 'PathPatternConfig', 'host-header': 'HostHeaderConfig' } as const)[
    condition.Field ?? ''
  ];
  if (!config) return condition;
  const values = condition[config]?.Values ?? condition.Values;
  return values
    ? { ...condition, Values: values, [config]: { ...condition[config], Values: values } }
    : condition;
}

/** Values that a rule may have in all its conditions, and the fields that it may have once (ELB user guide, "Condition types"). */
const MAX_VALUES = 5;
const ONCE: readonly string[] = ['host-header', 'path-pattern', 'http-request-method', 'source-ip'];

/** @throws ValidationError */
function checkConditions(conditions: readonly RuleCondition[]): void {
  if (conditions.length === 0) throw refuse('ValidationError', 'A condition must be specified');
  let count = 0;
  for (const condition of conditions) {
    const config = CONFIG[condition.Field ?? ''];
    if (!config)
      throw refuse(
        'ValidationError',
        `Condition field '${condition.Field}' must be one of '[${Object.keys(CONFIG).join(', ')}]'`,
      );
    const given: { readonly Values?: unknown; readonly RegexValues?: unknown } = condition[config] ?? {};
    const values = given.Values ?? given.RegexValues ?? condition.Values ?? condition.RegexValues;
    if (!Array.isArray(values) || values.length === 0)
      throw refuse('ValidationError', `A condition value must be specified for '${condition.Field}'`);
    count += values.length;
    if (
      ONCE.includes(condition.Field ?? '') &&
      conditions.some((one) => one !== condition && one.Field === condition.Field)
    )
      throw refuse('ValidationError', `A rule can have one condition of the field '${condition.Field}' only`);
  }
  if (count > MAX_VALUES)
    throw refuse('ValidationError', `A rule can only have '${MAX_VALUES}' condition values`);
}

/** Rewrites of what is asked for: with them a rule would do something else than what it says here. */
function checkTransforms({ Transforms: transforms = [] }: Pick<Inputs['CreateRule'], 'Transforms'>): void {
  if (transforms.length > 0)
    throw refuse('InvalidConfigurationRequest', 'The local cloud has no rule transforms');
}

type ConditionConfig = Exclude<keyof RuleCondition, 'Field' | 'Values' | 'RegexValues'>;

const CONFIG: Readonly<Record<string, ConditionConfig>> = {
  'http-header': 'HttpHeaderConfig',
  'http-request-method': 'HttpRequestMethodConfig',
  'host-header': 'HostHeaderConfig',
  'path-pattern': 'PathPatternConfig',
  'query-string': 'QueryStringConfig',
  'source-ip': 'SourceIpConfig',
};

export function ruleOperations(store: ElbStore, traffic: Traffic) {
  const resource = (input: { readonly RuleArn?: string; readonly ListenerArn?: string }) =>
    input.RuleArn ?? input.ListenerArn;
  const own = (arn: string, request: CloudRequest, verb: string): ListenerRule => {
    const rule = store.rule(arn, request);
    if (rule.priority === undefined)
      throw refuse('OperationNotPermitted', `Default rule '${arn}' cannot be ${verb}`);
    return rule;
  };
  return {
    CreateRule: {
      resource,
      run: (input: Inputs['CreateRule'], request: CloudRequest) => {
        const listener = store.listener(input.ListenerArn, request);
        checkTransforms(input);
        checkConditions(input.Conditions);
        checkActions(input.Actions, (arn) => store.group(arn, request));
        if (store.rulesOf(listener).some((one) => one.priority === input.Priority))
          throw refuse('PriorityInUse', `Priority '${input.Priority}' is currently in use`);
        const rule: ListenerRule = {
          arn: `${listener.arn.replace(':listener/', ':listener-rule/')}/${store.newId()}`,
          listenerArn: listener.arn,
          region: request.region,
          priority: input.Priority,
          conditions: input.Conditions,
          actions: input.Actions,
          tags: input.Tags ?? [],
        };
        store.rules.set(rule.arn, rule);
        traffic.route();
        return { Rules: [describe(rule)] };
      },
    },
    DescribeRules: {
      resource: (input: Inputs['DescribeRules']) => (input.RuleArns ?? [input.ListenerArn]).join(','),
      run: (input: Inputs['DescribeRules'], request: CloudRequest) => {
        if (!input.ListenerArn && !input.RuleArns?.length)
          throw refuse('ValidationError', 'You must specify either listener rule ARNs or a listener ARN');
        const all: ListenerRule[] = input.RuleArns?.length
          ? input.RuleArns.map((arn) => store.rule(arn, request))
          : store.rulesOf(store.listener(input.ListenerArn ?? '', request));
        const { items, next } = page(all, input.Marker, input.PageSize ?? 400, 'ValidationError');
        return { Rules: items.map(describe), NextMarker: next };
      },
    },
    ModifyRule: {
      resource,
      run: (input: Inputs['ModifyRule'], request: CloudRequest) => {
        const rule = own(input.RuleArn, request, 'modified');
        checkTransforms(input);
        if (input.Conditions) checkConditions(input.Conditions);
        if (input.Actions) checkActions(input.Actions, (arn) => store.group(arn, request));
        rule.conditions = input.Conditions ?? rule.conditions;
        rule.actions = input.Actions ?? rule.actions;
        traffic.route();
        return { Rules: [describe(rule)] };
      },
    },
    DeleteRule: {
      resource,
      run: (input: Inputs['DeleteRule'], request: CloudRequest) => {
        store.rules.delete(own(input.RuleArn, request, 'deleted').arn);
        traffic.route();
        return {};
      },
    },
  };
}
