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
const isHalf = (value: unknown): value is Fields =>
  isObject(value) &&
  isText(value['result']) &&
  ['startedAt', 'finishedAt', 'cause'].every((name) => optional(isText)(value[name])) &&
  ['variables', 'secrets'].every((name) => optional(isObject)(value[name]));
const isBackend = (value: unknown) => isHalf(value) && isText(value['service']) && isText(value['image']);
const isFrontend = (value: unknown) =>
  isHalf(value) && isText(value['bucket']) && optional(isText)(value['prefix']) && isText(value['manifest']);
/** As `isReleaseId`, and a little longer: an adoption's id is that of the release that found it, and more. */
const isId = (value: unknown) =>
  isText(value) &&
  /^[A-Za-z0-9][A-Za-z0-9._+-]{0,139}$/.test(value as string) &&
  !String(value).includes('..');
const isPair = (value: unknown) =>
  isObject(value) && optional(isId)(value['backend']) && optional(isId)(value['frontend']);
const isRun = (value: unknown) =>
  isObject(value) && isText(value['url']) && typeof value['number'] === 'number';

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
  ['run', optional(isRun), 'a run'],
  ['finishedAt', optional(isTime), 'a time'],
  ['ref', optional(isText), 'a text'],
  ['repository', optional(isText), 'a text'],
  ['actor', optional(isText), 'a text'],
  ['reason', optional(isText), 'a text'],
  ['checks', optional(isText), 'an outcome'],
  ['restores', optional(isId), 'the id of a release'],
  ['replaces', optional(isId), 'the id of a release'],
];

const POINTER_RULES: readonly Rule[] = [
  ['environment', isText, 'a text'],
  ['release', isId, 'the id of a release'],
  ['backend', optional(isId), 'the id of a release'],
  ['frontend', optional(isId), 'the id of a release'],
  ['commit', optional(isText), 'a text'],
  ['runUrl', optional(isText), 'a text'],
  ['updatedAt', optional(isText), 'a text'],
];

const isHolder = (value: unknown) =>
  isObject(value) &&
  isText(value['token']) &&
  isText(value['release']) &&
  Array.isArray(value['parts']) &&
  value['parts'].every(isText) &&
  ['holder', 'run', 'actor', 'since'].every((name) => optional(isText)(value[name])) &&
  isText(value['renewed']);

const LOCK_RULES: readonly Rule[] = [
  ['environment', isText, 'a text'],
  ['holders', (value) => Array.isArray(value) && value.every(isHolder), 'a list of holders'],
];

/** @param expected fields that must have just this value: a record of another environment is foreign here. */
function parseDocument<T>(body: Buffer, rules: readonly Rule[], expected: Fields): Parsed<T> {
  if (body.length === 0) return { damage: 'it is empty' };
  const text = body.toString('utf8');
  if (isDeep(text)) return { damage: `it is nested more than ${DEEPEST} deep` };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return { damage: 'it is not JSON, or only a part of it' };
  }
  const damage = damageOf(document, rules, expected);
  if (damage) return isNewer(document) ? { damage, newer: true } : { damage };
  return { value: document as T };
}

/** No document of ours is nested so deep; one that is, in fields that we only keep, could not be written again. */
const DEEPEST = 100;

/** Brackets in texts count too: a text of ours has not a hundred more that open than close. */
function isDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > DEEPEST) return true;
  }
  return false;
}

const isNewer = (document: unknown): boolean =>
  isObject(document) && typeof document['version'] === 'number' && document['version'] > VERSION;

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

/** The same of a pointer. */
const POINTER_DEFAULTS = { commit: '', runNumber: 0, updatedAt: '' };

export const parsePointer =
  (environment: string) =>
  (body: Buffer): Parsed<Pointer> => {
    const parsed = parseDocument<Pointer>(body, POINTER_RULES, { environment });
    return 'value' in parsed ? { value: { ...POINTER_DEFAULTS, ...parsed.value } } : parsed;
  };

export const parseLock = (body: Buffer): Parsed<LockDocument> => parseDocument(body, LOCK_RULES, {});
