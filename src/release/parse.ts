import type { Parsed } from './documents.ts';
import type { LockDocument } from './lock-state.ts';
import type { Pointer, ReleaseRecord } from './record.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The newest version of each document that this code writes; older ones are read for ever. */
const VERSION = 1;

/** What must hold of a field for the document to be used at all. Anything else in it is kept as it is. */
type Rule = readonly [field: string, test: (value: unknown) => boolean, wanted: string];

const isText = (value: unknown) => typeof value === 'string';
const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isTime = (value: unknown) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const optional = (test: (value: unknown) => boolean) => (value: unknown) =>
  value === undefined || test(value);
const isBackend = (value: unknown) =>
  isObject(value) && isText(value['service']) && isText(value['image']) && isText(value['result']);
const isFrontend = (value: unknown) =>
  isObject(value) && isText(value['bucket']) && isText(value['manifest']) && isText(value['result']);
const isPair = (value: unknown) =>
  isObject(value) && optional(isText)(value['backend']) && optional(isText)(value['frontend']);

const RECORD_RULES: readonly Rule[] = [
  ['id', isText, 'a text'],
  ['environment', isText, 'a text'],
  ['type', (value) => ['deployment', 'rollback', 'adoption'].includes(String(value)), 'a type of release'],
  ['commit', isText, 'a text'],
  ['startedAt', isTime, 'a time'],
  ['result', isText, 'a result'],
  ['backend', optional(isBackend), 'a backend half'],
  ['frontend', optional(isFrontend), 'a frontend half'],
  ['pair', optional(isPair), 'a pair'],
];

const POINTER_RULES: readonly Rule[] = [
  ['environment', isText, 'a text'],
  ['release', isText, 'the id of a release'],
  ['backend', optional(isText), 'the id of a release'],
  ['frontend', optional(isText), 'the id of a release'],
];

const isHolder = (value: unknown) =>
  isObject(value) &&
  isText(value['token']) &&
  isText(value['release']) &&
  Array.isArray(value['parts']) &&
  isText(value['renewed']);

const LOCK_RULES: readonly Rule[] = [
  ['environment', isText, 'a text'],
  ['holders', (value) => Array.isArray(value) && value.every(isHolder), 'a list of holders'],
];

/** @param expected fields that must have just this value: a record of another environment is foreign here. */
function parseDocument<T>(body: Buffer, rules: readonly Rule[], expected: Fields): Parsed<T> {
  if (body.length === 0) return { damage: 'it is empty' };
  let document: unknown;
  try {
    document = JSON.parse(body.toString('utf8'));
  } catch {
    return { damage: 'it is not JSON, or only a part of it' };
  }
  const damage = damageOf(document, rules, expected);
  return damage ? { damage } : { value: document as T };
}

/** Why a document cannot be used; `undefined` where it can. */
function damageOf(document: unknown, rules: readonly Rule[], expected: Fields): string | undefined {
  if (!isObject(document)) return 'it is JSON, but not a document of the ledger';
  const version = document['version'];
  if (typeof version !== 'number') return 'it has no version';
  if (version > VERSION) return `it has version ${version}, which a newer wwhd-deploy wrote`;
  for (const [field, value] of Object.entries(expected)) {
    if (document[field] !== value)
      return `its ${field} is ${JSON.stringify(document[field])}, not ${JSON.stringify(value)}`;
  }
  const broken = rules.find(([field, test]) => !test(document[field]));
  return broken && `its \`${broken[0]}\` is not ${broken[2]}`;
}

/** Fields that a version 1 record may lack because a hand wrote it: what reads it need not ask. */
const RECORD_DEFAULTS = { ref: '', repository: '', actor: 'unknown', run: { url: '', number: 0 } };

export function parseRecord(body: Buffer, environment: string, id: string): Parsed<ReleaseRecord> {
  const parsed = parseDocument<ReleaseRecord>(body, RECORD_RULES, { environment, id });
  return 'value' in parsed ? { value: { ...RECORD_DEFAULTS, ...parsed.value } } : parsed;
}

/** The same judgement of a record that is JSON already. */
export function judgeRecord(document: unknown, environment: string, id: string): Parsed<ReleaseRecord> {
  const damage = damageOf(document, RECORD_RULES, { environment, id });
  return damage ? { damage } : { value: { ...RECORD_DEFAULTS, ...(document as ReleaseRecord) } };
}

export const parsePointer =
  (environment: string) =>
  (body: Buffer): Parsed<Pointer> =>
    parseDocument(body, POINTER_RULES, { environment });

export const parseLock = (body: Buffer): Parsed<LockDocument> => parseDocument(body, LOCK_RULES, {});
