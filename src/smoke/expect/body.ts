import type { Field } from '../../runtime/document/field.ts';
import type { Scope } from '../document/scope.ts';
import { textOf } from '../http/answer.ts';
import { type Expectation, excerpt, quoted } from './expectation.ts';
import { judgeConditions } from './judge.ts';
import { readConditions } from './matcher.ts';

export function readBody(field: Field, scope: Scope): Expectation[] {
  const conditions = readConditions(field, scope, 'text');
  if (!conditions) return [];
  return [
    {
      key: 'body',
      captures: conditions.flatMap((condition) => condition.captures),
      needsBody: true,
      samples: 1,
      judge: (evidence) => {
        const text = textOf(evidence.answer);
        const cut = evidence.answer.cut ? ' (cut at 10 MB)' : '';
        const got = text === '' ? 'an empty body' : `${excerpt(quoted(text), evidence.hide)}${cut}`;
        return judgeConditions('body', conditions, [text], got, evidence);
      },
    },
  ];
}
