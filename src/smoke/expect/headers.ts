import type { Field } from '../../runtime/document/field.ts';
import type { Scope } from '../document/scope.ts';
import { headerOf } from '../http/answer.ts';
import { shownAddress } from '../http/shown-address.ts';
import { type Expectation, excerpt } from './expectation.ts';
import { judgeConditions } from './judge.ts';
import { readConditions } from './matcher.ts';

/** A header's name as HTTP allows it: RFC 9110, section 5.6.2. */
export const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/** Headers whose value is an address. */
const ADDRESSES = /^(?:(?:content-)?location|refresh|link)$/;

const shown = (header: string, value: string) => (ADDRESSES.test(header) ? shownAddress(value) : value);

export function readHeaders(field: Field, scope: Scope): Expectation[] {
  return [...(field.members() ?? [])].flatMap(([name, member]) => {
    if (!HEADER_NAME.test(name)) {
      member.mistake('is not the name of a header', 'key');
      return [];
    }
    const conditions = readConditions(member, scope, 'text');
    const key = name.toLowerCase();
    if (!conditions) return [];
    const expectation: Expectation = {
      key: 'headers',
      header: key,
      captures: conditions.flatMap((condition) => condition.captures),
      needsBody: false,
      samples: 1,
      judge: (evidence) => {
        const value = headerOf(evidence.answer, key);
        const got =
          value === undefined ? 'no such header' : excerpt(JSON.stringify(shown(key, value)), evidence.hide);
        return judgeConditions(`header ${key}`, conditions, [value], got, evidence);
      },
    };
    return [expectation];
  });
}
