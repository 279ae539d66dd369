import { expect, test } from 'vitest';
import { parseNetwork } from '../../../src/parts/service/deploy/migrate.ts';
import { memoriesFor, refuseSizes } from '../../../src/parts/service/plan/sizes.ts';
import {
  commandWords,
  joinWords,
  listOf,
  OpenQuote,
  splitWords,
} from '../../../src/parts/service/verdict/words.ts';

// Each row as `sh -c 'printf "%s\n" …'` prints it (dash 0.5, bash 5.2), but for what a shell would expand.
test.each<[string, string[]]>([
  ['node server.mjs', ['node', 'server.mjs']],
  ['  a   b ', ['a', 'b']],
  ['a\n  b\tc', ['a', 'b', 'c']],
  [`sh -c "a && b"`, ['sh', '-c', 'a && b']],
  [`say 'it''s' "x \\"y\\""`, ['say', 'its', 'x "y"']],
  ['a\\ b', ['a b']],
  ['--x="a b"', ['--x=a b']],
  [`""`, ['']],
  [`a '' b`, ['a', '', 'b']],
  ['', []],
  ['"a\\tb"', ['a\\tb']],
  ['"a\\$b \\` \\" \\\\ \\n"', ['a$b ` " \\ \\n']],
  [`'a\\b'`, ['a\\b']],
  ['a\\tb', ['atb']],
  ['a\\\nb', ['ab']],
  ['"a\\\nb"', ['ab']],
  [`"O'Brien"`, ["O'Brien"]],
  [`O\\'Brien`, ["O'Brien"]],
  ['a"b"c\'d\'e', ['abcde']],
  ['trailing\\', ['trailing\\']],
  ['a#b # c', ['a#b', '#', 'c']],
])('%j as words', (text, words) => expect(splitWords(text)).toEqual(words));

test.each<[string]>([[`migrate --only tenant=O'Brien --dry-run`], ['say "x'], ['say "x\\"'], [`a 'b`]])(
  '%j opens a quote that is not closed',
  (text) => {
    expect(() => splitWords(text)).toThrow(OpenQuote);
    expect(() => commandWords(text, undefined, 'migrate-command')).toThrow(
      /input `migrate-command`: opens a quote that is not closed/,
    );
  },
);

test.each([
  [['a', 'b']],
  [['a b', '']],
  [['say "x"', "it's", '\\']],
  [['--x=a/b:c,d']],
  [['$HOME', '`x`', 'a\nb']],
])('%j there and back', (words) => {
  expect(splitWords(joinWords(words))).toEqual(words);
});

test.each<[string, string[] | undefined]>([
  ['["a", "b c"]', ['a', 'b c']],
  ['[]', []],
  ["- a\n- \"b c\"\n- 'it''s'\n- d # note", ['a', 'b c', "it's", 'd']],
  ['- [a, b]', undefined],
  ['["a", 1]', undefined],
  ['[ -f x ]', undefined],
  ['a - b', undefined],
])('%j as a list', (text, words) => expect(listOf(text)).toEqual(words));

test.each<[string, string[] | undefined, string[]]>([
  ['python -m x', undefined, ['python', '-m', 'x']],
  ['python -m x', ['docker-entrypoint.sh'], ['python', '-m', 'x']],
  ['python -m x && y $Z', ['sh', '-c'], ['python -m x && y $Z']],
  ['python -m x', ['/bin/bash', '-lc'], ['python -m x']],
  ['python -m x', ['tini', '--', '/bin/sh', '-ec'], ['python -m x']],
  ['["python", "-m", "x"]', ['sh', '-c'], ['python', '-m', 'x']],
  ['python -c', ['python', '-c'], ['python', '-c']],
  [`sh -c 'a && b $C'`, undefined, ['sh', '-c', 'a && b $C']],
  ["--cost '$5' 'a;' a&b=c x;y", undefined, ['--cost', '$5', 'a;', 'a&b=c', 'x;y']],
  ['--cost \\$5 5$ $5', undefined, ['--cost', '$5', '5$', '$5']],
])('%j for the entry point %j is %j', (text, entryPoint, words) => {
  expect(commandWords(text, entryPoint, 'start-command')).toEqual(words);
});

test.each([
  ['alembic upgrade head && python seed.py', '&&'],
  ['a; b', 'a;'],
  ['a | tee log', '|'],
  ['a > log', '>'],
  ['a 2>&1', '2>&1'],
  ['run --db $DATABASE_URL', '$DATABASE_URL'],
  ['run --db "${DATABASE_URL}"', '${DATABASE_URL'],
  ['run $(date)', '$(date'],
  ['run `date`', '`'],
])('%j needs a shell, and there is none', (text, syntax) => {
  expect(() => commandWords(text, undefined, 'migrate-command')).toThrow(
    /which only a shell reads[\s\S]*\["sh", "-c", /,
  );
  expect(() => commandWords(text, undefined, 'migrate-command')).toThrow(syntax.replace(/^a;$/, ';'));
  expect(commandWords(text, ['sh', '-c'], 'migrate-command')).toEqual([text]);
});

test.each([
  ['apprunner', '1024', '2048', true],
  ['apprunner', '1024', '5120', false],
  ['apprunner', '8192', '16384', false],
  ['ecs', '256', '512', true],
  ['ecs', '256', '1536', false],
  ['ecs', '8192', '20480', true],
  ['ecs-express', '16384', '122880', true],
  ['ecs', '300', '512', false],
  ['ecs', undefined, '512', true],
] as const)('%s takes cpu %s with memory %s: %s', (target, cpu, memory, fits) => {
  if (fits) expect(() => refuseSizes(target, cpu, memory)).not.toThrow();
  else expect(() => refuseSizes(target, cpu, memory)).toThrow(/no size of/);
});

test('the sizes that fit are named', () => {
  expect(memoriesFor('apprunner', '2048')).toEqual([4096, 6144]);
  expect(() => refuseSizes('apprunner', '2048', '2048')).toThrow(/one of 4096, 6144 MiB/);
});

test.each([
  ['subnets=a,b security-groups=c public-ip=true', ['a', 'b'], ['c'], 'ENABLED'],
  ['subnets=a\nsecurity-groups=', ['a'], [], 'DISABLED'],
])('network %j', (text, subnets, securityGroups, assignPublicIp) => {
  expect(parseNetwork(text)).toEqual({ awsvpcConfiguration: { subnets, securityGroups, assignPublicIp } });
});
