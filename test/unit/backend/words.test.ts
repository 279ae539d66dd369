import { expect, test } from 'vitest';
import { parseNetwork } from '../../../src/backend/migrate.ts';
import { memoriesFor, refuseSizes } from '../../../src/backend/sizes.ts';
import { joinWords, splitWords } from '../../../src/backend/words.ts';

test.each([
  ['node server.mjs', ['node', 'server.mjs']],
  ['  a   b ', ['a', 'b']],
  [`sh -c "a && b"`, ['sh', '-c', 'a && b']],
  [`say 'it''s' "x \\"y\\""`, ['say', 'its', 'x "y"']],
  ['a\\ b', ['a b']],
  ['--x="a b"', ['--x=a b']],
  [`""`, ['']],
  ['', []],
])('%j as words', (text, words) => expect(splitWords(text)).toEqual(words));

test.each([[['a', 'b']], [['a b', '']], [['say "x"', "it's", '\\']], [['--x=a/b:c,d']]])(
  '%j there and back',
  (words) => {
    expect(splitWords(joinWords(words))).toEqual(words);
  },
);

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
