import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ActionError } from '../../../src/runtime/errors.ts';
import { parseChecks } from '../../../src/smoke/index.ts';
import { root } from '../../support/dist.ts';
import { type Random, seeded } from '../../support/seeded.ts';

const ENV = {
  GITHUB_SHA: 'a'.repeat(40),
  API_URL: 'https://api.example.com',
  SMOKE_PASSWORD: 'never-to-be-shown',
};

/** The documented example and the example app's own file: between them, most of the format. */
const documented =
  /```yaml\n([\s\S]*?)```/.exec(readFileSync(join(root, 'docs/smoke-test.md'), 'utf8'))?.[1] ?? '';
const files = [documented, readFileSync(join(root, 'examples/app/checks.yml'), 'utf8')];

const SCRAPS = [
  '{',
  '}',
  '[',
  ']',
  ':',
  '- ',
  '"',
  "'",
  '&a ',
  '*a',
  '!!binary ',
  '<<: ',
  '${',
  '}',
  '\n',
  '\t',
  '# ',
  '~',
  'null',
  '0',
  '-1',
  '1e9',
  '$..x',
  'é',
  '\u0000',
  '|',
  '>',
  '? ',
  '%',
  '---\n',
  'expect: ',
  '2xx',
  '${capture.x}',
  '__proto__: 1',
];

function spoil(text: string, random: Random): string {
  let spoilt = text;
  for (let i = random.int(1, 4); i > 0; i--) {
    const [at, length] = [random.int(0, spoilt.length), random.int(0, 12)];
    spoilt =
      spoilt.slice(0, at) +
      (random.chance(0.6) ? random.pick(SCRAPS) : '') +
      spoilt.slice(at + (random.chance(0.7) ? length : 0));
  }
  return spoilt;
}

test('the examples themselves are sound', () => {
  for (const text of files)
    expect(parseChecks(text, { env: ENV, file: 'f' }).checks.length).toBeGreaterThan(0);
});

test('a spoilt file is taken or refused with a place, never a crash and never a secret', () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = seeded(seed);
    const text = spoil(random.pick(files), random);
    try {
      parseChecks(text, { env: ENV, file: 'f' });
    } catch (error) {
      if (!(error instanceof ActionError))
        throw new Error(`seed ${seed}: ${(error as Error).stack}\n${text}`);
      expect(error.outcome, `seed ${seed}`).toBe('refused');
      expect(error.problem.details?.[0], `seed ${seed}\n${text}`).toMatch(/^f:\d+:\d+ {2}\S/);
      expect(error.message, `seed ${seed}`).not.toContain('never-to-be-shown');
    }
  }
});
