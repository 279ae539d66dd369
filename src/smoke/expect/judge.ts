import type { Json } from '../json.ts';
import type { Assertion, Evidence } from './expectation.ts';
import { excerpt } from './expectation.ts';
import type { Condition } from './matcher.ts';

/** Each condition must hold for every value; one assertion a condition. */
export function judgeConditions(
  what: string,
  conditions: readonly Condition[],
  values: readonly (Json | undefined)[],
  got: string,
  evidence: Pick<Evidence, 'captured' | 'hide'>,
): Assertion[] {
  return conditions.map((condition) => {
    const answers = values.map((value) => condition.holds(value, evidence.captured));
    const wrong = answers.find((answer) => typeof answer === 'object');
    return {
      line: condition.line,
      column: condition.column,
      what,
      ok: answers.every((answer) => answer === true),
      expected: excerpt(condition.expected(evidence.captured), evidence.hide),
      got: typeof wrong === 'object' ? wrong.wrong : got,
    };
  });
}
