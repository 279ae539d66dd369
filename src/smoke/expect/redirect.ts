import type { Field } from '../../runtime/document/field.ts';
import type { Scope } from '../document/scope.ts';
import { headerOf } from '../http/answer.ts';
import { shownAddress } from '../http/shown-address.ts';
import { type Expectation, excerpt } from './expectation.ts';
import { judgeConditions } from './judge.ts';
import { readConditions } from './matcher.ts';

/** Where the answer redirects to, as an absolute address; the request does not follow it. */
export function readRedirect(field: Field, scope: Scope): Expectation[] {
  const conditions = readConditions(field, scope, 'text');
  if (!conditions) return [];
  return [
    {
      key: 'redirect',
      captures: conditions.flatMap((condition) => condition.captures),
      needsBody: false,
      samples: 1,
      judge: (evidence) => {
        const { answer, hide } = evidence;
        const location = headerOf(answer, 'location');
        const target = location === undefined ? undefined : absolute(location, answer.url);
        const got =
          target === undefined
            ? `status ${answer.status} and no location`
            : excerpt(shownAddress(target), hide);
        return judgeConditions('redirect to', conditions, [target], got, evidence);
      },
    },
  ];
}

function absolute(location: string, base: string): string {
  try {
    return new URL(location, base).href;
  } catch {
    return location;
  }
}
