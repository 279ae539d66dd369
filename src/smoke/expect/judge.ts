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
  evidence: Pick<Evidence, 'captured' | 'hide' | 'time'>,
): Assertion[] {
  return conditions.map((condition) => {
    const answers = condition.holds(values, evidence.captured, evidence.time);
    return {
      line: condition.line,
      column: condition.column,
      what,
      ok: !('wrong' in answers) && answers.every(Boolean),
      expected: excerpt(condition.expected(evidence.captured), evidence.hide),
      got: 'wrong' in answers ? answers.wrong : got,
    };
  });
}
