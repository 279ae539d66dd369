import { expect, it } from 'vitest';
import { readInputs } from '../../../src/actions/rollback/inputs.ts';
import { action } from '../../../src/actions/rollback/interface.ts';
import { Inputs } from '../../../src/runtime/inputs.ts';

function read(given: Readonly<Record<string, string>>) {
  const values: Readonly<Record<string, string>> = { 'release-bucket': 'my-backup', ...given };
  return readInputs(new Inputs(action, (name) => values[name] ?? ''));
}

it.each([
  ['short', 'short'],
  ['two\n  lines\t', 'two lines'],
  ['x'.repeat(500), 'x'.repeat(500)],
  // Nobody counts letters in a fire: it is cut, and never refused.
  ['x'.repeat(501), `${'x'.repeat(499)}…`],
  ['y'.repeat(100_000), `${'y'.repeat(499)}…`],
])('a reason is one line of at most 500 characters (%#)', (reason, kept) => {
  expect(read({ reason }).reason).toBe(kept);
});
