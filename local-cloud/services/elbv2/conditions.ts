import { BlockList, isIPv6 } from 'node:net';
import type { Asked } from '../../images/routing.ts';
import type { QueryStringKeyValuePair, RuleCondition } from '../shapes/inputs/elbv2.ts';

/**
 * Whether a rule's conditions hold for a request: all of them, each with one of its values (ELB user guide, "Condition types
 * for listener rules"). `*` stands for any characters, `?` for one; paths, methods and their values keep their case.
 */
export function matches(conditions: readonly RuleCondition[], asked: Asked): boolean {
  return conditions.every((condition) => holds(condition, asked));
}

function holds(condition: RuleCondition, asked: Asked): boolean {
  const [path = '/', query = ''] = asked.url.split(/\?(.*)/s);
  switch (condition.Field) {
    case 'path-pattern':
      return oneOf(condition, condition.PathPatternConfig, path, '');
    case 'host-header':
      return oneOf(condition, condition.HostHeaderConfig, hostOf(asked), 'i');
    case 'http-header': {
      const value = asked.headers[(condition.HttpHeaderConfig?.HttpHeaderName ?? '').toLowerCase()];
      const texts = value === undefined ? [] : [value].flat();
      return texts.some((text) => oneOf(condition, condition.HttpHeaderConfig, text, 'i'));
    }
    case 'http-request-method':
      return (condition.HttpRequestMethodConfig?.Values ?? condition.Values ?? []).includes(asked.method);
    case 'query-string':
      return (condition.QueryStringConfig?.Values ?? []).some((wanted) => inQuery(wanted, query));
    case 'source-ip':
      return (condition.SourceIpConfig?.Values ?? []).some((cidr) => inRange(cidr, asked.address));
    default:
      return false;
  }
}

type Valued = Pick<RuleCondition, 'Values' | 'RegexValues'>;

/** By wildcard values, of the condition or of its own configuration; or by regular expressions. */
function oneOf(condition: RuleCondition, config: Valued | undefined, text: string, flags: string): boolean {
  const regular: string[] = config?.RegexValues ?? condition.RegexValues ?? [];
  if (regular.some((one) => new RegExp(one).test(text))) return true;
  const values: string[] = config?.Values ?? condition.Values ?? [];
  return values.some((value) => wildcard(value, flags).test(text));
}

function wildcard(pattern: string, flags: string): RegExp {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`);
}

const hostOf = (asked: Asked): string => (asked.headers.host ?? '').replace(/:\d+$/, '');

function inQuery({ Key, Value = '' }: QueryStringKeyValuePair, query: string): boolean {
  return [...new URLSearchParams(query)].some(
    ([key, value]) => (Key === undefined || wildcard(Key, 'i').test(key)) && wildcard(Value, 'i').test(value),
  );
}

function inRange(cidr: string, address: string): boolean {
  const [network = '', bits = '32'] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(network, Number(bits), isIPv6(network) ? 'ipv6' : 'ipv4');
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
