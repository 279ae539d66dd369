import { nearest as nearestWord } from '../../runtime/nearest.ts';

/** Words of other tools' formats that people write here, and the word that they meant. */
export const FOREIGN: Readonly<Record<string, string>> = {
  url: 'get',
  uri: 'get',
  path: 'get',
  method: 'get',
  assert: 'expect',
  asserts: 'expect',
  assertions: 'expect',
  tests: 'checks',
  steps: 'checks',
  code: 'status',
  statuscode: 'status',
  responsetime: 'latency',
  duration: 'latency',
  severity: 'gate',
  dependson: 'needs',
  after: 'needs',
  extract: 'capture',
  variables: 'capture',
  regex: 'matches',
  pattern: 'matches',
  eq: 'equals',
  is: 'equals',
  includes: 'contains',
  min: 'at-least',
  gte: 'at-least',
  max: 'at-most',
  lte: 'at-most',
  gt: 'above',
  lt: 'below',
  in: 'one-of',
  certificate: 'tls',
  hash: 'sha256',
};

/** The word that was most likely meant, other tools' words for it included. */
export const nearest = (typed: string, words: readonly string[]): string | undefined =>
  nearestWord(typed, words, FOREIGN);
